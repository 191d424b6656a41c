"""Messages of one consumer that arrived together: handled as one list, ended one by one.

FastStream's way from the bus to a handler costs about as much as the handler does. What is there at
the same time goes that way once.

Must not: decide what becomes of a message; `delivery` does, for each.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

from faststream.nats.message import NatsBatchMessage
from pydantic import ValidationError

from shared.chassis.arrival import Arrival
from shared.chassis.work import Delivery, GroupHandler
from shared.chassis.writer import Writer
from shared.contracts.message import Message


@dataclass(eq=False, slots=True)
class Member:
    """One message of a group: how it came, whether it can be read, and why it failed."""

    raw: Any
    """As the client has it."""
    arrival: Arrival
    readable: bool = False
    error: Exception | None = None


M = TypeVar("M", bound=Message)

GROUP: ContextVar[Sequence[Member]] = ContextVar("group")
"""The messages being handled."""


def reader_of_group(kind: type[Message]) -> Callable[[NatsBatchMessage], Awaitable[list[Message]]]:
    """A FastStream decoder for groups of this class: those that can be read, in their order."""

    async def read(arrived: NatsBatchMessage) -> list[Message]:
        found: list[Message] = []
        for member, body in zip(GROUP.get(), arrived.body, strict=True):
            try:
                found.append(kind.model_validate_json(body))
                member.readable = True
            except ValidationError as error:
                member.error = error
        return found

    return read


async def handle_group(writer: Writer, handler: GroupHandler, some: Sequence[M]) -> list[M]:
    """Wait until each is committed or has failed; the members of the group know which. Returns
    those that are committed."""
    members = [one for one in GROUP.get() if one.readable]
    jobs = [
        (
            member.arrival.settling(handler),
            Delivery(message, member.arrival.id, member.arrival.trace, member.arrival.again),
        )
        for member, message in zip(members, some, strict=True)
    ]
    for member, error in zip(members, await writer.handle(jobs), strict=True):
        member.error = error
    return [one for member, one in zip(members, some, strict=True) if member.error is None]
