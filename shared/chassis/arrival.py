"""How a message arrived: what the bus knows of it beside its content.

Must not: read the content.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.chassis.work import Delivery, GroupHandler, Work


@dataclass(frozen=True, slots=True)
class Arrival:
    """What the bus knows of a message: its transport id, and trace headers for what it causes."""

    id: str
    trace: Mapping[str, str]
    again: bool = False
    """Sent a second time, to a store that may have forgotten it."""
    settle: Callable[[Work], None] | None = None
    """What the transaction of its effect does first."""

    def settling(self, handler: GroupHandler) -> GroupHandler:
        """The handler, with `settle` in the same transaction."""
        settle = self.settle
        if settle is None:
            return handler

        def both(work: Work, some: Sequence[Delivery[Any]]) -> None:
            settle(work)
            handler(work, some)

        return both


def message_id(raw: Any) -> str:
    """The transport id: the sender's, or the place in the stream for a foreign sender."""
    headers = raw.headers or {}
    if headers.get("Nats-Msg-Id"):
        return _AGAIN.sub("", str(headers["Nats-Msg-Id"]))[:200]
    meta = raw.metadata
    return f"{meta.stream}:{meta.sequence.stream}"


_AGAIN = re.compile(r"~\d+$")
"""What `outbox` puts behind the id of a message that it sends again."""


def arrival_of(raw: Any, trace: Mapping[str, str]) -> Arrival:
    """What handlers are told of a message beside its content."""
    again = _AGAIN.search(str((raw.headers or {}).get("Nats-Msg-Id", ""))) is not None
    return Arrival(message_id(raw), trace, again)
