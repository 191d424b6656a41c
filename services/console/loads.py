"""What a unit of an inventory is, has and has given away, for people: figures from its document.

Owns: which fields of which documents are worth a line, and the fullest moment of each part. Pure.
Must not: judge; a field that a document does not have is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from services.console.words import Speaker
from shared.contracts.inventory import CellLoad, UnitView
from shared.contracts.values import Text

SECTIONS: dict[str, tuple[str, ...]] = {
    "bookings": ("hotels", "blocks"),
    "venues": ("halls", "sites", "places", "routes"),
    "catering": ("kitchens", "menus", "dishes"),
    "escorts": ("people", "vehicles"),
}
"""Kinds of documents by service, in the order of the tabs; another service has one tab for all."""
WORDS_OF = {
    "hotels": "inventory.hotels",
    "blocks": "inventory.blocks",
    "halls": "inventory.halls",
    "sites": "inventory.sites",
    "places": "inventory.places",
    "routes": "inventory.routes",
    "kitchens": "inventory.kitchens",
    "menus": "inventory.menus",
    "dishes": "inventory.dishes",
    "people": "inventory.people",
    "vehicles": "inventory.vehicles",
}
FACTS = {
    "stars": "inventory.stars",
    "place": "inventory.place",
    "visitors": "inventory.visitors",
    "visit_minutes": "inventory.visit_minutes",
    "setup_minutes": "inventory.setup_minutes",
    "teardown_minutes": "inventory.teardown_minutes",
    "minutes": "inventory.minutes",
    "type": "inventory.type",
    "seats": "inventory.seats",
    "rooms": "inventory.rooms",
    "event": "inventory.event",
    "guarantee_hours": "inventory.guarantee_hours",
    "max_duty_minutes": "inventory.max_duty_minutes",
    "min_rest_minutes": "inventory.min_rest_minutes",
    "buffer_minutes": "inventory.buffer_minutes",
    "roles": "inventory.roles",
    "languages": "inventory.languages",
    "licences": "inventory.licences",
    "styles": "inventory.styles",
    "style": "inventory.style",
    "diets": "inventory.diets",
    "capacity": "inventory.capacity",
    "parts": "inventory.parts",
    "first_night": "inventory.first_night",
    "last_night": "inventory.last_night",
    "cut_off": "inventory.cut_off",
    "come_from": "inventory.come_from",
    "go_to": "inventory.go_to",
}
"""Words of the fields that are shown as they are."""
HOURS = {("opens", "closes"): "inventory.opens", ("duty_starts", "duty_ends"): "inventory.duty"}
PRICES = {
    "price_per_hour": "inventory.price_per_hour",
    "price_per_head": "inventory.price_per_head",
    "cost_per_hour": "inventory.price_per_hour",
}
VALUES = {
    "theatre": "inventory.theatre",
    "classroom": "inventory.classroom",
    "banquet": "inventory.banquet",
    "u_shape": "inventory.u_shape",
    "reception": "inventory.reception",
    "individual": "inventory.individual",
    "buffet": "inventory.buffet",
    "buffet_reception": "inventory.buffet_reception",
    "round_table": "inventory.round_table",
    "liaison": "inventory.liaison",
    "interpreter": "inventory.interpreter",
    "guide": "inventory.guide",
    "medic": "inventory.medic",
    "security": "inventory.guard",
    "driver": "inventory.driver",
    "car": "inventory.car",
    "minibus": "inventory.minibus",
    "coach": "inventory.coach",
    "halal": "inventory.halal",
    "vegetarian": "inventory.vegetarian",
    "low_salt": "inventory.low_salt",
    "gluten_free": "inventory.gluten_free",
    "kosher": "inventory.kosher",
}
"""Words of values; another value is shown as it is."""
ALONE = ("halls", "people", "vehicles")
"""Kinds whose units serve one party at a time, counted in quarter hours."""


@dataclass(frozen=True, slots=True)
class Part:
    """One thing of a unit that is counted, and its fullest slot in the window."""

    name: Text | None
    """None where the unit is one thing."""
    note: str
    """Times, beds and the like."""
    capacity: int
    taken: int
    when: str
    """Of the fullest slot; empty when nothing is taken."""
    hours: float | None = None
    """Taken in the window, of what one party at a time has for itself; None for what is shared."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of a place beyond its figures."""

    facilities: tuple[Text, ...]
    security: tuple[Text, ...]
    contact: Text | None
    email: str
    last_checked: date | None


def sections_of(services: tuple[str, ...]) -> list[tuple[str, str]]:
    """Service and kind of every tab; an empty kind for all of a service's documents."""
    return [(one, kind) for one in services for kind in SECTIONS.get(one, ("",))]


def parts_of(unit: UnitView) -> list[Part]:
    """The counted parts: room types, sittings, or the unit itself."""
    found = list(_named(unit))
    if found:
        return found
    if unit.kind in ALONE:
        return [_alone(unit)]
    own = [one for one in unit.load if one.part == unit.unit or one.part.startswith("block:")]
    capacity = next(
        (int(unit.document[name]) for name in ("visitors", "rooms") if name in unit.document), 0
    )
    return [_part(None, "", capacity, own)] if own or capacity else []


def _alone(unit: UnitView) -> Part:
    """A divisible hall is taken while a part of it is; a person's duty minutes are no time."""
    cells = [one for one in unit.load if unit.kind == "halls" or one.part == unit.unit]
    return Part(None, "", 1, int(bool(cells)), "", len({one.slot for one in cells}) / 4)


def _named(unit: UnitView) -> Iterator[Part]:
    for kind in unit.document.get("room_types", ()):
        cells = [one for one in unit.load if one.part == f"{unit.unit}/{kind['id']}"]
        price = f"{kind['price'] / 100:,.2f} CNY" if "price" in kind else ""
        yield _part(Text.model_validate(kind["name"]), price, int(kind["rooms"]), cells)
    for sitting in unit.document.get("sittings", ()):
        cells = [one for one in unit.load if one.part == f"{unit.unit}/{sitting['id']}"]
        hours = f"{sitting['opens'][:5]}–{sitting['closes'][:5]}"
        yield _part(Text.model_validate(sitting["name"]), hours, int(sitting["covers"]), cells)


def _part(name: Text | None, note: str, capacity: int, cells: list[CellLoad]) -> Part:
    fullest = max(cells, key=lambda one: (one.taken, -one.slot), default=None)
    return Part(
        name=name, note=note, capacity=fullest.capacity if fullest else capacity,
        taken=fullest.taken if fullest else 0, when=fullest.label if fullest else "",
    )  # fmt: skip


def dossier_of(unit: UnitView) -> Dossier | None:
    """Facilities, security notes, contact and when someone last looked, where it has any."""
    told: dict[str, Any] = unit.document.get("dossier") or {}
    contact: dict[str, Any] = told.get("contact") or unit.document.get("contact") or {}
    if not told and not contact:
        return None
    checked = told.get("last_checked")
    return Dossier(
        facilities=tuple(Text.model_validate(one) for one in told.get("facilities", ())),
        security=tuple(Text.model_validate(one) for one in told.get("security", ())),
        contact=Text.model_validate(contact["post"]) if contact.get("post") else None,
        email=str(contact.get("email", "")),
        last_checked=date.fromisoformat(checked) if checked else None,
    )


def facts_of(unit: UnitView, t: Speaker) -> list[tuple[str, str]]:
    """The key of a word and a value, for each figure of the document that is known here."""
    document = unit.document
    found = [
        (word, f"{str(document[first])[:5]}–{str(document[second])[:5]}")
        for (first, second), word in HOURS.items()
        if first in document and second in document
    ]
    found += [(word, _plain(document[name], t)) for name, word in FACTS.items()
              if document.get(name) not in (None, (), [], {}, "")]  # fmt: skip
    found += [(word, f"{document[name] / 100:,.2f} CNY") for name, word in PRICES.items()
              if document.get(name) is not None]  # fmt: skip
    return found


def closures_of(unit: UnitView, zone: str) -> list[tuple[str, str, Text | None]]:
    """First, last and reason of each time in which it is closed: dates, or times of a zone."""
    found = []
    for one in unit.document.get("closures", ()):
        first = next((str(one[key]) for key in _STARTS if key in one), "")
        last = next((str(one[key]) for key in _ENDS if key in one), "")
        reason = Text.model_validate(one["reason"]) if one.get("reason") else None
        found.append((_local(first, zone), _local(last, zone), reason))
    return found


def _local(told: str, zone: str) -> str:
    if "T" not in told:
        return told
    return f"{datetime.fromisoformat(told).astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


_STARTS = ("starts_at", "first_night", "first_day")
_ENDS = ("ends_at", "last_night", "last_day")


def _plain(value: Any, t: Speaker) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{_plain(key, t)} {one}" for key, one in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_plain(one, t) for one in value)
    return t(VALUES[value]) if value in VALUES else str(value)
