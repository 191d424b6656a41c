"""The page of limits has what bounds something, as it stands in the code, and nothing else."""

from __future__ import annotations

from pathlib import Path

from deploy.bounds import Bound, bounds_of, page

MODULE = '''
"""What it owns."""
from shared.chassis.limits import Pace
MOST_ROWS = 4 * 1024
"""Rows | of one
answer."""
LOOK_S, REST_S = 1.0, 2.5
OTHER = 3
NAME_MAX = "text"
_KEPT_S = 1.0
most_s = 1
CALL_PACE = Pace(3, 60.0)
class Timing:
    """In seconds."""
    ping: int = 5
    told: str = "x"
'''
NAMED = [
    Bound("MOST_ROWS", "4 * 1024", "Rows \\| of one answer."),
    Bound("LOOK_S, REST_S", "1.0, 2.5", ""),
    Bound("CALL_PACE", "Pace(3, 60.0)", ""),
]


def test_names_say_what_bounds_something(tmp_path: Path) -> None:
    module = tmp_path / "shelf.py"
    module.write_text(MODULE)
    assert bounds_of(module) == NAMED


def test_of_a_module_of_limits_each_number_is_told(tmp_path: Path) -> None:
    module = tmp_path / "limits.py"
    module.write_text(MODULE)
    assert bounds_of(module) == [
        *NAMED[:2], Bound("OTHER", "3", ""), NAMED[2], Bound("Timing.ping", "5", "In seconds."),
    ]  # fmt: skip


def test_the_page_has_a_table_for_each_part(tmp_path: Path) -> None:
    for path in ("shared/chassis/limits.py", "services/venues/rules/shelf.py"):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_text(MODULE)
    (tmp_path / "services" / "quiet").mkdir()
    shared, venues = page(tmp_path).split("## ")[1:]
    assert shared.startswith("shared\n") and venues.startswith("services/venues\n")
    assert "| `chassis/limits` | `MOST_ROWS` | `4 * 1024` | Rows" in shared
    assert "|  | `OTHER` | `3` |  |" in shared
    assert "| `rules/shelf` | `MOST_ROWS` |" in venues and "OTHER" not in venues
