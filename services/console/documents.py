"""A visit's documents as values: programme, reception plan with function sheets, rooming summary.

Owns: when a document may be issued, and what stands in each. Pure.
Must not: ask anybody, or tell what is not firm: what is asked, held or proposed is in none of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from services.console.loads import dossier_of
from services.console.visit_view import ShownItem, ShownNeed, days_of
from shared.contracts.inventory import UnitView
from shared.contracts.values import Text
from shared.contracts.visits import Phase, VisitView

FIRM = "confirmed"


class Kind(StrEnum):
    """The documents of a visit, in the order in which they are offered."""

    PROGRAMME = "programme"
    """For guests (日程): when, what, where, by what; no costs, no notes, no contacts."""
    PLAN = "plan"
    """The reception plan (接待方案), with a function sheet for each function."""
    ROOMING = "rooming"
    """Rooms by hotel and night (用房汇总): counts, never a name."""


INVENTORIES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "room": (("bookings", "hotels"),),
    "hall": (("venues", "halls"), ("venues", "places")),
    "site": (("venues", "sites"), ("venues", "places")),
    "meal": (("catering", "kitchens"), ("catering", "menus"), ("catering", "dishes"),
             ("venues", "places")),
    "vehicle": (("venues", "places"),),
}  # fmt: skip
"""Service and kind of the documents that have the names of what a kind of need is allotted."""
UNITS = {"hall": "halls", "site": "sites", "meal": "kitchens"}
FUNCTIONS = ("hall", "meal")
"""Kinds of needs that make an item a function."""
Units = Mapping[tuple[str, str], UnitView]
"""Units by kind of document and id; what could not be read is not there."""


@dataclass(frozen=True, slots=True)
class Named:
    """A unit as a document names it. Without its name the id stands for it."""

    unit: str
    name: Text | None = None
    place: Text | None = None
    """Where it is, when that is another name."""
    contact: Text | None = None
    """A post, never a person."""
    email: str = ""


@dataclass(frozen=True, slots=True)
class Menu:
    """What is served: names, or ids where they could not be read."""

    name: Text | str
    dishes: tuple[Text | str, ...]
    sitting: Text | None
    guarantee_by: datetime | None
    """Until when the final count is due, on the visit's clock."""


@dataclass(frozen=True, slots=True)
class Arranged:
    """One firm need with the names of what is allotted to it."""

    need: ShownNeed
    wish: Mapping[str, Any]
    """As the planner wrote it."""
    units: tuple[Named, ...] = ()
    route: tuple[Named, ...] = ()
    """From and to."""
    types: Mapping[str, int] | None = None
    """Vehicles by type."""
    taken: tuple[datetime, datetime] | None = None
    """With set-up and clearing, on the visit's clock."""
    menu: Menu | None = None

    @property
    def kind(self) -> str:
        """The kind of need."""
        return self.need.view.kind

    @property
    def allotted(self) -> Mapping[str, Any]:
        """What its owner gave."""
        return self.need.view.allotted


@dataclass(frozen=True, slots=True)
class Entry:
    """One item of the programme with all that is arranged for it."""

    shown: ShownItem
    arranged: tuple[Arranged, ...]

    @property
    def functions(self) -> tuple[Arranged, ...]:
        """Halls and meals: they get a sheet. None for an item that is no function."""
        return tuple(one for one in self.arranged if one.kind in FUNCTIONS)

    @property
    def beside(self) -> tuple[Arranged, ...]:
        """What else belongs to it."""
        return tuple(one for one in self.arranged if one.kind not in FUNCTIONS)


def obstacle(visit: VisitView) -> str | None:
    """The word for why no document is issued; None when the arrangement is firm as a whole.

    In between, the owner shows of one need what stands and of another what is wanted: no sheet of
    paper may mix them.
    """
    if visit.phase in (Phase.CANCELLING, Phase.CANCELLED):
        return "doc.none_cancelled"
    barred = any(one.severity == "block" for one in visit.findings)
    firm = all(need.state == FIRM for need in visit.needs)
    settled = visit.phase in (Phase.READY, Phase.CLOSED)
    return None if settled and firm and not barred else "doc.none_not_firm"


def inventories_of(visit: VisitView) -> list[tuple[str, str]]:
    """Which inventories have the names that the documents need."""
    found = {one for need in visit.needs for one in INVENTORIES.get(need.kind, ())}
    return sorted(found)


def entries_of(visit: VisitView, units: Units) -> list[tuple[date, list[Entry]]]:
    """The programme by day, everything in it firm. Call it when there is no `obstacle`."""
    wishes = {
        f"{item.id}/{need.id}": need.details for item in visit.spec.programme for need in item.needs
    }
    return [
        (day, [
            Entry(item, tuple(
                _arranged(need, wishes.get(need.view.need) or {}, units, visit.time_zone)
                for need in item.needs if need.view.state == FIRM
            ))
            for item in items
        ])
        for day, items in days_of(visit)
    ]  # fmt: skip


def _arranged(need: ShownNeed, wish: Mapping[str, Any], units: Units, zone: str) -> Arranged:
    given = need.view.allotted
    return Arranged(
        need=need,
        wish=wish,
        units=tuple(named(kind, unit, units) for kind, unit in _units_of(need)),
        route=tuple(
            named("places", str(wish[end]), units)
            for end in ("come_from", "go_to") if wish.get(end)
        ) if need.view.kind == "vehicle" else (),
        types=Counter(str(one.get("type", "")) for one in given.get("vehicles", ())) or None,
        taken=_taken(given, zone) if need.view.kind == "hall" else None,
        menu=_menu(given, units, zone) if need.view.kind == "meal" else None,
    )  # fmt: skip


def _units_of(need: ShownNeed) -> Iterable[tuple[str, str]]:
    given, kind = need.view.allotted, need.view.kind
    if kind == "room":
        return [("hotels", str(one["hotel"])) for one in given.get("hotels", ())]
    unit = given.get("unit")
    return [(UNITS[kind], str(unit))] if unit and kind in UNITS else []


def named(kind: str, unit: str, units: Units) -> Named:
    """A unit by name, with the post to call: its own, else that of its place."""
    known = units.get((kind, unit))
    if known is None:
        return Named(unit)
    place = units.get(("places", str(known.document.get("place", ""))))
    told = dossier_of(known) or (dossier_of(place) if place else None)
    return Named(
        unit, known.name,
        place.name if place and place.name != known.name else None,
        told.contact if told else None, told.email if told else "",
    )  # fmt: skip


def _taken(given: Mapping[str, Any], zone: str) -> tuple[datetime, datetime] | None:
    first, last = _clock(given.get("from"), zone), _clock(given.get("to"), zone)
    return (first, last) if first and last else None


def _menu(given: Mapping[str, Any], units: Units, zone: str) -> Menu:
    kitchen = units.get(("kitchens", str(given.get("unit", ""))))
    sitting = next(
        (one["name"] for one in (kitchen.document if kitchen else {}).get("sittings", ())
         if one["id"] == given.get("sitting")), None,
    )  # fmt: skip
    return Menu(
        name=_name("menus", str(given.get("menu", "")), units),
        dishes=tuple(_name("dishes", str(one), units) for one in given.get("dishes", ())),
        sitting=Text.model_validate(sitting) if sitting else None,
        guarantee_by=_clock(given.get("guarantee_by"), zone),
    )


def _name(kind: str, unit: str, units: Units) -> Text | str:
    known = units.get((kind, unit))
    return known.name if known else unit


def _clock(told: Any, zone: str) -> datetime | None:
    """An instant that a service wrote, on the visit's clock; None when it wrote none."""
    try:
        return datetime.fromisoformat(str(told)).astimezone(ZoneInfo(zone))
    except ValueError:
        return None
