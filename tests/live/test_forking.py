"""A line of the Procfile in a fork: what it is given, what comes back, what a shell must read."""

from __future__ import annotations

import json
import os
import signal
import string
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from deploy.bus.current import ACCOUNTS, is_current, note_current
from deploy.bus.keys import ADMIN, make_keys
from deploy.forking import asked
from deploy.local import lay_out, service_names
from tests.support.ports import free_port
from tests.support.system import ROOT

TELLING = """
import os, signal, sys, threading
print(sorted(os.environ.items()), os.getcwd(), sys.argv, threading.active_count())
print(signal.getsignal(signal.SIGTERM) == signal.SIG_DFL, os.getsid(0) == os.getpid())
print("told", file=sys.stderr)
ending = os.environ["ENDING"]
if ending == "raises":
    raise LookupError("nothing there")
if ending == "waits":
    print("waiting")
    signal.pause()
sys.exit(3 if ending == "status" else ending)
"""


FORKING = """
import json, os, signal, sys
from deploy.forking import Forked
sys.path.insert(0, sys.argv[1])
made = Forked("telling", json.loads(sys.argv[2]), sys.argv[1])
told = []
for line in made.stdout:
    told.append(line.decode().rstrip())
    if told[-1] == "waiting":
        os.kill(made.pid, signal.SIGTERM)
print(json.dumps([told, made.wait(), made.wait()]))
"""

AMID_CTRL_C = """
import json, os, signal, sys
from deploy import forking
signal.pthread_sigmask(signal.SIG_BLOCK, forking.ENDING)
signal.signal(signal.SIGINT, lambda *_: 1 / 0)
pressing = os.fork()
if not pressing:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while os.getppid() != 1:
        os.killpg(0, signal.SIGINT)
sys.path.insert(0, sys.argv[1])
ended = []
for line in (sys.argv[2], "exec env ENDING=status python -m telling") * 20:
    made = forking.child(line, dict(os.environ), sys.argv[1])
    made.stdout.read()
    ended.append(made.wait())
os.kill(pressing, signal.SIGKILL)
print(json.dumps(ended))
"""

ONE_NEVER_STARTS = """
import sys
from functools import partial
from deploy import forking
from deploy.again import Line
from deploy.starter import Starter
starter = Starter(["lives", "lost"])
for name, folder in (("lives", "/"), ("lost", sys.argv[1])):
    line = Line("exec sleep 600", {}, folder)
    starter.start(name, partial(forking.child, line.text, {}, folder), line)
starter.keep()
"""


def forked(folder: Path, environment: dict[str, str]) -> tuple[list[str], int]:
    """What a fork said and how it ended; of a process of its own, for pytest is no parent."""
    (folder / "telling.py").write_text(TELLING)
    done = subprocess.run(
        [sys.executable, "-c", FORKING, str(folder), json.dumps(environment)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    told, status, again = json.loads(done.stdout)
    assert status == again and not done.stderr
    return told, status


def test_it_has_the_given_environment_and_no_other(tmp_path: Path) -> None:
    told, status = forked(tmp_path, {"ENDING": "status", "ONLY": "客"})
    assert told[0].startswith(f"[('ENDING', 'status'), ('ONLY', '客')] {tmp_path} [")
    assert told[0].endswith("telling.py'] 1")
    assert told[1:] == ["True True", "told"]
    assert status == 3


def test_an_error_is_told_and_is_no_clean_end(tmp_path: Path) -> None:
    told, status = forked(tmp_path, {"ENDING": "raises"})
    assert told[-1] == "LookupError: nothing there" and status == 1
    told, status = forked(tmp_path, {"ENDING": "out of order"})
    assert told[-1] == "out of order" and status == 1


def test_a_signal_ends_it(tmp_path: Path) -> None:
    told, status = forked(tmp_path, {"ENDING": "waits"})
    assert told[-1] == "waiting" and status == -signal.SIGTERM


def test_ctrl_c_while_it_is_started_is_for_the_starter(tmp_path: Path) -> None:
    (tmp_path / "telling.py").write_text(TELLING)
    done = subprocess.run(
        [sys.executable, "-c", AMID_CTRL_C, str(tmp_path), "exit 3"], cwd=ROOT,
        capture_output=True, text=True, timeout=120, start_new_session=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [3] * 40, done.stderr


def test_one_that_cannot_be_started_ends_the_others_and_says_why(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ONE_NEVER_STARTS, str(tmp_path / "nowhere")], cwd=ROOT,
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == os.EX_OSERR, done
    assert "cannot start lost" in done.stdout and "nowhere" in done.stdout
    assert "sending SIGTERM to lives" in done.stdout


def test_every_service_of_the_process_file_is_a_fork(tmp_path: Path) -> None:
    """Each with its own port and, of the keys to the bus, its own alone."""
    layout = lay_out(tmp_path, free_port())
    found = {
        name: asked(line, layout.environment_of(name)) for name, line in layout.commands.items()
    }
    assert found.pop("nats") is None
    assert set(found) == set(service_names())
    for name, how in found.items():
        assert how is not None
        module, environment = how
        assert module == f"services.{name}"
        assert environment["REDCROWN_PORT"] == str(layout.ports[name])
        [seed] = [value for value in environment.values() if value.endswith("_nats_seed")]
        assert Path(seed).name == f"{name}_nats_seed"


def test_of_the_bus_alone_the_keeper_knows_the_disk_and_it_is_the_one_of_its_line(
    tmp_path: Path,
) -> None:
    layout = lay_out(tmp_path, free_port())
    disk = layout.disk_of("nats")
    told = string.Template(layout.commands["nats"].partition(" -sd ")[2])
    assert told.substitute(layout.environment) == disk and Path(disk).is_dir()
    assert {layout.disk_of(name) for name in layout.services} == {""}


@pytest.mark.parametrize(
    "line",
    ["python -m services.venues", "exec env A=$MISSING python -m services.venues",
     "exec env A=1 python -m services.venues && echo", "exec env A=1 python -m a.b | cat",
     "exec env python3 -m services.venues", "exec env A=b c python -m services.venues"],
)  # fmt: skip
def test_what_a_shell_must_read(line: str) -> None:
    assert asked(line, {"B": "2"}) is None


def test_settings_of_a_line_win_and_are_filled_in() -> None:
    given: Mapping[str, str] = {"A": "0", "PORT_OF_B": "7"}
    assert asked("exec env A=$PORT_OF_B C=x=y python -m m.n", given) == (
        "m.n", {"A": "7", "PORT_OF_B": "7", "C": "x=y"},
    )  # fmt: skip


def test_what_is_shared_starts_no_thread() -> None:
    code = "from deploy.forking import import_shared; import_shared(); print('alone')"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.stdout.strip() == "alone", done.stderr
    waiting = (
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"{waiting}\n{code}"],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 1 and "forks would lose threads" in done.stderr


def test_accounts_are_current_until_a_key_or_they_themselves_change(tmp_path: Path) -> None:
    make_keys(tmp_path, (ADMIN, "visits"))
    assert not is_current(tmp_path, None)
    (tmp_path / ACCOUNTS).write_text("users")
    assert not is_current(tmp_path, None)
    note_current(tmp_path, None)
    assert is_current(tmp_path, None)
    assert not is_current(tmp_path, tmp_path)
    (tmp_path / ACCOUNTS).write_text("others")
    assert not is_current(tmp_path, None)
    note_current(tmp_path, None)
    (tmp_path / "visits_nats_seed").unlink()
    make_keys(tmp_path, ("visits",))
    assert not is_current(tmp_path, None)
    note_current(tmp_path, None)
    (tmp_path / ACCOUNTS).unlink()
    assert not is_current(tmp_path, None)
