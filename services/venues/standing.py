"""What a hall or a sight that stands would cost now, and whether it still takes the party. Pure.

Must not: look at times; the cells do.
"""

from __future__ import annotations

from services.venues.halls import hall_cost
from services.venues.inventory import Venues
from shared.contracts.needs import Setup
from shared.contracts.values import Money
from shared.holds.port import Given


def suits(given: Given, venues: Venues) -> bool:
    """Whether the hall takes so many in the style that was given; whether the sight is there."""
    unit, style = str(given.allotted["unit"]), given.allotted.get("setup")
    if style is None:
        return unit in venues.sites
    hall = venues.halls.get(unit)
    return hall is not None and hall.capacity.get(Setup(style), 0) >= given.allotted["attendance"]


def price(given: Given, venues: Venues) -> Money | None:
    """A hall by started hours, a sight by heads; None when it is gone."""
    unit = str(given.allotted["unit"])
    if "setup" in given.allotted:
        hall = venues.halls.get(unit)
        return hall_cost(hall, given.window) if hall else None
    site = venues.sites.get(unit)
    return Money(amount=int(given.allotted["visitors"]) * site.price_per_head) if site else None
