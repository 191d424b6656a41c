"""Since when the bus stores nothing of what is sent, as one process finds out by sending."""

from __future__ import annotations

from nats.js.errors import BadRequestError, NoStreamResponseError, ServiceUnavailableError

from shared.chassis.untaken import Untaken
from shared.contracts.message import COMMANDS, EVENTS


def names(untaken: Untaken, breaks: int = 0) -> list[str]:
    return [one.stream for one in untaken.beats(breaks)]


def test_no_answer_and_a_refusal_count_until_something_is_stored_in_that_stream() -> None:
    untaken = Untaken()
    assert names(untaken) == []
    untaken.missed(EVENTS, 0, None)
    untaken.missed(COMMANDS, 0, NoStreamResponseError())
    untaken.missed(COMMANDS, 0, ServiceUnavailableError(code=503))
    assert names(untaken) == [COMMANDS, EVENTS]
    untaken.taken(COMMANDS)
    assert names(untaken) == [EVENTS]


def test_the_first_of_those_that_failed_one_after_the_other_counts() -> None:
    untaken = Untaken()
    untaken.missed(EVENTS, 0, None)
    since = dict(untaken._since)
    untaken.missed(EVENTS, 0, None)
    assert untaken._since == since


def test_a_message_that_is_refused_for_itself_says_that_others_would_be_stored() -> None:
    untaken = Untaken()
    untaken.missed(EVENTS, 0, None)
    untaken.missed(EVENTS, 0, BadRequestError(code=400, err_code=10054))
    assert names(untaken) == []


def test_what_was_sent_before_the_bus_was_away_says_nothing_of_the_one_that_is_there() -> None:
    untaken = Untaken()
    untaken.missed(EVENTS, 1, None)
    assert names(untaken, 1) == [EVENTS]
    assert names(untaken, 2) == []
    untaken.missed(COMMANDS, 2, None)
    untaken.missed(EVENTS, 1, None)
    assert names(untaken, 2) == [COMMANDS]
