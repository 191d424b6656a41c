"""Services as forks of one process that has imported what they share, once for all of them.

Nine interpreters that each import the same libraries take seconds of a small machine's processors
and keep a copy each; forks find them imported, and share the pages. A process of a real
deployment is an interpreter of its own and knows nothing of this.
Owns: which lines of a Procfile are started so (`exec env NAME=value … python -m module`; any other
goes to a shell, as honcho does it), and what such a child is given: its environment, a session and
a pipe of its own.
Must not: import a service; each knows only itself.
"""

from __future__ import annotations

import atexit
import gc
import os
import re
import runpy
import signal
import string
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import IO, NoReturn

from honcho.process import Popen
from setproctitle import setproctitle

from deploy.again import ENDING
from shared.chassis import starting

SHARED = ("shared.chassis.service", "shared.holds.service", "jinja2")
"""What several services import, with all that it imports itself. What one alone imports, the others
would wait for."""
_LINE = re.compile(r"exec env ((?:[A-Za-z_]\w*=\S+ )*)python -m ([\w.]+)")


def import_shared() -> None:
    """Import what services share. Must run before the first thread does: a fork has one only.

    Raises RuntimeError when there is another thread.
    """
    starting.prepare()
    for name in SHARED:
        import_module(name)
    if threading.active_count() > 1:
        raise RuntimeError(f"forks would lose threads: {threading.enumerate()}")
    gc.freeze()  # A collection would write to all of these pages, and so copy them.
    gc.enable()


def asked(line: str, environment: Mapping[str, str]) -> tuple[str, dict[str, str]] | None:
    """The module that a line of a Procfile runs, and its environment; None: a shell must read."""
    found = _LINE.fullmatch(line.strip())
    if found is None:
        return None
    try:
        settings = string.Template(found[1]).substitute(environment)
    except (KeyError, ValueError):
        return None
    given = (one.partition("=") for one in settings.split())
    return found[2], {**environment, **{name: value for name, _, value in given}}


def _at_once() -> None:
    """Nothing is waited for."""


def child(
    line: str, env: Mapping[str, str], cwd: str, begin: Callable[[], object] = _at_once
) -> Popen | Forked:
    """Start a line of a Procfile. What comes back has a process id and its output.

    A fork calls `begin` before it imports its module: it may wait in there.
    Raises OSError or SubprocessError when it cannot be started.
    """
    found = asked(line, env)
    if found is not None:
        return Forked(*found, cwd, begin)
    return Popen(line, env=env, cwd=cwd, preexec_fn=_take_signals_anew)


class Forked:
    """A module that runs as `python -m` would run it, in a fork of this process."""

    def __init__(
        self, module: str, environment: Mapping[str, str], folder: str,
        begin: Callable[[], object] = _at_once,
    ) -> None:  # fmt: skip
        read, write = os.pipe()
        self.returncode: int | None = None
        self.pid = os.fork()
        if self.pid == 0:
            os.close(read)
            _run(module, environment, folder, write, begin)
        os.close(write)
        self.stdout: IO[bytes] = os.fdopen(read, "rb")

    def wait(self) -> int:
        """The exit status, once it has ended; negative: the signal that ended it."""
        if self.returncode is None:
            self.returncode = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        return self.returncode


def _run(
    module: str, environment: Mapping[str, str], folder: str, write: int,
    begin: Callable[[], object],
) -> NoReturn:  # fmt: skip
    """The child's whole life. It never returns to what the parent was doing."""
    status = 1
    try:
        _settle(module, environment, folder, write)
        begin()
        runpy.run_module(module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
        if isinstance(end.code, str):
            print(end.code, file=sys.stderr)
    except BaseException:
        traceback.print_exc()
    finally:
        atexit._run_exitfuncs()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def take_signals() -> None:
    """End the holding back, in a process that was started meanwhile."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)


def _take_signals_anew() -> None:
    """In a process with a session of its own: Ctrl-C that came before was for the starter, which
    ends it; taken here, it would run the starter's handler."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    take_signals()
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _settle(module: str, environment: Mapping[str, str], folder: str, write: int) -> None:
    setproctitle(f"python -m {module}")  # It finds its place beside the first environment.
    os.setsid()
    os.dup2(write, 1)
    os.dup2(write, 2)
    os.close(write)
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    for number in (signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    _take_signals_anew()
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(folder)
    sys.argv = [module]
