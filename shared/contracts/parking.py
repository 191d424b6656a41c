"""Acts of a person on parked messages.

Every service parks what it cannot handle, so these classes have no owner of their own: an act
is addressed to the service that parked the message.

Must not: know why a message could not be handled.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field, model_validator

from shared.contracts.message import Command
from shared.contracts.values import Instant, Key, Prose, Value

ParkedId = Annotated[str, Field(min_length=1, max_length=200)]
"""The transport id of a parked message; of a foreign sender, so any text."""
Reason = Annotated[Prose, Field(min_length=1, max_length=1_000)]
MAX_CHOSEN = 500
"""Messages that one act may name; a group may have more."""
MAX_PER_S = 500.0
MAX_BODY = 900 * 1024


class ParkedState(StrEnum):
    """Where a parked message stands."""

    PARKED = "parked"
    REPLAYING = "replaying"
    """Chosen by a replay that is under way."""
    DONE = "done"
    DISCARDED = "discarded"


class Chosen(Value):
    """Which messages an act is for: those named, or a group as it was at `as_of`.

    `as_of` is what a list of groups or messages says of itself, so that an act reaches only what
    was on the screen: what failed later is left alone. `most` takes only the oldest of them.
    """

    messages: tuple[ParkedId, ...] = Field(default=(), max_length=MAX_CHOSEN)
    group: Key | None = None
    as_of: Instant | None = None
    most: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way(self) -> Chosen:
        if bool(self.messages) == (self.group is not None):
            raise ValueError("name either messages or a group")
        if self.group is not None and self.as_of is None:
            raise ValueError("as_of is missing: say when the group was looked at")
        return self


class Edit(Value):
    """Give a message another body; the one that came is kept. `revision` is the one seen."""

    kind: Literal["edit"] = "edit"
    message: ParkedId
    revision: int = Field(ge=1)
    body: str = Field(max_length=MAX_BODY)


class Replay(Value):
    """Hand messages to their handlers once more, at most `per_s` a second, oldest first.

    The replay is named like the command.
    """

    kind: Literal["replay"] = "replay"
    chosen: Chosen
    per_s: float = Field(default=20.0, ge=0.01, le=MAX_PER_S)
    stop_at_first_failure: bool = False


class Pace(Value):
    """Go on with a running replay at another rate, from its next messages on."""

    kind: Literal["pace"] = "pace"
    replay: Key
    per_s: float = Field(ge=0.01, le=MAX_PER_S)


class Stop(Value):
    """End a replay; what it has not reached is parked again."""

    kind: Literal["stop"] = "stop"
    replay: Key


class Discard(Value):
    """Give messages up. They are kept a while, and can be restored."""

    kind: Literal["discard"] = "discard"
    chosen: Chosen


class Restore(Value):
    """Park discarded messages again."""

    kind: Literal["restore"] = "restore"
    chosen: Chosen


Act = Annotated[Edit | Replay | Pace | Stop | Discard | Restore, Field(discriminator="kind")]


class ActOnParked(Command):
    """What a person does with parked messages. Answered by `CommandAnswered` about the command."""

    command: Key
    reason: Reason
    act: Act
