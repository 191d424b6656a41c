"""What the command line says of a problem: everything, and each thing once."""

from __future__ import annotations

from typing import Any

import pytest

from deploy.cli.http import told_of

STALE = "the visit is at revision 3, you saw 1"


def problem(detail: str, *errors: dict[str, str]) -> dict[str, Any]:
    return {"title": "It has changed", "detail": detail, "errors": list(errors)}


@pytest.mark.parametrize(
    ("told", "lines"),
    [
        (problem(STALE, {"message": STALE}), [f"It has changed (412): {STALE}"]),
        (problem(STALE), [f"It has changed (412): {STALE}"]),
        (problem(""), ["It has changed (412)"]),
        (
            problem(STALE, {"message": STALE, "remedy": "read it again"}),
            ["It has changed (412)", f"  {STALE}; read it again"],
        ),
        (
            problem("a; b", {"message": "a", "path": "host"}, {"message": "b"}),
            ["It has changed (412)", "  host: a", "  b"],
        ),
        (
            problem("2 problems", {"message": "a", "path": "host"}),
            ["It has changed (412): 2 problems", "  host: a"],
        ),
    ],
)
def test_each_thing_is_told_once(told: dict[str, Any], lines: list[str]) -> None:
    assert told_of(told, 412).splitlines() == lines
