"""The rules of venues as the kernel of holds wants them: documents, reach, allocate.

Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from services.venues import standing
from services.venues.documents import Hall, Place, Route, Site
from services.venues.hall_refusals import Case, no_such_hall, refusal
from services.venues.halls import allot, choose, hall_reach, read_wish
from services.venues.inventory import Venues, build
from services.venues.sites import allocate_site, site_reach
from services.venues.wishes import refuse, trip_problem
from shared.contracts.holds import NeedRequest, Refusal
from shared.contracts.values import Money
from shared.holds.port import Allotment, Ask, Given, Reach, Unit
from shared.holds.times import time_problem


class VenueRules:
    """Needs of kind `hall` and `site`."""

    documents: Mapping[str, type[Unit]] = {
        "places": Place,
        "halls": Hall,
        "sites": Site,
        "routes": Route,
    }

    def inventory(self, units: Mapping[str, Sequence[Unit]]) -> Venues:
        """Link all documents. Raises ValueError on a broken reference or parts in a circle."""
        return build(units)

    def reach(self, request: NeedRequest, inventory: Venues) -> Reach:
        """Halls: a range per indivisible hall that fits. Sites: one range. Else nothing."""
        if request.kind == "hall":
            return hall_reach(request, inventory)
        return site_reach(request, inventory) if request.kind == "site" else Reach(())

    def allocate(self, ask: Ask, inventory: Venues) -> Allotment | Refusal:
        """Decide one request. Raises ValidationError on details that are none of its kind's."""
        if ask.request.kind == "hall":
            return allocate_hall(ask, inventory)
        if ask.request.kind == "site":
            return allocate_site(ask, inventory)
        return refuse(
            "unknown_kind",
            f"场馆服务不预订{ask.request.kind}。",
            f"Venues book halls and sites, not {ask.request.kind}.",
        )

    def concerns(self, unit_id: str, inventory: Venues) -> Sequence[str]:
        """Where holds stand that have to do with a document."""
        return inventory.parts(unit_id)

    def suits(self, given: Given, inventory: Venues) -> bool:
        """Whether what was given is still what it should be."""
        return standing.suits(given, inventory)

    def price(self, given: Given, inventory: Venues) -> Money | None:
        """What the same would cost now."""
        return standing.price(given, inventory)


def allocate_hall(ask: Ask, venues: Venues) -> Allotment | Refusal:
    """Decide one hall request. Raises ValidationError on wishes that are none of a hall."""
    wish = read_wish(ask.request, venues)
    problem = time_problem(ask.request.window) or trip_problem(wish.need, venues)
    if problem is not None:
        return problem
    transfer = wish.trip.arriving(ask.request.window.starts_at)
    case = Case(ask, wish, transfer)
    if wish.need.hall is not None and wish.wished is None:
        return no_such_hall(case)
    stands = venues.halls.get(str(ask.standing.allotted.get("unit"))) if ask.standing else None
    hall = choose(wish, stands, transfer, ask.free)
    return refusal(case) if hall is None else allot(wish, hall, transfer)
