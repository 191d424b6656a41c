"""Which drivers take which vehicles of a convoy.

Owns: the order of choice: whoever drives this vehicle already; else whoever stands for none, has
the fewest licences beyond it (those with a coach licence stay free for coaches), has worked least,
then by id. When the convoy does not work out so, drivers change places until it does or cannot.
Must not: choose vehicles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.escorts.documents import Person, Vehicle
from services.escorts.duty import Duties, Duty, Obstacle, obstacle
from services.escorts.inventory import duty_unit
from shared.holds.port import Ask

Bid = tuple[Person, Duty | None, Obstacle | None]


@dataclass(slots=True)
class Crew:
    """The drivers for one request. Remembers what it found out about each driver."""

    ask: Ask
    drivers: Sequence[Person]
    standing: Mapping[str, str]
    """Driver by vehicle, as the need stands."""
    duties: Duties = field(init=False)
    _bids: dict[tuple[str, int], Bid] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.duties = Duties(self.ask.request.window)

    def bids(self, vehicle: Vehicle) -> list[Bid]:
        """What each driver licensed for a vehicle would do, and what forbids it.

        A driver is with the vehicle in its buffer too, so the wider of both buffers counts.
        """
        licensed = [driver for driver in self.drivers if vehicle.type in driver.licences]
        return [self._bid(one, max(one.buffer_minutes, vehicle.buffer_minutes)) for one in licensed]

    def able(self, vehicle: Vehicle) -> dict[str, tuple[Person, Duty]]:
        """Who can drive a vehicle, by id, best first."""
        able = [(one, duty) for one, duty, why in self.bids(vehicle) if duty and why is None]
        able.sort(key=lambda bid: self._rank(bid[0], bid[1], vehicle))
        return {driver.id: (driver, duty) for driver, duty in able}

    def man(self, convoy: Sequence[Vehicle]) -> list[tuple[Vehicle, Person, Duty]] | None:
        """A driver for every vehicle, or None. Those that stand choose first."""
        able = {vehicle.id: self.able(vehicle) for vehicle in convoy}
        order = sorted(convoy, key=lambda v: (v.id not in self.standing, len(able[v.id]), v.id))
        drives: dict[str, str] = {}
        """Vehicle by driver."""
        for vehicle in order:
            if not _seat(vehicle.id, able, drives, set()):
                return None
        driver_of = {vehicle: driver for driver, vehicle in drives.items()}
        return [(vehicle, *able[vehicle.id][driver_of[vehicle.id]]) for vehicle in convoy]

    def _bid(self, driver: Person, buffer_minutes: int) -> Bid:
        key = driver.id, buffer_minutes
        if key not in self._bids:
            duty = self.duties.of(driver, buffer_minutes)
            self._bids[key] = driver, duty, obstacle(driver, duty, self.ask.free)
        return self._bids[key]

    def _rank(
        self, driver: Person, duty: Duty, vehicle: Vehicle
    ) -> tuple[bool, bool, int, int, str]:
        worked = sum(self.ask.free.taken(duty_unit(driver), day) for day, _ in duty.minutes)
        return (
            self.standing.get(vehicle.id) != driver.id,
            driver.id in self.standing.values(),
            len(driver.licences),
            worked,
            driver.id,
        )


def _seat(
    vehicle: str,
    able: Mapping[str, Mapping[str, tuple[Person, Duty]]],
    drives: dict[str, str],
    tried: set[str],
) -> bool:
    """Give a vehicle a driver: a free one, else one whose present vehicle finds another."""
    for driver in able[vehicle]:
        if driver not in drives:
            drives[driver] = vehicle
            return True
    for driver in able[vehicle]:
        if driver not in tried:
            tried.add(driver)
            if _seat(drives[driver], able, drives, tried):
                drives[driver] = vehicle
                return True
    return False
