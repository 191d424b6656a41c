"""What an owner says of a hold, taken in: forgotten holds, old words, words about what is gone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from services.visits.status import Held, VisitState, Wish, observe
from shared.contracts.holds import LIVE, Hold, HoldState
from tests.rules.toyworld import Owner, World

NOW = datetime(2027, 8, 1, tzinfo=UTC)
NOBODY_S = VisitState(visit="v", cause="c", actor="a")
NAME = "v:day/hall:7"


def word(state: HoldState, revision: int = 1) -> Hold:
    return Hold(hold=NAME, visit="v", need="day/hall", kind="hall", state=state,
                revision=revision, tag="print")  # fmt: skip


def asked(**changes: Any) -> VisitState:
    """A visit that remembers asking for one hold."""
    held = Held(hold=NAME, need="day/hall", service="venues", attempt=7, fingerprint="print",
                wish=Wish.PLACE, placed_at=NOW, asked_at=NOW)  # fmt: skip
    return NOBODY_S.model_copy(update={"holds": (held.model_copy(update=changes),)})


@pytest.mark.parametrize("state", sorted(LIVE))
def test_a_live_hold_that_nobody_remembers_is_adopted_and_asked_for(state: HoldState) -> None:
    [held] = observe(NOBODY_S, "venues", (word(state),), NOW).holds
    assert held.live and not held.leaving and not held.answered
    assert held.fingerprint == "print", "what it was for comes back with it"
    assert held.seen is None, "the word may be long out of date: it proves only that we asked once"
    firm = state is HoldState.CONFIRMED
    assert held.wish is (Wish.CONFIRM if firm else Wish.PLACE)


@pytest.mark.parametrize("state", sorted(set(HoldState) - set(LIVE)))
def test_one_that_is_gone_anyway_is_not(state: HoldState) -> None:
    assert observe(NOBODY_S, "venues", (word(state),), NOW).holds == ()
    adopted = observe(NOBODY_S, "venues", (word(HoldState.HELD),), NOW)
    assert observe(adopted, "venues", (word(state, 2),), NOW).holds == ()


def test_an_adopted_hold_that_was_asked_about_is_one_like_any_other() -> None:
    waiting = asked(asks=1, attempt=0)
    [held] = observe(waiting, "venues", (word(HoldState.HELD, 4),), NOW).holds
    assert held.answered and held.state is HoldState.HELD


def test_an_older_word_changes_nothing() -> None:
    newer = observe(asked(), "venues", (word(HoldState.CONFIRMED, 3),), NOW)
    assert newer.holds[0].state is HoldState.CONFIRMED
    assert observe(newer, "venues", (word(HoldState.HELD, 2),), NOW) == newer
    assert observe(newer, "venues", (word(HoldState.HELD, 3),), NOW) == newer


def forgetful(**changes: Any) -> tuple[World, str]:
    """A visit with one hold, whose store is restored from before it asked for it."""
    world = World({"venues": Owner("venues", 5)})
    world.submit("v", {"venues": 5})
    world.settle_moment()
    [hold] = world.owners["venues"].rows
    state = world.visits["v"]
    forgotten = {"holds": (), "attempts": {}, "floor": 1_000, **changes}
    world.visits["v"] = state.model_copy(update=forgotten)
    world.bag.append(world.owners["venues"].answer("v", [hold]))
    world.settle_moment()
    return world, hold


def test_a_visit_that_forgot_its_hold_goes_on_with_it() -> None:
    world, hold = forgetful()
    world.settle()
    assert {name for name, row in world.owners["venues"].rows.items() if row["state"] in LIVE} == {
        hold
    }
    assert world.owners["venues"].rows[hold]["state"] is HoldState.CONFIRMED
    assert [held.hold for held in world.visits["v"].holds] == [hold]


def test_one_that_was_cancelled_meanwhile_lets_it_go() -> None:
    world, hold = forgetful(cancelled=True)
    world.settle()
    assert world.owners["venues"].rows[hold]["state"] is HoldState.RELEASED


def test_attempts_after_a_restoration_are_numbered_beyond_all_that_others_may_know() -> None:
    world = World({"venues": Owner("venues", 5)})
    world.submit("v", {"venues": 5})
    world.visits["v"] = world.visits["v"].model_copy(
        update={"holds": (), "attempts": {}, "floor": 1_000}
    )
    world.bag.clear()
    world.reconcile("v")
    assert [held.attempt for held in world.visits["v"].holds] == [1_000]
