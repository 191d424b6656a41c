"""Around the cut-offs of all hotels by hand: rooms with a guest are counted, and what has passed is
looked at once.

Owns: the order of question and transaction.
Must not: conclude that nobody is named from a guests service that does not answer.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import structlog

from services.bookings.by_hand.cut_offs import Near, near, note
from services.bookings.by_hand.cutting import Sharers
from services.bookings.hotels.errors import HotelError
from services.bookings.hotels.terms import Terms
from shared.chassis.limits import HOTEL_PAGES
from shared.chassis.work import Work
from shared.contracts.hotel_guests import HotelStay

Run = Callable[[Callable[[Work], Any]], Awaitable[Any]]
log = structlog.get_logger(__name__)


class Counts(Protocol):
    """The guests service, as far as it counts."""

    async def sharers(self, stays: Sequence[HotelStay]) -> Mapping[str, tuple[int, int]]:
        """By order: guests without a room mate, and pairs. Raises GuestsAway."""
        ...


@dataclass(frozen=True, slots=True)
class HandCuts:
    """The cut-offs of all hotels that answer by hand; `terms` by hotel."""

    terms: Mapping[str, Terms]
    counts: Counts
    run: Run

    async def look(self) -> None:
        """All that are near or have passed, page by page."""
        after = ""
        for _page in range(HOTEL_PAGES):
            some, after = await self.run(partial(near, terms=self.terms, after=after))
            if some:
                told = await self._told(some)
                await self.run(partial(note, some=some, told=told))
            if not after:
                return

    async def _told(self, some: Sequence[Near]) -> Mapping[str, Sharers] | None:
        stays = [one.stay for one in some if one.stay is not None]
        if not stays:
            return {}
        try:
            found = await self.counts.sharers(stays)
        except HotelError as error:
            log.info("named_not_known", error=error.code)
            return None
        return {ours: Sharers(*counted) for ours, counted in found.items()}
