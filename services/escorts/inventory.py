"""Whom and what the city has: all documents of escorts, checked once, and their capacity.

Owns: which cells there are. Each person and each vehicle is a unit of capacity 1 in quarter hours;
`<person>/duty` is a unit whose capacity on a local day is the minutes the person may work.
Must not: decide a request; `people` and `fleet` do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from services.escorts.documents import DRIVER, Person, Vehicle
from shared.holds.port import Unit, day_label, quarter_starts, quarters

U = TypeVar("U", bound=Unit)


def duty_unit(person: Person) -> str:
    """The unit in which a person's minutes per day are counted."""
    return f"{person.id}/duty"


@dataclass(frozen=True, slots=True)
class Escorts:
    """All documents by id; `shut` has the slots in which a vehicle is in the workshop."""

    people: Mapping[str, Person]
    vehicles: Mapping[str, Vehicle]
    on_duty: Mapping[str, Person]
    """People by their duty unit."""
    shut: Mapping[str, tuple[tuple[int, int], ...]]
    widest_buffer_minutes: int

    def capacity(self, unit: str, slot: int, now: datetime) -> int:
        """1 for a person or a vehicle, minutes for a duty unit; 0 when closed or unknown."""
        if unit in self.on_duty:
            return self.on_duty[unit].max_duty_minutes
        if not self.open(unit, slot, slot + 1):
            return 0
        return int(unit in self.people or unit in self.vehicles)

    def open(self, unit: str, start: int, stop: int) -> bool:
        """Whether a vehicle is out of the workshop in all slots `start <= slot < stop`."""
        return not any(since < stop and start < until for since, until in self.shut.get(unit, ()))

    def label(self, unit: str, slot: int) -> str:
        """The local date of a duty day, else the local date and time of a quarter hour."""
        if unit in self.on_duty:
            return day_label(slot)
        owner = self.people.get(unit) or self.vehicles.get(unit)
        zone = ZoneInfo(owner.zone if owner else "UTC")
        return quarter_starts(slot).astimezone(zone).strftime("%Y-%m-%d %H:%M")

    def parts(self, unit_id: str) -> Sequence[str]:
        """A person's time and duty minutes; a vehicle's time."""
        if unit_id in self.people:
            return (unit_id, duty_unit(self.people[unit_id]))
        return (unit_id,) if unit_id in self.vehicles else ()

    def with_role(self, role: str) -> list[Person]:
        """Everyone of that role."""
        return [person for person in self.people.values() if role in person.roles]

    def drivers(self) -> list[Person]:
        """Everyone who drives."""
        return self.with_role(DRIVER)


def build(units: Mapping[str, Sequence[Unit]]) -> Escorts:
    """Collect all documents. Raises ValueError on an id that is used twice."""
    people, vehicles = _by_id(units, "people", Person), _by_id(units, "vehicles", Vehicle)
    if both := sorted(people.keys() & vehicles.keys()):
        raise ValueError(f"{both[0]}: used for a person and a vehicle; each needs an id of its own")
    buffers = [person.buffer_minutes for person in people.values()]
    buffers += [vehicle.buffer_minutes for vehicle in vehicles.values()]
    return Escorts(
        people,
        vehicles,
        {duty_unit(person): person for person in people.values()},
        {one.id: tuple(quarters(closed) for closed in one.closures) for one in vehicles.values()},
        max(buffers, default=0),
    )


def _by_id(units: Mapping[str, Sequence[Unit]], kind: str, model: type[U]) -> dict[str, U]:
    found: dict[str, U] = {}
    for unit in units.get(kind, ()):
        if not isinstance(unit, model):
            raise ValueError(f"{unit.id}: not a document of {kind}")
        if unit.id in found:
            raise ValueError(f"{unit.id}: used twice in {kind}")
        found[unit.id] = unit
    return found
