"""SIGTERM to who has started something: it ends as by Ctrl-C, and stops what it started."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.system import ROOT

STARTED = """
import asyncio, sys, time
from contextlib import contextmanager
from deploy.ending import end_as_by_ctrl_c

@contextmanager
def system():
    try:
        yield
    finally:
        print("stopped", flush=True)

async def waits():
    print("up", flush=True)
    await asyncio.sleep(600)

def sleeps():
    print("up", flush=True)
    time.sleep(600)

end_as_by_ctrl_c()
with system():
    asyncio.run(waits()) if sys.argv[1] == "loop" else sleeps()
"""


@pytest.mark.parametrize("busy", ["loop", "thread"])
@pytest.mark.parametrize("shell", ["", "trap '' INT; "])
def test_sigterm_stops_what_was_started(busy: str, shell: str) -> None:
    """A shell ignores SIGINT for what it starts in the background, and that is inherited."""
    line = f'{shell}exec "$0" -c "$1" {busy}'
    with subprocess.Popen(
        ["/bin/sh", "-c", line, sys.executable, STARTED], cwd=ROOT, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.terminate()
        try:
            out, err = process.communicate(timeout=60)
        finally:
            process.kill()
    assert out == "stopped\n"
    assert process.returncode != 0 and "KeyboardInterrupt" in err
