"""Calls of hotels' systems to us, carried from the one public door to bookings.

Over request and reply alone: a body may name guests, and no stream stores it. Bookings checks who
calls, by the hotel's signature or login, each time; the console checks nothing itself.

Must not: be put into an event or a command.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from shared.contracts.message import Query
from shared.contracts.values import Slug, Value

MAX_CALL = 64 * 1024
"""Bytes of the body of a signed call."""
MAX_HEADERS = 20
MAX_HEADER = 300
MAX_LOGIN = 1_024
"""Characters of an `Authorization` header."""
MAX_PACKED = 600 * 1024
"""Bytes of an AlpineBits message, packed by gzip, in either direction; in base64 it fits."""
Base64 = Annotated[str, Field(repr=False)]
Header = Annotated[str, Field(max_length=MAX_HEADER, repr=False)]


class CallOutcome(StrEnum):
    """What became of a signed call."""

    TAKEN = "taken"
    """Stored, or known already."""
    MISSING = "missing"
    """There is no such hotel here, or its system signs no calls."""
    FORGED = "forged"
    INVALID = "invalid"
    """It is the hotel's, and cannot be read."""


class TellHotelCall(Query):
    """A call that claims to come from a hotel's system. Answered by `HotelCallTold`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    hotel: Slug
    headers: dict[str, Annotated[str, Field(max_length=MAX_HEADER)]] = Field(
        max_length=MAX_HEADERS, repr=False
    )
    """Names in lower case."""
    body: Base64 = Field(max_length=MAX_CALL * 4 // 3 + 4)


class HotelCallTold(Value):
    """What became of it; nothing of its content."""

    outcome: CallOutcome


class CheckHotelLogin(Query):
    """Whose login an `Authorization` header is, before its body is read. Answered by
    `HotelLoginChecked`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    login: str = Field(max_length=MAX_LOGIN, repr=False)


class HotelLoginChecked(Value):
    """None for every login that is none, whatever the cause."""

    hotel: Slug | None = None


class CarryAlpineBits(Query):
    """A call of a hotel's system, its form packed by gzip. Answered by `AlpineBitsAnswer`."""

    model_config = ConfigDict(hide_input_in_errors=True)
    owner: ClassVar[str | None] = "bookings"
    login: str = Field(max_length=MAX_LOGIN, repr=False)
    content_type: Header = ""
    protocol: Header = ""
    """`X-AlpineBits-ClientProtocolVersion`."""
    client: Header = ""
    """`X-AlpineBits-ClientID`."""
    body: Base64 = Field(max_length=MAX_PACKED * 4 // 3 + 4)


class AlpineBitsAnswer(Value):
    """An answer over HTTP. `body` is packed by gzip, in base64."""

    status: int = Field(ge=200, le=599)
    media: str = Field(max_length=100)
    body: Base64


QUERIES = (TellHotelCall, CheckHotelLogin, CarryAlpineBits)
