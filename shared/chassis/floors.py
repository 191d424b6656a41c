"""Up to where everything on a subject was handled, by what the bus says of its consumers.

A message is acknowledged after its effect is committed, so what a floor has once said of some rows
and some consumers stays true for ever, whatever becomes of the bus. It says nothing of rows that
were marked later, nor of consumers that it does not name.

Owns: the listing of consumers, and what follows from one.
Must not: touch a store; `feeding` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from nats.js import JetStreamContext
from nats.js.api import ConsumerInfo

from shared.chassis import limits
from shared.chassis.bus import StreamMark, mark_of

PAGE = 256
"""Consumers in one answer of the bus."""


@dataclass(frozen=True, slots=True)
class Taker:
    """A durable consumer: its name, what it takes, and up to where it has acknowledged that."""

    name: str
    filters: tuple[str, ...]
    acked: int


@dataclass(frozen=True, slots=True)
class Floor:
    """On `subject`, everything up to `seq` of the stream's life `born` was handled by `takers`."""

    subject: str
    born: datetime
    seq: int
    takers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """What a look at a stream's consumers says of one subject."""

    floor: Floor | None
    """None when nobody takes it: nobody can have handled it."""
    void: tuple[Floor, ...] = ()
    """Floors of other lives that do not count any more: somebody takes it now whom they do not
    name, and who may need what was not sent again on their word."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the bus said of a stream: which life it is, and who takes what, how far."""

    stream: str
    born: datetime
    takers: tuple[Taker, ...]


def seen(subject: str, told: Told, known: Iterable[Floor]) -> Seen:
    """What to note of a subject, given what the bus said and the floors known of it.

    The floor of this life replaces the one known, also when it is lower: a bus that was put back
    gives old places to new messages, and a consumer made anew has handled nothing yet.
    """
    mine = [one for one in told.takers if any(matches(subject, each) for each in one.filters)]
    names = tuple(sorted(one.name for one in mine))
    others = (floor for floor in known if floor.born != told.born)
    void = tuple(floor for floor in others if not set(names) <= set(floor.takers))
    if not mine:
        return Seen(None)
    return Seen(Floor(subject, told.born, min(one.acked for one in mine), names), void)


def matches(subject: str, wanted: str) -> bool:
    """Whether a consumer's filter takes a subject."""
    if subject == wanted:
        return True
    if "*" not in wanted and ">" not in wanted:
        return False
    here, there = subject.split("."), wanted.split(".")
    if there[-1] == ">":
        return len(here) >= len(there) and matches(
            ".".join(here[: len(there) - 1]), ".".join(there[:-1])
        )
    pairs = zip(here, there, strict=False)
    return len(here) == len(there) and all(token in ("*", one) for one, token in pairs)


async def told_of(js: JetStreamContext, stream: str, mark: StreamMark) -> Told | None:
    """What a stream's durable consumers have acknowledged, in the life that `mark` tells of, which
    was asked for before. None when it has another life by now, or when nothing can be concluded.

    Raises what the client raises when the bus does not answer, or may not.
    """
    found: list[ConsumerInfo] = []
    while len(found) < limits.CONSUMERS:
        page = await js.consumers_info(stream, len(found))
        found += page
        if len(page) < PAGE:
            after = await mark_of(js, stream)
            if after is None or mark.born is None or after.born != mark.born or after.crowded:
                return None
            takers = tuple(_taker(one) for one in found if one.config.durable_name)
            return Told(stream, mark.born, takers)
    return None


def _taker(info: ConsumerInfo) -> Taker:
    config = info.config
    filters = tuple(config.filter_subjects or ()) or (config.filter_subject or ">",)
    return Taker(info.name, filters, info.ack_floor.stream_seq if info.ack_floor else 0)
