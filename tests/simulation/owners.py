"""The owners of holds: their real rules, over the sample city of the simulation.

Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from services.bookings.rules import BookingRules
from services.catering.rules import CateringRules
from services.escorts.rules import EscortRules
from services.venues.rules import VenueRules
from shared.holds.kernel import Kernel
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

RULES: Mapping[str, Callable[[], Any]] = {
    "bookings": BookingRules,
    "catering": CateringRules,
    "escorts": EscortRules,
    "venues": VenueRules,
}


def kernel_of(name: str) -> Kernel:
    """A new one. The city never changes: its documents are read once, not once for each life."""
    kernel = Kernel(name, _rules(name), hold_tables(name))
    kernel._stock = stock_of(name)
    return kernel


@cache
def stock_of(name: str) -> Stock:
    """What an owner has to give."""
    return Stock(name, _rules(name), hold_tables(name))


@cache
def _rules(name: str) -> Any:
    return RULES[name]()
