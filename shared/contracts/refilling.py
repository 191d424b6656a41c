"""Filling a bus again from the stores: how much a service would send, and having it done.

Every service does, so these classes have no owner of their own.

Must not: ask for anything to be deleted; no service has the right to.
"""

from __future__ import annotations

from pydantic import Field

from shared.contracts.message import Command, Query
from shared.contracts.parking import Reason
from shared.contracts.values import Instant, Key, Value

MOST_COUNTED = 10_000
"""What is more is said to be so many or more."""


class RefillBus(Command):
    """Send again all that the outbox keeps and that is not known to be handled. Answered by
    `CommandAnswered` about the command.

    The same command again changes nothing more. What was handled, its receivers' inboxes know.
    """

    command: Key
    reason: Reason


class ReadRefill(Query):
    """What a service would send again, and how far it is. Answered by `RefillView`."""

    limit: int = Field(default=10, ge=1, le=100)
    """Of the newest acts."""


class RefillAct(Value):
    """One act: who had it done, and how many messages were to be sent again for it."""

    command: Key
    actor: Key
    at: Instant
    reason: str
    messages: int
    left: int = 0
    """Of them and all before, those that the bus has not confirmed yet; counted up to the bound."""


class RefillView(Value):
    """A service's outbox, as far as the bus is concerned. Counts end at `MOST_COUNTED`."""

    service: Key
    would_send: int
    """Kept, confirmed by the bus, and not known to be handled by all who take it."""
    waiting: int
    """Not confirmed by the bus: on their way, or to be sent."""
    acts: tuple[RefillAct, ...] = ()
