"""The verdict on parked messages, and what a message says it is about."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.visits.status import Held, Proposal, VisitState, Wish
from services.visits.weighing import Known, weigh
from shared.contracts.holds import ConfirmHolds, Hold, HoldsChanged, HoldState
from shared.contracts.impact import Named, NamedHold, ToWeigh, Verdict
from shared.contracts.naming import named_in
from shared.contracts.visits import Phase

NOW = datetime(2027, 8, 1, tzinfo=UTC)
NAME = "v:day/hall:1"


def visit(held: Held | None = None, **fields: Any) -> VisitState:
    holds = (held,) if held else ()
    return VisitState(visit="v", revision=3, sequence=9, cause="c", actor="a", holds=holds,
                      **fields)  # fmt: skip


def hold(wish: Wish, state: HoldState | None = None, revision: int = 2) -> Held:
    seen = None
    if state is not None:
        seen = Hold(hold=NAME, visit="v", state=state, revision=revision)
    return Held(hold=NAME, need="day/hall", service="venues", attempt=1, fingerprint="f",
                wish=wish, placed_at=NOW, asked_at=NOW, seen=seen)  # fmt: skip


def verdict(message: str, state: VisitState | None, phase: Phase = Phase.HOLDING,
            answered: bool = False, readable: bool = True, **named: Any) -> Verdict:  # fmt: skip
    one = ToWeigh(ref="1", named=Named(visit="v", message=message, **named), readable=readable)
    return weigh(one, Known(state, phase if state else None, answered)).verdict


ONE = {"holds": (NamedHold(hold=NAME),)}


@pytest.mark.parametrize(
    ("message", "held", "right"),
    [
        ("place_holds", hold(Wish.PLACE), "retry"),
        ("place_holds", hold(Wish.PLACE, HoldState.HELD), "done"),
        ("place_holds", hold(Wish.CONFIRM, HoldState.HELD), "done"),
        ("place_holds", hold(Wish.RELEASE), "superseded"),
        ("place_holds", None, "superseded"),
        ("confirm_holds", hold(Wish.CONFIRM, HoldState.HELD), "retry"),
        ("confirm_holds", hold(Wish.CONFIRM, HoldState.CONFIRMED), "done"),
        ("confirm_holds", hold(Wish.RELEASE, HoldState.CONFIRMED), "superseded"),
        ("confirm_holds", None, "superseded"),
        ("release_holds", hold(Wish.RELEASE, HoldState.CONFIRMED), "retry"),
        ("release_holds", hold(Wish.RELEASE, HoldState.RELEASED), "done"),
        ("release_holds", None, "done"),
        ("consent_asked", hold(Wish.PLACE, HoldState.PENDING), "retry"),
        ("answer_consent", hold(Wish.PLACE, HoldState.HELD), "done"),
        ("answer_consent", hold(Wish.RELEASE, HoldState.PENDING), "superseded"),
        ("something_new", hold(Wish.PLACE), "decide"),
    ],
)
def test_messages_about_holds(message: str, held: Held | None, right: str) -> None:
    assert verdict(message, visit(held), **ONE) == right


@pytest.mark.parametrize(("revision", "right"), [(1, "superseded"), (2, "done"), (3, "retry")])
def test_an_owners_word_against_its_newest(revision: int, right: str) -> None:
    state = visit(hold(Wish.CONFIRM, HoldState.CONFIRMED, revision=2))
    told = (NamedHold(hold=NAME, revision=revision),)
    assert verdict("holds_changed", state, holds=told) == right


def test_one_hold_that_is_still_wanted_is_enough_to_try_again() -> None:
    two = (NamedHold(hold="v:gone/x:1"), NamedHold(hold=NAME))
    assert verdict("confirm_holds", visit(hold(Wish.CONFIRM, HoldState.HELD)), holds=two) == "retry"


def test_planners_acts() -> None:
    assert verdict("submit_visit", visit(), revision=3, answered=True) == "done"
    assert verdict("submit_visit", visit(), revision=3) == "retry"
    assert verdict("submit_visit", visit(), revision=2) == "superseded"
    assert verdict("submit_visit", None, revision=0) == "retry"
    assert verdict("cancel_visit", None, revision=1) == "superseded"
    assert verdict("cancel_visit", visit(cancelled=True), revision=3) == "superseded"
    assert verdict("commit_proposal", visit(), revision=3) == "superseded", "the proposal is gone"
    offer = Proposal(id="p", based_on=3, created_at=NOW, expires_at=NOW + timedelta(hours=1),
                     cause="c", actor="a")  # fmt: skip
    assert verdict("commit_proposal", visit(proposal=offer), revision=3) == "retry"


def test_announcements() -> None:
    assert verdict("visit_changed", visit(), sequence=8) == "superseded"
    assert verdict("visit_changed", visit(), sequence=9) == "retry"
    firm = {"phase": Phase.READY}
    assert verdict("arrangement_changed", visit(), revision=2, **firm) == "superseded"
    assert verdict("arrangement_changed", visit(), revision=2) == "retry", "no newer one was told"
    assert verdict("arrangement_changed", visit(), revision=3, **firm) == "retry"


def test_what_nobody_can_read_and_is_still_wanted_is_for_a_person() -> None:
    wanted = visit(hold(Wish.CONFIRM, HoldState.HELD))
    assert verdict("confirm_holds", wanted, readable=False, **ONE) == "decide"
    assert verdict("confirm_holds", visit(), readable=False, **ONE) == "superseded"


def test_a_message_says_what_it_is_about() -> None:
    asked = ConfirmHolds(cause="c", actor="a", visit="v", holds=(NAME,))
    assert named_in("cmd.venues.confirm_holds.v1", asked.model_dump_json()) == Named(
        visit="v", message="confirm_holds", holds=(NamedHold(hold=NAME),)
    )
    word = Hold(hold=NAME, visit="v", state=HoldState.HELD, revision=4)
    told = HoldsChanged(cause="c", actor="a", visit="v", holds=(word,))
    named = named_in("evt.venues.holds_changed.v1", told.model_dump_json())
    assert named is not None and named.holds == (NamedHold(hold=NAME, revision=4),)
    state = json.dumps({"state": {"visit": "v", "revision": 2, "sequence": 7}})
    changed = named_in("evt.visits.visit_changed.v1", state)
    assert changed is not None and (changed.revision, changed.sequence) == (2, 7)
    answer = named_in("cmd.catering.answer_consent.v1", json.dumps({"command": "k", "hold": NAME}))
    assert answer is not None and (answer.visit, answer.command) == ("v", "k")


@pytest.mark.parametrize(
    "body",
    ["", "{", "[]", "null", "{}", '{"visit": "V 1"}', '{"visit": 3}', '{"visit": null}',
     '{"holds": [1, null, {}]}', '{"hold": ":x"}', "[" * 5_000, '{"state": "visit"}'],
)  # fmt: skip
def test_what_cannot_be_read_names_nothing(body: str) -> None:
    assert named_in("cmd", body) is None


def test_odd_numbers_and_names_are_left_out() -> None:
    odd = {"visit": "v", "command": "two words", "expected_revision": -1, "sequence": True,
           "holds": [{"hold": "x", "revision": 2**60}]}  # fmt: skip
    named = named_in("cmd.visits.submit_visit.v1", json.dumps(odd))
    assert named == Named(visit="v", message="submit_visit", holds=(NamedHold(hold="x"),))
