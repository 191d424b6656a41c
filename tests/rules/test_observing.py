"""What an owner says of a hold, taken in: strays, old words, words about what is long gone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from services.visits.status import VisitState, observe
from shared.contracts.holds import LIVE, Hold, HoldState
from tests.rules.toyworld import Owner, World

NOW = datetime(2027, 8, 1, tzinfo=UTC)
NOBODY_S = VisitState(visit="v", cause="c", actor="a")


def word(state: HoldState, revision: int = 1, hold: str = "v:day/hall:7") -> Hold:
    return Hold(hold=hold, visit="v", need="day/hall", kind="hall", state=state, revision=revision)


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_live_hold_that_nobody_remembers_is_adopted_to_be_released(state: HoldState) -> None:
    [held] = observe(NOBODY_S, "venues", (word(state),), NOW).holds
    assert held.leaving and held.live and not held.answered


@pytest.mark.parametrize("state", sorted(set(HoldState) - set(LIVE)))
def test_one_that_is_gone_anyway_is_not(state: HoldState) -> None:
    assert observe(NOBODY_S, "venues", (word(state),), NOW).holds == ()


def test_an_older_word_changes_nothing() -> None:
    newer = observe(NOBODY_S, "venues", (word(HoldState.CONFIRMED, 3),), NOW)
    assert observe(newer, "venues", (word(HoldState.HELD, 2),), NOW) == newer
    assert observe(newer, "venues", (word(HoldState.HELD, 3),), NOW) == newer


def test_a_visit_that_forgot_its_holds_lets_them_go() -> None:
    """Its store was restored from before they were placed; the owner still has them."""
    world = World({"venues": Owner("venues", 5)})
    world.submit("v", {"venues": 5})
    forgotten = world.visits["v"]
    world.settle_moment()
    [hold] = world.owners["venues"].rows
    world.visits["v"] = forgotten.model_copy(update={"holds": (), "cancelled": True})
    world.bag.append(world.owners["venues"].answer("v", [hold]))
    world.settle_moment()
    assert world.owners["venues"].rows[hold]["state"] is HoldState.RELEASED
