"""A visit that somebody wants looked at now: silent owners and refusals, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from services.visits import acts
from services.visits.case import Case
from services.visits.status import VisitState, Wish
from shared.contracts.holds import HoldState, Refusal
from shared.contracts.values import Text
from shared.contracts.visits import ReconcileVisit
from tests.rules.test_impact import HALL, MEAL, PACING, STARTS, held, reading

NOW = STARTS - timedelta(days=30)
BOTH = Text(zh="满", en="full")
REFUSED = {"refusal": Refusal(code="full", sentence=BOTH)}


def case_of(*holds: Any, **state: Any) -> Case:
    of = reading(HALL, MEAL)
    known = VisitState(visit="v-2614", revision=1, cause="c", actor="a", holds=holds, **state)
    return Case("v-2614", state=known, reading=of, is_new=False)


def look(case: Case) -> acts.Outcome:
    command = ReconcileVisit(cause="k", actor="ops", command="k", visit="v-2614", reason="again")
    return acts.look_again(case, command, PACING, NOW)


def test_a_silent_owner_is_asked_at_once_and_what_was_refused_is_tried_anew() -> None:
    of = reading(HALL, MEAL)
    case = case_of(held(of, 0, NOW - timedelta(seconds=1)),
                   held(of, 1, NOW, HoldState.REFUSED, **REFUSED))  # fmt: skip
    assert look(case).outcome == acts.ACCEPTED
    assert case.state is not None and case.state.actor == "ops"
    [left] = case.state.holds
    assert left.need == of.needs[0].need
    assert left.asked_at == NOW - timedelta(seconds=PACING.ask_at_most_every_s)


def test_what_is_confirmed_stays_as_it_is() -> None:
    of = reading(HALL, MEAL)
    firm = held(of, 0, NOW, HoldState.CONFIRMED, wish=Wish.CONFIRM)
    case = case_of(firm)
    look(case)
    assert case.state is not None
    [left] = case.state.holds
    assert (left.seen, left.wish, left.hold) == (firm.seen, firm.wish, firm.hold)


@pytest.mark.parametrize("state", [None, "closed"])
def test_a_visit_that_is_not_there_or_over_is_not_looked_at(state: str | None) -> None:
    case = case_of(closed=True) if state else Case("v-2614")
    outcome = look(case)
    assert outcome.outcome == (acts.CONFLICT if state else acts.MISSING)
    assert outcome.problems[0].message


def test_a_cancelled_one_goes_on_letting_go() -> None:
    of = reading(HALL, MEAL)
    case = case_of(held(of, 0, NOW, wish=Wish.RELEASE), cancelled=True)
    assert look(case).outcome == acts.ACCEPTED
    assert case.state is not None and case.state.cancelled and len(case.state.holds) == 1
