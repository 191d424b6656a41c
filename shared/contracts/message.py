"""What a message is, and how its subject, stream and consumer names follow from its class.

Owns: the derivation rules; no subject is typed by hand anywhere else.
Must not: know one particular message but the answer to commands that carry an id.
"""

from __future__ import annotations

import re
from functools import cache
from typing import ClassVar

from shared.contracts.values import Key, Prose, Value

COMMANDS, EVENTS, PARKED = "COMMANDS", "EVENTS", "PARKED"
"""The three streams. Queries use none: they are request and reply, stored nowhere, as
signals are."""


class Message(Value):
    """Anything sent over the bus. `cause` groups all effects of one act; `actor` did the act."""

    form: ClassVar[str]
    version: ClassVar[int] = 1
    owner: ClassVar[str | None] = None
    """The only service that may own this message; None when several services share the class."""

    cause: Key
    actor: Key

    @classmethod
    def subject_name(cls) -> str:
        """`HoldsChanged` → `holds_changed`."""
        return _snake(cls.__name__)

    @classmethod
    def subject(cls, owner: str | None = None) -> str:
        """`kind.owner.message.vN`; `owner` may be `*` to listen to all owners of a shared class."""
        name = cls.owner or owner
        if name is None:
            raise ValueError(f"{cls.__name__} is shared by several services: name its owner")
        return f"{cls.form}.{name}.{cls.subject_name()}.v{cls.version}"

    @classmethod
    def consumer(cls, service: str) -> str:
        """The durable consumer at `service`, for example `visits-holds_changed-v1`."""
        return f"{service}-{cls.subject_name()}-v{cls.version}"


@cache
def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


class Command(Message):
    """A wish, in the imperative, sent to the service that owns the thing. Work queue."""

    form: ClassVar[str] = "cmd"
    stream: ClassVar[str] = COMMANDS


class Event(Message):
    """A fact, in the past tense; `…Changed` carries whole state and a revision."""

    form: ClassVar[str] = "evt"
    stream: ClassVar[str] = EVENTS


class Signal(Message):
    """A sign of life: heard by whoever listens at that moment, stored nowhere, never repeated."""

    form: ClassVar[str] = "sig"


class Query(Message):
    """A question answered by reply, stored nowhere; read-only but for those of guests (ADR 9)."""

    form: ClassVar[str] = "qry"


class Problem(Value):
    """One thing wrong with an input: where, what, and what would be right."""

    code: Key
    path: str = ""
    """Field path, for example `programme[2].needs[0].covers`."""
    message: Prose
    remedy: Prose = ""
    line: int | None = None
    column: int | None = None
    """Place in the planner's file, counted from 1, where known."""


class CommandAnswered(Event):
    """How a command that carries a `command` id ended. Sent by the service that owns the command.

    `outcome` is `accepted`, `conflict` (someone else was first), `invalid` (see `problems`) or
    `missing` (no such thing). The same command asked again gets the same answer.
    """

    command: Key
    outcome: str
    about: Key
    """The visit or hold that the command named."""
    revision: int = 0
    problems: tuple[Problem, ...] = ()


def parked_subject(service: str, message_name: str) -> str:
    """Where a service announces a message it could not handle."""
    return f"parked.{service}.{message_name}.v1"
