"""An item moved: all of it moves along, nothing else does, and rubbish has a place and a remedy."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.console.moving import (
    MOST_MINUTES,
    STEP_MINUTES,
    Target,
    Wrong,
    moved,
    need_of,
    read_hall,
    read_time,
    shifted,
)
from shared.contracts.spec import VisitSpec
from tests.rules.test_documents import MEAL, view
from tests.support.specs import DAY, hall

LATE = {**MEAL, "starts_at": f"{DAY}T11:00", "ends_at": f"{DAY}T12:00"}


def spec() -> dict[str, Any]:
    made = view(hall("h-1"), LATE).spec.model_dump(mode="json")
    other = {**made["programme"][0], "id": "other", "needs": []}
    return {**made, "programme": [made["programme"][0], other]}


def at(text: str) -> datetime:
    return datetime.fromisoformat(f"{DAY}T{text}")


def test_the_whole_item_moves_and_no_other() -> None:
    before = spec()
    after = moved(before, Target("day/hall", at("13:15")))
    VisitSpec.model_validate(after)
    item, other = after["programme"]
    assert (item["starts_at"], item["ends_at"]) == (f"{DAY}T13:15", f"{DAY}T15:15")
    assert item["needs"][1]["starts_at"] == f"{DAY}T14:15", "a time of its own moves along"
    assert other == before["programme"][1]
    assert before == spec(), "what was given is not changed"


def test_a_need_with_its_own_time_is_what_is_moved() -> None:
    after = moved(spec(), Target("day/meal", at("11:30")))
    assert after["programme"][0]["starts_at"] == f"{DAY}T10:30"


def test_another_hall_is_of_that_need_alone() -> None:
    after = moved(spec(), Target("day/hall", at("10:00"), "h-2"))
    first, second = after["programme"][0]["needs"]
    assert first["details"]["hall"] == "h-2" and first["details"]["setup"] == "theatre"
    assert "hall" not in second["details"]
    assert after["programme"][0]["starts_at"] == f"{DAY}T10:00"


@given(st.integers(-MOST_MINUTES // STEP_MINUTES, MOST_MINUTES // STEP_MINUTES))
def test_there_and_back_is_where_it_was(steps: int) -> None:
    seen = view(hall("h-1"), LATE)
    start = shifted(seen, need_of(seen, "day/hall"), str(steps * STEP_MINUTES))
    assert start - at("10:00") == timedelta(minutes=steps * STEP_MINUTES)
    if steps:
        there = moved(spec(), Target("day/hall", start))
        back = VisitSpec.model_validate(moved(there, Target("day/hall", at("10:00"))))
        assert back == VisitSpec.model_validate(spec())


SEEN = view(hall("h-1"), MEAL)
HALL, DINNER = SEEN.needs
RUBBISH: list[tuple[str, Callable[[], object]]] = [
    ("need", lambda: need_of(SEEN, "day/none")),
    ("need", lambda: moved(spec(), Target("day/none", at("11:00")))),
    ("by", lambda: shifted(SEEN, HALL, "7")),
    ("by", lambda: shifted(SEEN, HALL, "--15")),
    ("by", lambda: shifted(SEEN, HALL, "١٥")),
    ("by", lambda: shifted(SEEN, HALL, "soon")),
    ("by", lambda: shifted(SEEN, HALL, str(MOST_MINUTES + STEP_MINUTES))),
    ("by", lambda: shifted(SEEN, HALL, "9" * 400)),
    ("hall", lambda: read_hall(DINNER, "h-1", None)),
    ("hall", lambda: read_hall(HALL, "No Hall", None)),
    ("hall", lambda: read_hall(HALL, "h-3", {"h-1": 1})),
    ("starts_at", lambda: read_time("tomorrow")),
    ("starts_at", lambda: read_time("2027-09-14")),
    ("starts_at", lambda: read_time("2027-09-14T10:00Z")),
    ("starts_at", lambda: read_time("0001-01-01T10:00")),
    ("starts_at", lambda: moved(spec(), Target("day/hall", at("10:00")))),
    ("starts_at", lambda: moved(spec(), Target("day/hall", at("10:00"), "h-1"))),
]  # fmt: skip


@pytest.mark.parametrize(("path", "act"), RUBBISH)
def test_rubbish_has_a_place_and_a_remedy(path: str, act: Callable[[], object]) -> None:
    with pytest.raises(Wrong) as wrong:
        act()
    assert wrong.value.problem.path == path and wrong.value.problem.remedy


def test_a_hall_that_cannot_be_looked_up_is_taken_as_written() -> None:
    assert read_hall(HALL, "h-3", None) == "h-3" and read_hall(HALL, "", {"h-1": 1}) == ""
