"""Which answers of services are worth waiting for."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nats.aio.msg import Msg

from services.visits.awaited import VISITS, Awaited, visit_of

NO_CLIENT: Any = None


def answer(service: str, visit: str = "v1") -> Msg:
    data = json.dumps({"visit": visit, "holds": []}).encode()
    return Msg(NO_CLIENT, subject=f"evt.{service}.holds_changed.v1", data=data)


def test_all_who_were_asked_are_waited_for() -> None:
    awaited = Awaited()
    awaited.note("v1", {"venues", "catering"})
    assert not awaited.are_here("v1", [answer("venues")])
    assert not awaited.are_here("v1", [answer("venues"), answer("venues")])
    assert awaited.are_here("v1", [answer("venues"), answer("catering")])


def test_a_visit_that_asked_nobody_waits_for_nobody() -> None:
    awaited = Awaited()
    assert awaited.are_here("v1", [answer("venues")])
    awaited.note("v1", {"venues", "catering"})
    awaited.note("v1", set())
    assert awaited.are_here("v1", [answer("venues")])


def test_an_answer_names_its_visit() -> None:
    assert visit_of(answer("venues", "v7")) == "v7"


def test_somebody_who_was_not_asked_is_no_substitute() -> None:
    awaited = Awaited()
    awaited.note("v1", {"catering"})
    assert not awaited.are_here("v1", [answer("venues")])


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"{}", b'{"visit": 7}', b"\xff", b"null"])
def test_rubbish_waits_for_nobody(data: bytes) -> None:
    awaited = Awaited()
    awaited.note("v1", {"venues", "catering"})
    rubbish = Msg(NO_CLIENT, subject="evt.venues.holds_changed.v1", data=data)
    assert visit_of(rubbish) == ""
    assert awaited.are_here("", [rubbish])


def test_only_so_many_visits_are_remembered() -> None:
    awaited = Awaited()
    for number in range(VISITS + 1):
        awaited.note(f"v{number}", {"venues", "catering"})
    assert awaited.are_here("v0", [answer("venues", "v0")])
    assert not awaited.are_here("v1", [answer("venues", "v1")])
