"""Which service books which kind of need. A new kind of need is one line here.

Must not: hold anything a service decides for itself.
"""

from __future__ import annotations

from dataclasses import dataclass

from shared.contracts.needs import (
    EscortNeed,
    HallNeed,
    MealNeed,
    NeedDetails,
    PlainNeed,
    RoomNeed,
    SiteNeed,
    VehicleNeed,
)
from shared.contracts.values import Text


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of need: the service that books it, its name, and what a planner may ask of it."""

    service: str
    name: Text
    details: type[NeedDetails] = PlainNeed
    counter: str = "项"
    """The word that Chinese puts between a number and what is counted."""


CATALOG: dict[str, Kind] = {
    "room": Kind("bookings", Text(zh="客房", en="rooms"), RoomNeed, "间"),
    "hall": Kind("venues", Text(zh="会场", en="hall"), HallNeed, "个"),
    "site": Kind("venues", Text(zh="参观点", en="site"), SiteNeed, "处"),
    "meal": Kind("catering", Text(zh="用餐", en="meal"), MealNeed, "份"),
    "escort": Kind("escorts", Text(zh="陪同人员", en="escort"), EscortNeed, "人"),
    "vehicle": Kind("escorts", Text(zh="车辆", en="vehicles"), VehicleNeed, "辆"),
}


def resource_services() -> tuple[str, ...]:
    """Every service that books some kind of need, in alphabetical order."""
    return tuple(sorted({kind.service for kind in CATALOG.values()}))


def kinds_of(service: str) -> dict[str, Kind]:
    """The kinds that `service` books, by name."""
    return {name: kind for name, kind in CATALOG.items() if kind.service == service}
