"""What the city has: all documents of venues, linked and checked once, and their capacity.

Owns: which cells a hall takes, when a cell is closed, how far two places are apart.
Must not: decide a request; `halls` and `sites` do.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import asin, cos, radians, sin, sqrt
from typing import TypeVar
from zoneinfo import ZoneInfo

from services.venues.documents import Closure, Hall, Place, Route, Site
from shared.holds.port import Unit, quarter_starts, quarters

EARTH_KM = 6371.0
U = TypeVar("U", bound=Unit)


@dataclass(frozen=True, slots=True)
class Shut:
    """Slots in which a cell cannot be used, and the closure that says so."""

    start: int
    stop: int
    closure: Closure


@dataclass(frozen=True, slots=True)
class Venues:
    """All documents by id. `leaves` are the cells of each hall; `shut` when a cell is closed."""

    places: Mapping[str, Place]
    halls: Mapping[str, Hall]
    sites: Mapping[str, Site]
    routes: Mapping[str, Route]
    leaves: Mapping[str, tuple[str, ...]]
    shut: Mapping[str, tuple[Shut, ...]]

    def capacity(self, unit: str, slot: int, now: datetime) -> int:
        """1 for a hall, the visitors at a time for a site; 0 when closed, divisible or unknown."""
        if any(one.start <= slot < one.stop for one in self.shut.get(unit, ())):
            return 0
        site = self.sites.get(unit)
        if site is not None:
            return site.visitors
        return int(self.leaves.get(unit) == (unit,))

    def _owner(self, name: str) -> Hall | Site | None:
        hall = self.halls.get(name)
        return self.sites.get(name) if hall is None else hall

    def label(self, unit: str, slot: int) -> str:
        """The wall-clock time of a slot at the unit's place, UTC where its zone is not known."""
        owner = self._owner(unit)
        place = None if owner is None else self.places[owner.place]
        zone = place.zone if place else None
        return quarter_starts(slot).astimezone(ZoneInfo(zone or "UTC")).strftime("%Y-%m-%d %H:%M")

    def parts(self, unit_id: str) -> Sequence[str]:
        """The cells of a hall or site; none for a place or a route."""
        return (unit_id,) if unit_id in self.sites else self.leaves.get(unit_id, ())

    def place_of(self, name: str) -> Place | None:
        """The place of that id, or the place of the hall or site of that id."""
        owner = self._owner(name)
        return self.places.get(name if owner is None else owner.place)

    def closure(self, cells: Iterable[str], start: int, stop: int) -> Closure | None:
        """The first closure that touches any of the cells in the slots."""
        for cell in cells:
            for one in self.shut.get(cell, ()):
                if one.start < stop and start < one.stop:
                    return one.closure
        return None


def kilometres(one: Place, other: Place) -> float:
    """Great-circle distance (haversine)."""
    lat1, lat2 = radians(one.lat), radians(other.lat)
    dlat, dlon = lat2 - lat1, radians(other.lon - one.lon)
    chord = sin(dlat / 2) ** 2 + cos(lat1) * cos(lat2) * sin(dlon / 2) ** 2
    return 2 * EARTH_KM * asin(sqrt(chord))


def build(units: Mapping[str, Sequence[Unit]]) -> Venues:
    """Link all documents. Raises ValueError that names the document and the broken reference."""
    places, halls = _by_id(units, "places", Place), _by_id(units, "halls", Hall)
    sites, routes = _by_id(units, "sites", Site), _by_id(units, "routes", Route)
    for hall in halls.values():
        _refer("place", hall.id, hall.place, places)
        for part in hall.parts:
            _refer("parts", hall.id, part, halls)
    for site in sites.values():
        _refer("place", site.id, site.place, places)
    for route in routes.values():
        _refer("come_from", route.id, route.come_from, places)
        _refer("go_to", route.id, route.go_to, places)
    if both := sorted(halls.keys() & sites.keys()):
        raise ValueError(f"{both[0]}: used for a hall and a site; each needs an id of its own")
    leaves = {name: tuple(dict.fromkeys(_leaves(name, halls, ()))) for name in halls}
    return Venues(places, halls, sites, routes, leaves, _closed(halls, sites, leaves))


def _by_id(units: Mapping[str, Sequence[Unit]], kind: str, model: type[U]) -> dict[str, U]:
    found: dict[str, U] = {}
    for unit in units.get(kind, ()):
        if not isinstance(unit, model):
            raise ValueError(f"{unit.id}: not a document of {kind}")
        if unit.id in found:
            raise ValueError(f"{unit.id}: used twice in {kind}")
        found[unit.id] = unit
    return found


def _refer(field: str, owner: str, target: str, known: Mapping[str, Unit]) -> None:
    if target not in known:
        raise ValueError(f"{owner}: {field} names {target!r}, which does not exist")


def _leaves(name: str, halls: Mapping[str, Hall], above: tuple[str, ...]) -> Iterator[str]:
    """The indivisible halls of one hall. Raises ValueError when a hall contains itself."""
    if name in above:
        raise ValueError(f"{name}: parts go round in a circle: {' > '.join((*above, name))}")
    if not halls[name].parts:
        yield name
    for part in halls[name].parts:
        yield from _leaves(part, halls, (*above, name))


def _closed(
    halls: Mapping[str, Hall], sites: Mapping[str, Site], leaves: Mapping[str, tuple[str, ...]]
) -> dict[str, tuple[Shut, ...]]:
    shut: dict[str, list[Shut]] = {}
    for hall in halls.values():
        for leaf in leaves[hall.id]:
            shut.setdefault(leaf, []).extend(Shut(*quarters(one), one) for one in hall.closures)
    for site in sites.values():
        shut[site.id] = [Shut(*quarters(one), one) for one in site.closures]
    return {name: tuple(ranges) for name, ranges in shut.items() if ranges}
