"""Arithmetic of cells: whatever form claims and ranges take, the cells stay the same."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from shared.holds.port import Claim
from shared.holds.spans import chunks, joined, per_cell, tidy

slots = st.tuples(st.integers(0, 8), st.integers(1, 5)).map(lambda s: (s[0], s[0] + s[1]))
claims = st.builds(
    lambda unit, span, quantity: Claim(unit, *span, quantity),
    st.sampled_from("ab"), slots, st.integers(1, 3),
)  # fmt: skip
ranges = st.builds(lambda unit, span: (unit, *span), st.sampled_from("ab"), slots)


@given(st.lists(claims))
def test_tidy_claims_take_the_same_cells_and_never_overlap(some: list[Claim]) -> None:
    neat = tidy(some)
    assert per_cell(neat) == per_cell(some)
    assert len({(claim.unit, claim.start) for claim in neat}) == len(neat)
    assert sum(claim.stop - claim.start for claim in neat) == len(per_cell(some))
    assert tidy(neat) == neat


@given(st.lists(ranges))
def test_joined_ranges_hold_the_same_cells_once(some: list[tuple[str, int, int]]) -> None:
    cells = [(unit, slot) for unit, start, stop in joined(some) for slot in range(start, stop)]
    assert cells == sorted({(u, slot) for u, start, stop in some for slot in range(start, stop)})


def test_chunks_leave_nothing_out() -> None:
    assert [len(some) for some in chunks(range(450))] == [200, 200, 50]
    assert chunks([]) == []
