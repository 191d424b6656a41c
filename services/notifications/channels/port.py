"""The port of every channel, and the letter that passes through it.

Must not: depend on any one channel.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from shared.sheets.rooms import RoomsOrder


class Rejected(Exception):
    """This letter will never be taken as it is: do not try again."""


class Unavailable(Exception):
    """Not now: try again later. Nothing was taken."""


class Doubtful(Unavailable):
    """The line broke when everything was said: it may have been taken. Try again later."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A calendar file: its name, its METHOD (PUBLISH or CANCEL) and its text."""

    name: str
    method: str
    text: str


@dataclass(frozen=True, slots=True)
class Workbook:
    """A spreadsheet in XLSX: its name and its bytes."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a channel needs. The same notice sent again has the same `id` and `message_id`."""

    id: str
    message_id: str
    """With angle brackets, as in RFC 5322."""
    sender: str
    to: str
    """The address, in the form of the channel. Never to be logged."""
    recipient: str
    visit: str
    kind: str
    language: str
    subject: str
    text: str
    created_at: datetime
    files: tuple[Attachment, ...] = ()
    rooms: RoomsOrder | None = None
    """Of what a workbook is made before the letter leaves."""
    workbook: Workbook | None = None

    def with_files(self, files: tuple[Attachment, ...]) -> Letter:
        """The same letter with attachments."""
        return replace(self, files=files)


class Channel(Protocol):
    """Something that takes letters."""

    async def send(self, letter: Letter) -> None:
        """Return when the letter was taken over. Raises Rejected, Unavailable or Doubtful."""
        ...
