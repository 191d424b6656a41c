"""The names of version scripts are in the order in which Alembic runs them."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from alembic.script import ScriptDirectory

from shared.chassis.store import newest_version

ROOT = Path(__file__).resolve().parents[2]
LAYERS = sorted(
    ".".join(folder.relative_to(ROOT).parts)
    for home in ("services", "shared")
    for folder in (ROOT / home).glob("*/migrations")
)


@pytest.mark.parametrize("layer", LAYERS)
def test_the_last_name_is_the_newest_version(layer: str) -> None:
    found = import_module(layer)
    scripts = ScriptDirectory(str(Path(str(found.__file__)).parent))
    assert newest_version(found) == scripts.get_current_head()
    in_order = [script.revision for script in scripts.walk_revisions()]
    assert in_order == sorted(in_order, reverse=True)


def test_layers_are_found() -> None:
    assert len(LAYERS) >= 6
