"""Which holds no longer fit when there is less: against the rule, over random holds."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.holds.overflow import Taken, overflowing
from shared.holds.spans import Cell
from tests.conformance.desk import add_up

START = datetime(2027, 6, 1, tzinfo=UTC)


def taken(
    hold: str, many: int, firm: bool = True, minute: int = 0, need: str = "", slots: int = 1
) -> Taken:
    cells = {("hall", slot): many for slot in range(slots)}
    since = START + timedelta(minutes=minute)
    return Taken(hold, hold[0], need or hold, firm, since, cells)


def test_of_a_closed_unit_everybody_goes() -> None:
    some = [taken("a", 1), taken("b", 1, minute=1)]
    assert overflowing(some, lambda _cell: 0) == ["a", "b"]
    assert overflowing(some, lambda _cell: 2) == []


def test_the_confirmed_stay_and_among_them_who_came_first() -> None:
    some = [taken("late", 4, minute=9), taken("held", 1, firm=False), taken("early", 5, minute=1)]
    assert overflowing(some, lambda _cell: 9) == ["held"]
    assert overflowing(some, lambda _cell: 5) == ["late", "held"]
    assert overflowing(some, lambda _cell: 6) == ["late"], "the small one still fits"


def test_holds_of_one_need_overlap() -> None:
    old, new = taken("v1", 3, need="n"), taken("v2", 5, firm=False, need="n")
    other = taken("w", 2, minute=1)
    assert overflowing([old, new, other], lambda _cell: 7) == []
    assert overflowing([old, new, other], lambda _cell: 5) == ["v2"], "what stood still does"


def test_a_hold_that_goes_leaves_its_other_cells_to_others() -> None:
    stay, later = taken("stay", 2, slots=2), taken("night", 2, minute=1)

    def room(cell: Cell) -> int:
        return 2 if cell[1] == 0 else 1

    assert overflowing([stay, later], room) == ["stay"]


holds = st.lists(
    st.builds(
        lambda n, visit, many, firm, minute, first, slots: Taken(
            f"{visit}{n}", visit, "need", firm, START + timedelta(minutes=minute),
            {("unit", slot): many for slot in range(first, first + slots)},
        ),
        st.integers(0, 10_000), st.sampled_from("uvw"), st.integers(1, 4), st.booleans(),
        st.integers(0, 9), st.integers(0, 3), st.integers(1, 3),
    ),
    max_size=9, unique_by=lambda one: one.hold,
)  # fmt: skip


def load(some: Sequence[Taken]) -> dict[Cell, int]:
    return add_up([(t.visit, t.need, t.hold, unit, slot, slot + 1, many)
                   for t in some for (unit, slot), many in t.cells.items()])  # fmt: skip


@settings(max_examples=500, deadline=None)
@given(some=holds, room=st.lists(st.integers(0, 8), min_size=6, max_size=6))
def test_what_stays_fits_and_nobody_goes_in_vain(some: list[Taken], room: list[int]) -> None:
    gone = overflowing(some, lambda cell: room[cell[1]])
    stays = [one for one in some if one.hold not in gone]

    def fits(those: list[Taken]) -> bool:
        return all(many <= room[cell[1]] for cell, many in load(those).items())

    assert fits(stays)
    for one in some:
        first = [it for it in stays if rank(it) < rank(one)]
        assert (one.hold in gone) != fits([*first, one])


def rank(one: Taken) -> tuple[bool, datetime, str]:
    return not one.firm, one.since, one.hold
