"""What dies by itself is started again; what cannot come up, or dies too often, ends all."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.keeping import AGAIN, LIVED_S, WITHIN_S, Deaths
from tests.support.system import ROOT

STARTER = """
import signal, sys
from deploy import forking, keeping
from deploy.run import Starting
keeping.LIVED_S, keeping.REST_S = 0.0, float(sys.argv[2])
manager = keeping.Calm(Starting(["ill", "well"]))
for name, line in (("ill", sys.argv[1]), ("well", "exec sleep 600")):
    manager.add_process(name, line, cwd="/")._child_ctor = forking.child
manager.loop()
print("ended with", manager.returncode)
"""
TELLING = 'echo "$$" >> lives && test "$(wc -l < lives)" -ge {often} && {then} || kill -9 "$$"'


def test_what_ends_before_it_was_up_ends_all() -> None:
    assert not Deaths().begin_again(100.0, 100.0 + LIVED_S - 0.1)
    assert Deaths().begin_again(100.0, 100.0 + LIVED_S)


def test_what_dies_too_often_ends_all_but_old_deaths_are_forgotten() -> None:
    one = Deaths()
    step = WITHIN_S / (2 * AGAIN)
    assert [one.begin_again(0.0, 100.0 + n * step) for n in range(AGAIN + 1)] == [
        *[True] * AGAIN, False,
    ]  # fmt: skip
    assert one.begin_again(0.0, 100.0 + 3 * WITHIN_S)


def started(folder: Path, line: str, rest_s: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", STARTER, f"cd {folder} && {line}", str(rest_s)], cwd=ROOT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
    )  # fmt: skip


def lives(folder: Path) -> list[str]:
    """Process ids, in the order of birth."""
    found = folder / "lives"
    return found.read_text().split() if found.exists() else []


def until_lives(folder: Path, many: int) -> None:
    while len(lives(folder)) < many:
        time.sleep(0.01)


def test_it_lives_again_hears_the_end_and_takes_nobody_along(tmp_path: Path) -> None:
    line = TELLING.format(often=3, then="exec sleep 600")
    one = started(tmp_path, line, 0.01)
    assert one.stdout is not None
    told = []
    for told_line in one.stdout:
        told.append(told_line)
        if sum("was started again" in one for one in told) == 2:
            break
    until_lives(tmp_path, 3)
    one.send_signal(signal.SIGINT)
    told.append(one.communicate(timeout=60)[0])
    said = "".join(told)
    assert len(lives(tmp_path)) == 3
    assert f"(pid={lives(tmp_path)[2]})" in said
    assert "rc=-9" in said and "sending SIGTERM to well" in said
    assert f"sending SIGTERM to ill (pid {lives(tmp_path)[2]})" in said
    assert "ended with 130" in said and "SIGKILL" not in said


def test_after_its_last_life_all_end(tmp_path: Path) -> None:
    one = started(tmp_path, 'echo "$$" >> lives && kill -9 "$$"', 0.01)
    said = one.communicate(timeout=60)[0]
    assert len(lives(tmp_path)) == AGAIN + 1
    assert "sending SIGTERM to well" in said and "ended with -9" in said


def test_nobody_is_started_again_once_all_are_told_to_end(tmp_path: Path) -> None:
    """It has died, and rests, when Ctrl-C comes."""
    one = started(tmp_path, 'echo "$$" >> lives && exec sleep 600', 2.0)
    assert one.stdout is not None
    told = ""
    while "well started" not in told:
        told += one.stdout.readline()
    until_lives(tmp_path, 1)
    subprocess.run(["kill", "-9", lives(tmp_path)[0]], check=True)
    one.send_signal(signal.SIGINT)
    said = one.communicate(timeout=60)[0]
    assert len(lives(tmp_path)) == 1
    assert "was started again" not in said and "ended with 130" in said
