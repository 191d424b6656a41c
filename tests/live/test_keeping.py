"""Processes kept together: every line is printed, what dies begins again, what cannot ends all, and
what stays is killed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import IO

from deploy.again import AGAIN
from tests.support.system import ROOT

KEEPING = """
import os, sys
from functools import partial
from deploy import forking
from deploy.again import Line
from deploy.starter import Starter
folder, end_within_s, lived_s, disk, *lines = sys.argv[1:]
sys.path.insert(0, folder)
lines = [line.partition(": ") for line in lines]
starter = Starter([name for name, _, _ in lines], float(end_within_s), float(lived_s))
for name, _, line in lines:
    start = partial(forking.child, line, dict(os.environ), folder, starter.leave)
    starter.start(name, start, Line(line, {}, folder, disk))
starter.keep()
"""
ENDED_BEFORE_ALL_STARTED = """
import os
from functools import partial
from deploy import forking
from deploy.again import Line
from deploy.starter import Starter
starter = Starter(["first", "second"])
for name, text in (("first", "exit 3"), ("second", "exec sleep 600")):
    starter.start(name, partial(forking.child, text, dict(os.environ), "/"), Line(text, {}, "/"))
    if name == "first":
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOWAIT)
starter.keep()
"""
LOOKING = """
import os
links = [f"/proc/self/fd/{one}" for one in os.listdir("/proc/self/fd") if int(one) > 2]
print("pipes", sum(os.path.realpath(one).startswith("/proc") and "pipe:" in os.path.realpath(one)
                   for one in links))
"""
STUBBORN = "trap '' TERM; echo there; exec sleep 300"
TALKING = r"printf 'one\n\ntwo\n'; head -c 200000 /dev/zero | tr '\0' x; printf '\nend'; exit 3"
LONG_S = "600"


def keeping(
    folder: Path, *lines: str, end_within_s: str = LONG_S, lived_s: str = LONG_S,
    disk: str = "", out: int | IO[str] = subprocess.PIPE,
) -> subprocess.Popen[str]:  # fmt: skip
    return subprocess.Popen(
        [sys.executable, "-c", KEEPING, str(folder), end_within_s, lived_s, disk, *lines],
        cwd=ROOT, stdout=out, text=True, start_new_session=True,
    )  # fmt: skip


def said_until(done: subprocess.Popen[str], word: str) -> str:
    """All that it says until it has said this."""
    assert done.stdout is not None
    told = ""
    while word not in told:
        line = done.stdout.readline()
        assert line, f"it ended without {word!r}: {told}"
        told += line
    return told


def ended_after(done: subprocess.Popen[str], word: str) -> str:
    """Ctrl-C once it has said this; all that it said."""
    told = said_until(done, word)
    done.send_signal(signal.SIGINT)
    return told + done.communicate(timeout=120)[0]


def gone(told: str) -> bool:
    """Whether nothing lives of all that was started."""
    for pid in re.findall(r"started (?:again )?\(pid=(\d+)\)", told):
        try:
            os.kill(int(pid), 0)
        except ProcessLookupError:
            continue
        return False
    return True


def said(told: str, name: str) -> list[str]:
    parts = [line.partition("| ") for line in told.splitlines()]
    return [what for who, _, what in parts if who.split()[1:] == [name]]


def test_every_line_is_told_and_the_end_of_one_is_the_end_of_all(tmp_path: Path) -> None:
    done = keeping(tmp_path, "waits: exec sleep 600", f"talks: {TALKING}")
    told, _ = done.communicate(timeout=120)
    talked = said(told, "talks")
    assert talked[:3] == ["one", "", "two"] and talked[-1] == "end"
    assert "".join(talked[3:-1]) == 200_000 * "x"
    [waiting] = re.findall(r"waits started \(pid=(\d+)\)", told)
    assert f"sending SIGTERM to waits (pid {waiting})" in told
    assert "waits stopped (rc=-15)" in told and done.returncode == 3
    assert "SIGKILL" not in told and gone(told)


def test_one_that_ends_before_all_are_started_is_not_missed() -> None:
    done = subprocess.run(
        [sys.executable, "-c", ENDED_BEFORE_ALL_STARTED], cwd=ROOT, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert done.returncode == 3 and "first stopped (rc=3)" in done.stdout
    assert "sending SIGTERM to second" in done.stdout and gone(done.stdout)


def test_a_fork_has_none_of_the_pipes_that_its_starter_reads(tmp_path: Path) -> None:
    (tmp_path / "looking.py").write_text(LOOKING)
    lines = ("waits: exec sleep 600", "fork: exec env A=1 python -m looking")
    told, _ = keeping(tmp_path, *lines).communicate(timeout=120)
    assert said(told, "fork") == ["pipes 0"]


def test_a_signal_ends_all_and_what_does_not_hear_it_is_killed(tmp_path: Path) -> None:
    done = keeping(tmp_path, f"stays: {STUBBORN}", "waits: exec sleep 600", end_within_s="0.2")
    told = ended_after(done, "there")
    assert "sending SIGTERM to stays" in told and "sending SIGKILL to stays" in told
    assert done.returncode == 0 and gone(told)


DYING = 'echo "$$" >> lives && test "$(wc -l < lives)" -ge {often} && {then} || kill -9 "$$"'


def lives(folder: Path) -> list[str]:
    """Process ids, in the order of birth."""
    found = folder / "lives"
    return found.read_text().split() if found.exists() else []


def until_lives(folder: Path, many: int) -> None:
    while len(lives(folder)) < many:
        time.sleep(0.01)


def test_what_dies_begins_again_hears_the_end_and_takes_nobody_along(tmp_path: Path) -> None:
    line = DYING.format(often=3, then="exec sleep 600")
    done = keeping(tmp_path, f"ill: {line}", "well: exec sleep 600", lived_s="0")
    until_lives(tmp_path, 3)
    done.send_signal(signal.SIGINT)
    told = done.communicate(timeout=120)[0]
    last = lives(tmp_path)[2]
    assert len(lives(tmp_path)) == 3 and done.returncode == 0
    assert told.count("ill ended (rc=-9) and begins again") == 2
    assert f"ill was started again (pid={last})" in told
    assert f"sending SIGTERM to ill (pid {last})" in told and "sending SIGTERM to well" in told
    assert "SIGKILL" not in told and gone(told)


def test_after_its_last_life_all_end(tmp_path: Path) -> None:
    dying = 'echo "$$" >> lives && kill -9 "$$"'
    done = keeping(tmp_path, f"ill: {dying}", "well: exec sleep 600", lived_s="0")
    told = done.communicate(timeout=120)[0]
    assert len(lives(tmp_path)) == AGAIN + 1
    assert "sending SIGTERM to well" in told and gone(told) and done.returncode != 0


def test_nobody_begins_again_once_all_are_told_to_end(tmp_path: Path) -> None:
    """It has died, and rests, when Ctrl-C comes."""
    waits = 'echo "$$" >> lives && exec sleep 600'
    done = keeping(tmp_path, f"ill: {waits}", "well: exec sleep 600", lived_s="0")
    until_lives(tmp_path, 1)
    os.kill(int(lives(tmp_path)[0]), signal.SIGKILL)
    told = ended_after(done, "begins again")
    assert len(lives(tmp_path)) == 1 and "was started again" not in told
    assert done.returncode == 0 and gone(told)


def test_what_dies_while_its_disk_is_full_begins_again_once_there_is_room(tmp_path: Path) -> None:
    """The disk here is a folder that is not there yet."""
    disk = tmp_path / "disk"
    waits = 'echo "$$" >> lives && exec sleep 600'
    done = keeping(tmp_path, f"ill: {waits}", lived_s="0", disk=str(disk))
    until_lives(tmp_path, 1)
    os.kill(int(lives(tmp_path)[0]), signal.SIGKILL)
    told = said_until(done, "MB free, and ill is started again")
    assert "ill ended (rc=-9) and begins again" in told and "was started again" not in told
    disk.mkdir()
    until_lives(tmp_path, 2)
    told += ended_after(done, "was started again")
    assert done.returncode == 0 and gone(told)


def test_a_full_disk_under_its_own_words_does_not_end_the_keeper(tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        waits = 'echo "$$" >> lives && exec sleep 600'
        done = keeping(tmp_path, f"ill: {waits}", lived_s="0", out=full)
        until_lives(tmp_path, 1)
        os.kill(int(lives(tmp_path)[0]), signal.SIGKILL)
        while len(lives(tmp_path)) < 2:
            assert done.poll() is None
            time.sleep(0.01)
        done.send_signal(signal.SIGINT)
        done.wait(120)
    while Path(f"/proc/{lives(tmp_path)[1]}").exists():
        time.sleep(0.01)
