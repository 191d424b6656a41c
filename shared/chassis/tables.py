"""The tables that every service has: inbox, outbox and what is known of the bus, lives, parked
messages, and what people did.

Must not: be written by anything but `work`, `outbox`, `feeding`, `restoring`, `lots`, `parking`,
`replaying`, `intake` and `refilling`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import JSON, LargeBinary, Table, Text
from sqlmodel import Field, SQLModel

from shared.chassis.store import BigInt, UtcDateTime, table


class InboxRow(SQLModel):
    """A message that was handled. Its presence makes a redelivery a no-op."""

    id: str = Field(primary_key=True, max_length=200)
    handled_at: datetime = Field(sa_type=UtcDateTime, index=True)


class OutboxRow(SQLModel):
    """A message to be sent, written with the effect that causes it."""

    id: str = Field(primary_key=True, max_length=64)
    stream: str = Field(max_length=32)
    subject: str = Field(max_length=200)
    body: str = Field(sa_type=Text)
    trace: dict[str, Any] = Field(sa_type=JSON)
    created_at: datetime = Field(sa_type=UtcDateTime)
    published_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)
    stream_seq: int | None = Field(default=None, sa_type=BigInt)
    """Where the bus stored it; tells when a stream has gone backwards."""
    stream_born: datetime | None = Field(default=None, sa_type=UtcDateTime)
    """Which life of the stream stored it; tells when a stream was made anew."""
    look: int | None = None
    """How many looks at the takers had begun when it was marked; kept when it is to be sent again,
    and none as long as no bus has had it."""
    again: int = 0
    """How often it is to be sent again although the bus had it, for receivers that forgot it."""


class FloorRow(SQLModel):
    """Up to where everything on a subject was handled, in one life of its stream."""

    subject: str = Field(primary_key=True, max_length=200)
    born: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    """Which life of the stream."""
    seq: int = Field(sa_type=BigInt)
    look: int
    """The look at which this was seen. It says nothing of rows that were marked since that began:
    on a bus that was put back they may have places that once were another message's."""
    takers: list[Any] = Field(sa_type=JSON)
    """Names of the durable consumers that have handled it; it says nothing of any other one."""
    noted_at: datetime = Field(sa_type=UtcDateTime)


class LookRow(SQLModel):
    """How many looks at the takers have begun. One row."""

    number: int = Field(primary_key=True)


class ParkedRow(SQLModel):
    """A message that could not be handled, with its history, waiting for a person."""

    id: str = Field(primary_key=True, max_length=200)
    subject: str = Field(max_length=200, index=True)
    consumer: str = Field(max_length=200)
    body: str = Field(sa_type=Text)
    headers: dict[str, Any] = Field(sa_type=JSON)
    error: str = Field(sa_type=Text)
    reason: str = Field(max_length=32)
    """`unreadable` or `failing`."""
    attempts: int
    history: list[Any] = Field(sa_type=JSON)
    parked_at: datetime = Field(sa_type=UtcDateTime, index=True)
    state: str = Field(max_length=16, index=True)
    """See `ParkedState`."""
    revision: int
    cause: str = Field(max_length=16, index=True)
    """Group of messages that failed for the same reason."""
    error_class: str = Field(max_length=100)
    error_line: str = Field(max_length=300)
    raw: bytes | None = Field(default=None, sa_type=LargeBinary)
    """The body as it came, where `body` cannot give it back."""
    edited: str | None = Field(default=None, sa_type=Text)
    replays: int
    """How often it was chosen by a replay; names the present one to the inbox."""
    replay: str | None = Field(default=None, max_length=200)
    """The replay that has chosen it now."""
    about: str | None = Field(default=None, max_length=63)
    """What the message names, so that groups can say whom they concern: see `naming`."""
    failed_at: datetime = Field(sa_type=UtcDateTime)
    resolved_at: datetime | None = Field(default=None, sa_type=UtcDateTime, index=True)


class ParkedActRow(SQLModel):
    """Who did what with parked messages, why, and how it ended. Never changed."""

    id: str = Field(primary_key=True, max_length=200)
    """The command; a replay is named like the command that began it."""
    kind: str = Field(max_length=16)
    actor: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    reason: str = Field(sa_type=Text)
    outcome: str = Field(max_length=16)
    problems: list[Any] = Field(sa_type=JSON)
    count: int
    detail: dict[str, Any] = Field(sa_type=JSON)


class ParkedTouchedRow(SQLModel):
    """One message that an act reached, and what the act did to it."""

    act: str = Field(primary_key=True, max_length=200)
    message: str = Field(primary_key=True, max_length=200, index=True)
    outcome: str = Field(max_length=16)
    """done; in a replay waiting, done, failed or left."""


class ParkedReplayRow(SQLModel):
    """A replay under way or over. One replica at a time carries it on, as long as its lease."""

    id: str = Field(primary_key=True, max_length=200)
    state: str = Field(max_length=16, index=True)
    """running, ended, stopped or failed."""
    per_s: float
    stop_at_first_failure: bool
    holder: str | None = Field(default=None, max_length=64)
    lease_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class IntakeRow(SQLModel):
    """An act on what the service takes in: a pause begun or ended. Never changed."""

    id: str = Field(primary_key=True, max_length=200)
    """The command."""
    consumer: str = Field(max_length=200)
    """Empty for all of them."""
    paused_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    actor: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    reason: str = Field(sa_type=Text)
    outcome: str = Field(max_length=16)
    problems: list[Any] = Field(sa_type=JSON)


class RefillRow(SQLModel):
    """An act that had the bus filled again. Never changed."""

    id: str = Field(primary_key=True, max_length=200)
    """The command."""
    actor: str = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    reason: str = Field(sa_type=Text)
    messages: int
    """Rows that were to be sent again for it."""


class LifeRow(SQLModel):
    """A restoration of this store from an older copy."""

    restored_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    as_of: datetime = Field(sa_type=UtcDateTime)
    """How old the copy was."""
    announced_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


@dataclass(frozen=True, slots=True)
class ChassisTables:
    """The chassis tables of one service, as Core tables."""

    inbox: Table
    outbox: Table
    floors: Table
    looks: Table
    parked: Table
    lives: Table
    acts: Table
    touched: Table
    replays: Table
    intake: Table
    refills: Table


def core(model: type[SQLModel]) -> Table:
    """The Core table behind a SQLModel class, for the hot path."""
    return cast(Table, model.__table__)  # type: ignore[attr-defined]


@cache
def chassis_tables(service: str) -> ChassisTables:
    """`<service>_inbox`, `<service>_outbox`, `<service>_parked` and so on."""
    return ChassisTables(
        inbox=core(table(InboxRow, service, "inbox")),
        outbox=core(table(OutboxRow, service, "outbox")),
        floors=core(table(FloorRow, service, "floors")),
        looks=core(table(LookRow, service, "looks")),
        parked=core(table(ParkedRow, service, "parked")),
        lives=core(table(LifeRow, service, "lives")),
        acts=core(table(ParkedActRow, service, "parked_acts")),
        touched=core(table(ParkedTouchedRow, service, "parked_touched")),
        replays=core(table(ParkedReplayRow, service, "parked_replays")),
        intake=core(table(IntakeRow, service, "intake")),
        refills=core(table(RefillRow, service, "refills")),
    )
