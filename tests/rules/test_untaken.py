"""Since when the bus stores nothing of what is sent, as one process finds out by sending."""

from __future__ import annotations

import asyncio

from nats.js.errors import BadRequestError, NoStreamResponseError, ServiceUnavailableError

from shared.chassis import limits
from shared.chassis.link import Link
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.chassis.untaken import Untaken
from shared.contracts.message import COMMANDS, EVENTS


def names(untaken: Untaken) -> list[str]:
    return [one.stream for one in untaken.beats()]


def test_no_answer_and_a_refusal_count_until_something_is_stored_in_that_stream() -> None:
    untaken = Untaken()
    assert names(untaken) == []
    untaken.missed(EVENTS, None)
    untaken.missed(COMMANDS, NoStreamResponseError())
    untaken.missed(COMMANDS, ServiceUnavailableError(code=503))
    assert names(untaken) == [COMMANDS, EVENTS]
    untaken.taken(COMMANDS)
    assert names(untaken) == [EVENTS]


def test_the_first_of_those_that_failed_one_after_the_other_counts() -> None:
    untaken = Untaken()
    untaken.missed(EVENTS, None)
    since = dict(untaken._since)
    untaken.missed(EVENTS, None)
    assert untaken._since == since


def test_a_message_that_is_refused_for_itself_says_that_others_would_be_stored() -> None:
    untaken = Untaken()
    untaken.missed(EVENTS, None)
    untaken.missed(EVENTS, BadRequestError(code=400, err_code=10054))
    assert names(untaken) == []


def test_of_a_bus_that_was_away_nothing_is_known() -> None:
    untaken = Untaken()
    untaken.missed(EVENTS, None)
    untaken.forget()
    assert names(untaken) == []


class Reconnecting:
    """A client that is connected again as soon as it is told to leave."""

    is_connected, connected_url = True, "nats://n1:4222"

    def __init__(self, link: Link) -> None:
        self._link = link

    async def force_reconnect(self) -> None:
        await self._link._lost()
        await self._link._found()


async def test_who_turns_to_another_server_of_a_bus_that_is_there_still_knows() -> None:
    """All servers may be like that, for the same reason, and each is left after some time."""
    settings = Settings(
        _env_file=None, nats_url="nats://n1:4222,nats://n2:4222", store_url="sqlite://"
    )
    service = Service("scratch", settings)
    link, untaken = service._link, service.relay.untaken
    service.broker._connection = Reconnecting(link)
    untaken.missed(EVENTS, None)
    now = asyncio.get_running_loop().time()
    await link._leave_if_mute(asked_at=now - limits.BUS_MUTE_S)
    assert names(untaken) == [EVENTS]
    await link._found()
    assert names(untaken) == [], "it was away by itself"
