"""What the documents name is there: files, tests, targets of make, variables of the environment."""

from __future__ import annotations

import os
import re
from importlib import import_module
from inspect import isclass
from pathlib import Path

import pytest

from deploy.local import ROOT, service_names
from shared.chassis.settings import Settings

DOCUMENTS = (ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md")))
FILE = re.compile(r"`((?:bench|deploy|docs|services|shared|tests)/[\w./*-]+)")
TEST = re.compile(r"`(test_\w+)`")
TARGET = re.compile(r"`make ([a-z-]+)")
VARIABLE = re.compile(r"`(REDCROWN_[A-Z_]+[A-Z])\b")
MADE_LATER = re.compile(r"deploy/secrets|\bparking\b")
"""What whoever deploys makes, and the example of a new service."""


def settings_of(module: object) -> set[str]:
    """Variables that a module's settings are read from."""
    found = [one for one in vars(module).values() if isclass(one) and issubclass(one, Settings)]
    return {f"REDCROWN_{name.upper()}" for one in found for name in one.model_fields}


def variables() -> set[str]:
    """All that some code reads: as a field of settings, or by its name."""
    known = settings_of(import_module("shared.chassis.settings"))
    for name in service_names():
        for path in sorted((ROOT / "services" / name).glob("**/*.py")):
            if "Settings)" in path.read_text("utf-8"):
                module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
                known |= settings_of(import_module(module))
    sources = [path for top in ("shared", "services", "deploy") for path in _files(ROOT / top)]
    for path in sources:
        known |= set(re.findall(r"REDCROWN_[A-Z_]+[A-Z]", path.read_text("utf-8")))
    return known


def _files(top: Path) -> list[Path]:
    kinds = (".py", ".yaml", "Procfile", "Dockerfile")
    return [Path(folder) / name for folder, _, names in os.walk(top) for name in names
            if name.endswith(kinds)]  # fmt: skip


def is_there(name: str) -> bool:
    """A file or folder, a pattern of some, or a module without its ending."""
    plain = name.rstrip("./")
    return any(any(ROOT.glob(one)) for one in (plain, f"{plain}.py"))


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_tests_and_targets_that_are_named_are_there(path: Path) -> None:
    text = path.read_text("utf-8")
    files = {name for name in FILE.findall(text) if not MADE_LATER.search(name)}
    assert sorted(name for name in files if not is_there(name)) == []
    tests = {name for name in TEST.findall(text) if not any(ROOT.glob(f"tests/*/{name}.py"))}
    if tests:
        code = "".join(one.read_text("utf-8") for one in _files(ROOT / "tests"))
        assert sorted(name for name in tests if f"def {name}(" not in code) == []
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert sorted(set(TARGET.findall(text)) - set(targets)) == []


def test_variables_that_are_named_are_read() -> None:
    known = variables()
    named = {name for path in DOCUMENTS for name in VARIABLE.findall(path.read_text("utf-8"))}
    assert len(named) > 20
    assert sorted(named - known) == []


def test_what_is_not_there_is_noticed() -> None:
    assert is_there("shared/chassis/prepared") and is_there("tests/rules/test_guests*.py")
    assert not is_there("shared/chassis/unprepared.py")
    assert "REDCROWN_HISTORY_KEEP_DAYS" in variables()
    assert "REDCROWN_HISTORY_DAYS" not in variables()
