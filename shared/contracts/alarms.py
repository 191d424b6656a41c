"""That an alarm asks for somebody: what the console tells, and notifications carry to duty posts.

Must not: carry anything about a person, nor who is told; notifications know their posts.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from shared.contracts.message import Event
from shared.contracts.values import Instant, Key, Label, Slug, Text

STALE_S = 3600.0
"""A call that could not leave within this time is not sent any more; the console calls again. So
is word that an alarm is over."""


class AlarmRang(Event):
    """An alarm was raised, or still stands and nobody has acknowledged it."""

    owner: ClassVar[str | None] = "console"
    alarm: Slug
    """Its id."""
    call: int = Field(ge=1, le=100)
    """Which call this is; each is told once to a post by each of its channels."""
    rule: Key
    level: Key
    """`alarm` or `warn`."""
    sentence: Text
    harm: Text
    """Whom it hurts."""
    visit: Slug | None = None
    raised_at: Instant
    called_at: Instant
    page: Label
    """Where it is acknowledged: a path on the console."""


class AlarmCleared(Event):
    """An alarm that rang does not hold any more. Told to those whom a call reached, and once."""

    owner: ClassVar[str | None] = "console"
    alarm: Slug
    rule: Key
    level: Key
    sentence: Text
    """As it was when the alarm was raised."""
    raised_at: Instant
    cleared_at: Instant
    visit: Slug | None = None
    page: Label
