"""The first start of a service: its store is made by a fork, and Alembic ends with that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.system import ROOT

MAKING = """
import os, sys
from pathlib import Path
from shared.chassis import migrations, store
from shared.chassis.apart import make_apart
from shared.holds import migrations as holds
layers = (migrations, holds)
engine = store.open_store(f"sqlite:///{sys.argv[1]}")
make_apart(engine, "venues", layers)
there = Path(sys.argv[1]).exists()
if there:
    names = [layer.__name__.split(".")[-2] for layer in layers]
    with engine.begin() as connection:
        versions = [store.version_of(connection, "venues", name) for name in names]
    assert versions == [store.newest_version(layer) for layer in layers], versions
    os.fork = None  # There is nothing to be made any more.
    make_apart(engine, "venues", layers)
print(there, "alembic" in sys.modules)
"""


def made(path: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", MAKING, str(path)],
        cwd=ROOT, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_new_store_is_made_and_nothing_of_alembic_stays(tmp_path: Path) -> None:
    assert made(tmp_path / "venues.db") == "True False"


def test_what_cannot_be_made_is_left_to_whoever_meets_it_again(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert made(tmp_path / "file" / "venues.db") == "False False"
