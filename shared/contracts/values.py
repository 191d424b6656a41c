"""Small values of the field that every contract uses: labels, bilingual text, money, windows.

Must not: know a message or a service.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, model_validator

MAX_COUNT = 100_000
"""No need, party or claim counts more than this many people or things."""

_MAILBOX = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")
_ZONES = frozenset(available_timezones())
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")


def _printable(text: str) -> str:
    """Refuse what no screen, letter or database column can carry: controls and lone surrogates."""
    found = _UNPRINTABLE.search(text)
    if found is not None:
        raise ValueError(f"contains the unprintable character U+{ord(found[0]):04X}; remove it")
    return text


def _mailbox(text: str) -> str:
    if not _MAILBOX.fullmatch(text):
        raise ValueError("write an e-mail address, for example post@example.org")
    return text


def _known_zone(name: str) -> str:
    if name not in _ZONES:
        raise ValueError(f"{name!r} is not an IANA time zone; write for example Asia/Shanghai")
    return name


def _to_utc(instant: datetime) -> datetime:
    try:
        return instant.astimezone(UTC)
    except OverflowError:
        raise ValueError("in UTC this is outside of the calendar") from None


def _storable(text: str) -> str:
    """No PostgreSQL column holds NUL, and a question with it would end in an error."""
    return text.replace("\x00", "\N{REPLACEMENT CHARACTER}")


Slug = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
"""A planner's identifier: lower-case letters, digits and hyphens, at most 63 characters."""

NeedId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}/[a-z0-9][a-z0-9-]{0,62}$")]
"""`item/need`, unique within a visit."""

Key = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[\x21-\x7e]+$")]
"""An opaque printable ASCII key: message, command, cause and hold ids, actors, units."""

GuestId = Annotated[str, Field(pattern=r"^g-[0-9a-hjkmnp-tv-z]{26}$")]
"""Opaque id of a guest, made by the guests service; so formed that no name fits in."""

Label = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_printable)]
"""One line of human text in any script."""

Mailbox = Annotated[
    str, Field(max_length=200), AfterValidator(_printable), AfterValidator(_mailbox)
]
"""An e-mail address, of a post."""

Prose = Annotated[str, Field(max_length=4_000), AfterValidator(_printable)]
"""Several lines of human text."""

Count = Annotated[int, Field(ge=1, le=MAX_COUNT, strict=True)]
CountOrZero = Annotated[int, Field(ge=0, le=MAX_COUNT, strict=True)]
Instant = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""A moment; any offset is read, UTC is kept."""

Sought = Annotated[str, AfterValidator(_storable)]
"""Text to look for; what no store can hold is looked for in vain."""

Zone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]


class Value(BaseModel):
    """Base of plain data on the bus: immutable; unknown fields are ignored so that it can grow."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Text(Value):
    """One sentence or name in the two languages of every screen and document."""

    zh: Prose
    en: Prose


class Money(Value):
    """Integer minor units (fen) and an ISO 4217 code; never a float."""

    amount: int = Field(strict=True, ge=-(10**15), le=10**15)
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"

    def plus(self, other: Money) -> Money:
        """Add two sums of one currency. Raises ValueError when the currencies differ."""
        if self.currency != other.currency:
            raise ValueError(f"cannot add {other.currency} to {self.currency}")
        return Money(amount=self.amount + other.amount, currency=self.currency)


class Window(Value):
    """A half-open stretch of time `[starts_at, ends_at)` in UTC."""

    starts_at: Instant
    ends_at: Instant

    @model_validator(mode="after")
    def _forward(self) -> Window:
        if self.ends_at <= self.starts_at:
            raise ValueError("ends_at must be later than starts_at")
        return self

    def local(self, zone: str) -> tuple[datetime, datetime]:
        """Start and end as wall-clock times of `zone`."""
        tz = ZoneInfo(zone)
        return self.starts_at.astimezone(tz), self.ends_at.astimezone(tz)
