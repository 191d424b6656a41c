"""Tools of the command line that are told rubbish say what is wrong, where, and what would be
right; and they do nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bench import overload
from bench.__main__ import _arguments as bench_arguments
from deploy import backup, differences
from deploy.bus import __main__ as bus
from deploy.cli.main import run as redcrown
from tests.chaos import __main__ as chaos
from tests.simulation import __main__ as simulation


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the embedded default would have its stores; there are none."""
    folder = tmp_path / "data"
    folder.mkdir()
    monkeypatch.setenv("REDCROWN_DATA_DIR", str(folder))
    return folder


@pytest.mark.parametrize(
    ("tool", "words", "ends", "told"),
    [
        (backup.main, ("create", "--to", ""), 2, "name a folder, as in make backup TO="),
        (backup.main, ("create", "--to", "new"), 1, "there is no store {data}/bookings.db"),
        (backup.main, ("create", "--to", "{data}"), 1, "{data} is there already: name a new"),
        (backup.main, ("create", "--to", "new", "--store", "venues"), 1,
         "--store venues: its address is missing; write venues=URL"),
        (backup.main, ("create", "--to", "new", "--store", "venus=sqlite://"), 1,
         "no such service 'venus'; there are bookings, "),
        (backup.main, ("create", "--to", "new", "--store", "venues=mysql://host/?password=hush"),
         1, "--store venues: no address of a store: write sqlite:////"),
        (backup.main, ("create", "--to", "new", "--store", "venues=rubbish"), 1, "no address"),
        (backup.main, ("restore", "--from", "{data}"), 1, "{data} is no backup"),
        (differences.main, (), 2, "not compared: there is no store {data}/visits.db"),
        (differences.main, ("--store", "visits=rubbish"), 2, "--store visits: no address"),
        (bus.main, ("accounts", "new", "--routes", "not a route"), 2, "write host:port"),
        (bus.main, ("accounts", "new", "--routes", "host:port"), 2, "write host:port"),
        (bus.main, ("accounts", "/dev/null/new"), 1, "name a folder that may be written"),
        (bench_arguments, ("--aged", "-5"), 2, "a whole number of visits from 1 on"),
        (bench_arguments, ("--sustained", "-1"), 2, "write 0 to 1440 minutes"),
        (bench_arguments, ("--sustained", "nan"), 2, "write 0 to 1440 minutes"),
        (simulation.main, ("--workers", "0"), 2, "--workers 0: write 1 or more"),
        (simulation.main, ("--histories", "-3"), 2, "--histories -3: write 1 or more"),
        (chaos.main, ("--faults", "-1"), 2, "--faults -1: write more than 0"),
        (chaos.main, ("--rate", "nan"), 2, "--rate nan: write more than 0"),
        (chaos.main, ("--calm", "-1"), 2, "--calm -1.0: write 0 or more seconds"),
        (chaos.main, ("--only", "nope"), 2, "no such fault in mode embedded: nope; of kill"),
        (overload.main, ("--seconds", "0"), 2, "--seconds 0: write more than 0, 3600 at most"),
    ],
)  # fmt: skip
def test_rubbish_is_told_and_nothing_is_made(
    tool: Callable[[], int], words: tuple[str, ...], ends: int, told: str, data: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(data.parent)
    monkeypatch.setattr("sys.argv", ["tool", *(one.format(data=data) for one in words)])
    try:
        code = tool()
    except SystemExit as ended:
        code = int(ended.code or 0)
    said = capsys.readouterr().err
    assert (code, told.format(data=data) in said) == (ends, True), said
    assert "hush" not in said and "Traceback" not in said
    assert (list(data.iterdir()), list(data.parent.iterdir())) == ([], [data])


@pytest.mark.parametrize(
    ("words", "ends", "told"),
    [
        (("plan", "nowhere.json"), 2, "nowhere.json cannot be read"),
        (("plan", "rubbish"), 2, "rubbish is no JSON: Expecting value"),
        (("plan", "{}"), 2, "KeyError('pacing'); save /v1/visits/<visit>/plan-input"),
        (("--url", "http://127.0.0.1:1", "visits"), 3, "is --url or REDCROWN_URL its address?"),
        (("--url", "nowhere", "visits"), 2, "write http://host:port"),
    ],
)  # fmt: skip
def test_the_tool_says_what_would_be_right(
    words: tuple[str, ...], ends: int, told: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deploy.cli.http.PAUSE_S", 0.0)
    monkeypatch.delenv("REDCROWN_TOKEN_FILE", raising=False)
    for name in ("rubbish", "{}"):
        (tmp_path / name).write_text(name)
    assert redcrown(words) == ends
    assert told in capsys.readouterr().err
