"""Decisions about parked messages: causes, bodies, histories, edits."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.chassis.delivery import described
from shared.chassis.parking_rules import (
    DIFFERENCE,
    HISTORY,
    bytes_of,
    cause_of,
    difference,
    ended_id,
    faults_of,
    grown,
    raw_of,
    replay_id,
    wrong_state,
)
from shared.contracts.holds import HoldsChanged, ReleaseHolds
from shared.contracts.parking import Chosen, ParkedState

GOOD = {"cause": "c", "actor": "a", "command": "x", "visit": "v-1", "holds": ["h"]}


def error_of(body: bytes) -> str:
    with pytest.raises(ValidationError) as caught:
        HoldsChanged.model_validate_json(body)
    return described(caught.value)


def group(error: str, consumer: str = "venues-holds_changed-v1") -> str:
    return cause_of(error, consumer).group


def test_a_cause_is_the_first_fault_of_a_message() -> None:
    cause = cause_of(error_of(b'{"cause": "c", "visit": "v"}'), "x")
    assert (cause.error_class, cause.line) == ("ValidationError", "actor: Field required")
    cause = cause_of(error_of(b"{"), "x")
    assert cause.line.startswith("Invalid JSON: EOF while parsing")


def test_what_differs_from_message_to_message_makes_no_group() -> None:
    first = cause_of("shop.ClosedError: room 12 of 'Hotel A' is shut", "x")
    assert (first.error_class, first.line) == ("ClosedError", "room 12 of 'Hotel A' is shut")
    assert first.group == group("shop.ClosedError: room 7 of 'Inn' is shut", "x")
    assert first.group != group("shop.ClosedError: room 7 of 'Inn' is open", "x")
    assert first.group != group("shop.BusyError: room 12 of 'Hotel A' is shut", "x")
    assert first.group != group("shop.ClosedError: room 12 of 'Hotel A' is shut", "y")
    assert group(error_of(b'{"visit": 1')) == group(error_of(b'{"visit": 1, "cause": 2'))


@given(st.text(max_size=400), st.text(max_size=40))
def test_any_error_has_a_cause_that_fits_its_columns(error: str, consumer: str) -> None:
    cause = cause_of(error, consumer)
    assert len(cause.group) == 16 and len(cause.error_class) <= 100 and len(cause.line) <= 300
    assert "\x00" not in cause.line
    cause.line.encode()


@given(st.binary(max_size=200))
def test_a_body_comes_back_to_the_byte(data: bytes) -> None:
    text, raw = raw_of(data)
    assert bytes_of(text, raw) == data
    assert "\x00" not in text
    assert bytes_of(text, raw, "{}") == b"{}"


def test_only_what_is_no_text_is_kept_twice() -> None:
    assert raw_of("{接}".encode()) == ("{接}", None)
    assert raw_of(b"\xff") == ("\\xff", b"\xff")


@given(st.text(min_size=1, max_size=200), st.integers(1, 10**6))
def test_each_replay_has_a_name_of_its_own(message: str, number: int) -> None:
    names = {message, *(replay_id(message, number + more) for more in (0, 1))}
    assert len(names) == 3
    assert all(len(name) <= 200 for name in names)
    assert len(ended_id(message)) <= 200 and ended_id(message) != message


def test_long_names_that_begin_alike_stay_apart() -> None:
    assert replay_id("a" * 199 + "x", 1) != replay_id("a" * 199 + "y", 1)


def test_a_history_is_bounded_and_keeps_its_beginning() -> None:
    history: list[Any] = []
    for number in range(3 * HISTORY):
        history = grown(history, {"number": number})
    assert len(history) == HISTORY
    assert history[0] == {"number": 0}
    assert history[-1] == {"number": 3 * HISTORY - 1}


@pytest.mark.parametrize("kind", ["edit", "replay", "discard", "restore"])
@pytest.mark.parametrize("state", ParkedState)
def test_each_act_takes_messages_in_one_state(kind: str, state: ParkedState) -> None:
    right = ParkedState.DISCARDED if kind == "restore" else ParkedState.PARKED
    problem = wrong_state(kind, state)
    assert (problem is None) == (state is right)
    assert problem is None or (state.value in problem.message and problem.remedy)


def test_a_valid_edit_has_no_faults() -> None:
    assert faults_of(ReleaseHolds, b"{", json.dumps(GOOD)) == ()
    assert faults_of(ReleaseHolds, json.dumps(GOOD).encode(), json.dumps(GOOD)) == ()


@pytest.mark.parametrize(
    ("body", "path", "code"),
    [
        ("{", "", "json_invalid"),
        ("[]", "", "model_type"),
        (json.dumps({**GOOD, "visit": "No Slug"}), "visit", "string_pattern_mismatch"),
        (json.dumps({**GOOD, "holds": ["h", 7]}), "holds[1]", "string_type"),
        (json.dumps({key: GOOD[key] for key in ("cause", "actor", "visit")}), "holds", "missing"),
    ],
)
def test_a_fault_tells_place_and_remedy(body: str, path: str, code: str) -> None:
    faults = {(one.path, one.code): one for one in faults_of(ReleaseHolds, b"{", body)}
    assert (path, code) in faults
    assert all(one.message and one.remedy for one in faults.values())


def test_an_edit_cannot_make_another_act_of_it() -> None:
    before = json.dumps({**GOOD, "visit": "No Slug"}).encode()
    faults = faults_of(ReleaseHolds, before, json.dumps({**GOOD, "cause": "d"}))
    assert [(one.path, one.code) for one in faults] == [("cause", "another_meaning")]
    broken = json.dumps({**GOOD, "cause": "not a key"}).encode()
    assert faults_of(ReleaseHolds, broken, json.dumps({**GOOD, "cause": "d"})) == ()


@given(st.binary(max_size=60), st.text(max_size=60))
def test_no_edit_is_too_strange_to_be_judged(original: bytes, body: str) -> None:
    assert faults_of(ReleaseHolds, original, body)


def test_deep_nesting_is_a_fault_not_a_crash() -> None:
    deep = "[" * 100_000
    assert faults_of(ReleaseHolds, deep.encode(), deep)
    assert faults_of(ReleaseHolds, deep.encode(), json.dumps(GOOD)) == ()
    assert difference(deep, "{}")


def test_a_difference_looks_at_fields_not_at_layout() -> None:
    assert difference('{"a":1,"b":2}', '{"b": 2,\n "a": 1}') == ()
    lines = difference('{"a":1,"b":2}', '{"a":1,"b":3}')
    assert '- "b": 2' in lines and '+ "b": 3' in lines


def test_a_difference_is_bounded() -> None:
    many = difference("", "\n".join(map(str, range(2_000))))
    assert len(many) == DIFFERENCE + 1 and many[-1].endswith("lines more")
    assert len(difference("", "\n".join(map(str, range(50_000))))) == 1
    assert max(map(len, difference("", "x" * 9_000))) <= 300


@pytest.mark.parametrize("wrong", [{}, {"messages": ["m"], "group": "g"}, {"group": "g"}])
def test_what_is_chosen_is_clear(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Chosen.model_validate(wrong)
