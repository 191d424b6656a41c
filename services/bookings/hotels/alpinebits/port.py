"""What the door needs of whoever keeps pictures and orders: the desk.

Each act is one transaction, committed before it returns: what is told to a hotel's system then is
true already. The desk gets the acts from `picture` and `shelf`.

Must not: hold an implementation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from services.bookings.hotels.alpinebits.freerooms import Notice
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Order
from services.bookings.hotels.alpinebits.outcomes import Kind, Outcome
from services.bookings.hotels.alpinebits.reports import Report
from services.bookings.hotels.alpinebits.words import Word


class Busy(Exception):
    """The desk cannot act now, and has not; the caller may try again."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One call as operators may see it; holds nothing of its content."""

    hotel: str
    action: str
    kind: Kind
    client: str
    """`X-AlpineBits-ClientID`, printable and cut; empty when it was not sent."""
    orders: int = 0
    """How many were handed out."""
    why: str = ""
    """The first remark."""


class Desk(Protocol):
    """Keeps what outlives a call. Every method may raise Busy."""

    async def house(self, hotel: str) -> House:
        """The hotel as its system names it."""

    async def take_rooms(self, house: House, notice: Notice) -> Outcome:
        """Act on a notice of free rooms (`picture.apply`), and keep the picture."""

    async def hand_out(self, house: House, since: datetime | None) -> Sequence[Order]:
        """Orders that are due (`shelf.due`), kept as handed out, with their guests fetched now."""

    async def take_report(self, house: House, report: Report) -> Outcome:
        """Act on a report (`shelf.take`), and keep the shelf."""

    async def take_words(
        self, house: House, words: Sequence[Word]
    ) -> tuple[Sequence[str], Outcome]:
        """Act on what the hotel says (`shelf.hear`): the orders that were heard about."""

    async def unsayable(self, house: House, orders: Sequence[str]) -> None:
        """These orders could not be put into a message: a person has to look at them."""

    async def exchanged(self, exchange: Exchange) -> None:
        """A call was answered; for the state of the link."""
