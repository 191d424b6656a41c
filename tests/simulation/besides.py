"""What a simulated process takes besides, in histories that have steps for it.

Must not: know what any of it does.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from services.bookings.guestlists.noting import lodging_changed
from services.console import rosters
from shared.chassis import refilling
from shared.chassis.work import GroupHandler
from shared.contracts.changes import ChangeUnit
from shared.contracts.lodged import LodgingChanged
from shared.contracts.message import Command, Event, Message
from shared.contracts.parking import ActOnParked
from shared.contracts.refilling import RefillBus
from shared.contracts.rosters import RosterChanged
from shared.contracts.vitals import SetIntake
from tests.simulation import changes
from tests.simulation.decks import Kinds
from tests.simulation.parked_lot import Lot
from tests.simulation.taking import Taking

if TYPE_CHECKING:
    from tests.simulation.bus import Bus
    from tests.simulation.process import Process


def take_part(
    process: Process, more: Kinds, kinds: Mapping[str, type[Command] | type[Event]], bus: Bus
) -> dict[type[Message], GroupHandler]:
    """Ready one life of a process for these classes; how it handles them. `kinds`: all that it
    takes, by subject."""
    found: dict[type[Message], GroupHandler] = {}
    if ChangeUnit in more and process.part.kernel is not None:
        found[ChangeUnit] = changes.take_part(process.name, process.part)
    if LodgingChanged in more and process.name == "bookings":
        found[LodgingChanged] = lodging_changed
    if RosterChanged in more and process.name == "console":
        found[RosterChanged] = rosters.heard
    if ActOnParked in more:
        process.lot = Lot(process, kinds)
        found[ActOnParked] = process.lot.act
    if SetIntake in more:
        process.taking = Taking(process, bus)
        found[SetIntake] = process.taking.act
    if RefillBus in more:
        found[RefillBus] = refilling.act
    return found
