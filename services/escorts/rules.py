"""The rules of escorts as the kernel of holds wants them: documents, reach, allocate.

Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from services.escorts import standing
from services.escorts.documents import Person, Vehicle
from services.escorts.duty import is_stay, local_day, widened
from services.escorts.fleet import allocate_vehicles
from services.escorts.inventory import Escorts, build, duty_unit
from services.escorts.options import LOOK_QUARTERS, refuse
from services.escorts.people import allocate_people
from shared.contracts.holds import NeedRequest, Refusal
from shared.contracts.needs import EscortNeed
from shared.contracts.values import Money
from shared.holds.port import Allotment, Ask, Given, Reach, Unit
from shared.holds.times import time_problem

DAY_QUARTERS = 96
"""Rest is at most 24 hours: no rule looks further beyond a duty."""


class EscortRules:
    """Needs of kind `escort` and `vehicle`."""

    documents: Mapping[str, type[Unit]] = {"people": Person, "vehicles": Vehicle}

    def inventory(self, units: Mapping[str, Sequence[Unit]]) -> Escorts:
        """Collect all documents. Raises ValueError on an id that is used twice."""
        return build(units)

    def reach(self, request: NeedRequest, inventory: Escorts) -> Reach:
        """Everyone of the role, or all drivers and vehicles: alternatives look at them too.

        Guards: the duty days of the window and their neighbours, so that two requests that together
        would leave a person too little rest are decided one after the other.
        """
        if time_problem(request.window):
            return Reach(())
        if request.kind == "escort":
            need = EscortNeed.model_validate(request.details)
            return _reach(request, inventory.with_role(need.role), (), inventory)
        if request.kind == "vehicle":
            return _reach(request, inventory.drivers(), inventory.vehicles, inventory)
        return Reach(())

    def allocate(self, ask: Ask, inventory: Escorts) -> Allotment | Refusal:
        """Decide one request. Raises ValidationError on details that are none of its kind's."""
        if ask.request.kind == "escort":
            return allocate_people(ask, inventory)
        if ask.request.kind == "vehicle":
            return allocate_vehicles(ask, inventory)
        return refuse(
            "unknown_kind",
            f"陪同服务不预订{ask.request.kind}。",
            f"Escorts book people and vehicles, not {ask.request.kind}.",
        )

    def concerns(self, unit_id: str, inventory: Escorts) -> Sequence[str]:
        """Where holds stand that have to do with a document."""
        return inventory.parts(unit_id)

    def suits(self, given: Given, inventory: Escorts) -> bool:
        """Whether what was given is still what it should be."""
        return standing.suits(given, inventory)

    def price(self, given: Given, inventory: Escorts) -> Money | None:
        """What the same would cost now."""
        return standing.price(given, inventory)


def _reach(
    request: NeedRequest, people: Iterable[Person], vehicles: Iterable[str], inventory: Escorts
) -> Reach:
    look = 0 if request.kind == "escort" and is_stay(request.window) else LOOK_QUARTERS
    wish = widened(request.window, inventory.widest_buffer_minutes)
    start, stop = wish[0] - look, wish[1] + look
    ranges = [(vehicle, start, stop) for vehicle in vehicles]
    guards = []
    for person in people:
        unit, zone = duty_unit(person), person.zone
        days = local_day(start, zone), local_day(stop - 1, zone) + 1
        ranges += [(person.id, start - DAY_QUARTERS, stop + DAY_QUARTERS), (unit, *days)]
        first, last = local_day(wish[0], zone), local_day(wish[1] - 1, zone)
        guards += [(unit, day) for day in range(first - 1, last + 2)]
    return Reach(tuple(ranges), tuple(guards))
