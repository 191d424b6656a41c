"""The rules of bookings as the kernel of holds wants them: documents, reach, allocate.

Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from services.bookings import standing
from services.bookings.consenting import with_consent
from services.bookings.cut_terms import with_cut_offs
from services.bookings.documents import Block, Hotel, Place
from services.bookings.hotels.terms import Terms
from services.bookings.inventory import Lodgings, build
from services.bookings.mistakes import OUTSIDE_CALENDAR, too_long
from services.bookings.refusals import refuse
from services.bookings.stays import Seen, allot, choose
from services.bookings.vacancies import Vacancies, kept_rooms
from services.bookings.ways_out import Case
from services.bookings.wishes import MAX_NIGHTS, reach, read_stay, wrong
from shared.contracts.holds import NeedRequest, Refusal
from shared.contracts.values import Money
from shared.holds.port import Allotment, Ask, Given, Reach, Unit
from shared.holds.times import outside_calendar


class BookingRules:
    """Needs of kind `room`."""

    documents: Mapping[str, type[Unit]] = {"hotels": Hotel, "blocks": Block, "places": Place}

    def __init__(self, linked: Collection[str] = (), by_hand: Collection[str] = ()) -> None:
        """`linked` are the hotels that must agree; of them, `by_hand` those where a person does."""
        self.linked, self.by_hand = frozenset(linked), frozenset(by_hand)
        self.terms: Mapping[str, Terms] = {}
        """When blocks at linked hotels are cut off."""

    def inventory(self, units: Mapping[str, Sequence[Unit]]) -> Lodgings:
        """Link all documents. Raises ValueError on a broken reference or an overdrawn contract."""
        return build(units)

    def reach(self, request: NeedRequest, inventory: Lodgings) -> Reach:
        """The nights of the stay and a few around them, in the hotels that rank best."""
        return reach(request, inventory)

    def allocate(self, ask: Ask, inventory: Lodgings) -> Allotment | Refusal:
        """Decide one request. Raises ValidationError on details that are none of rooms."""
        if outside_calendar(ask.request.window):
            return OUTSIDE_CALENDAR
        stay = read_stay(ask.request, inventory)
        if stay.nights > MAX_NIGHTS:
            return too_long(stay.nights)
        vacancies = Vacancies(ask, inventory, kept_rooms(ask.standing))
        seen = Seen(vacancies, frozenset(hotel.id for hotel in stay.ranked()))
        hotels = None if wrong(stay) else choose(stay, seen)
        if hotels is None:
            return refuse(Case(ask, stay, seen))
        allotment = with_cut_offs(allot(stay, seen, hotels), self.terms, ask.now)
        return with_consent(allotment, Case(ask, stay, seen), self.linked, self.by_hand)

    def concerns(self, unit_id: str, inventory: Lodgings) -> Sequence[str]:
        """Where holds stand that have to do with a document."""
        return inventory.parts(unit_id)

    def suits(self, given: Given, inventory: Lodgings) -> bool:
        """Whether what was given is still what it should be."""
        return standing.suits(given, inventory)

    def price(self, given: Given, inventory: Lodgings) -> Money | None:
        """What the same would cost now."""
        return standing.price(given, inventory)
