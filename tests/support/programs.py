"""Programs of the system that some tests need, and what happens without them."""

from __future__ import annotations

import os
import shutil

import pytest


def program(package: str, *names: str) -> str:
    """The path of a program, from Debian's `package`.

    Where none is there the test fails in CI; elsewhere it is skipped, and says what to install:
    everything that needs no more than Python runs as the first command on a fresh machine.
    """
    for name in names or (package,):
        found = shutil.which(name)
        if found:
            return found
    told = f"no {package}: run `.ci/run`, or `apt-get install {package}`"
    if os.environ.get("CI"):
        pytest.fail(told)
    pytest.skip(told)
