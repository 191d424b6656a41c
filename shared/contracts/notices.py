"""Reading what was told to whom: the questions and answers of the notifications service.

Must not: carry an address or anything else about a person; a recipient is the id of a post.
"""

from __future__ import annotations

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from shared.contracts.message import Query
from shared.contracts.values import Instant, Key, Label, Prose, Slug, Value


class NoticeState(StrEnum):
    """Where a notice stands."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    WITHHELD = "withheld"
    """Never sent, on purpose: see `reason`."""
    FAILED = "failed"
    """Parked after a refusal or the last attempt: see `error`."""


class NoticeKind(StrEnum):
    """What a notice is about."""

    NEW = "new"
    CHANGED = "changed"
    """Each line says what it was and what it is."""
    CANCELLED = "cancelled"
    QUESTION = "question"
    """A unit's contact is asked for consent."""
    ANSWERED = "answered"
    """A question that was asked is closed."""
    REMINDER = "reminder"
    ORDER = "order"
    """A hotel that answers by hand is asked for rooms, or told how its order stands."""
    ALARM = "alarm"
    """A duty post is called; `visit` of such a notice is the id of the alarm."""


class ListNotices(Query):
    """A page of notices, oldest first. Answered by `NoticePage`."""

    owner: ClassVar[str | None] = "notifications"
    visit: Slug | None = None
    state: NoticeState | None = None
    after: int = Field(default=0, ge=0)
    """`next` of the page before."""
    limit: int = Field(default=100, ge=1, le=500)


class NoticeView(Value):
    """One notice: to which post, by which channel, how far it has come."""

    notice: Key
    number: int
    """Grows in the order in which notices were made."""
    visit: Slug
    recipient: Key
    """The id of a contact: a post, never a person."""
    role: Key
    """desk, liaison, unit, dispatch or duty."""
    channel: Key
    language: str
    """zh or en."""
    kind: NoticeKind
    state: NoticeState
    subject: Label
    cause: Key
    """The act that this notice tells of."""
    created_at: Instant
    due_at: Instant
    """When it is sent, or tried again, at the earliest."""
    sent_at: Instant | None = None
    attempts: int = 0
    reason: Prose = ""
    """Why it was withheld."""
    superseded_by: Key | None = None
    error: Prose = ""
    """What the channel said last, without any address."""


class NoticePage(Value):
    """Notices in order of number; `next` is the `after` of the following page."""

    notices: tuple[NoticeView, ...]
    next: int | None = None
