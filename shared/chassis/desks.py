"""What every service does beside its own work: it feeds a restored store, shows and replays what it
parked, fills a bus again, gives back memory that is left over.

Must not: do any of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.chassis import leftovers, parking_desk, refilling, restoring

if TYPE_CHECKING:
    from shared.chassis.service import Service


def take_part(service: Service) -> None:
    """Open them all."""
    restoring.take_part(service)
    parking_desk.take_part(service)
    refilling.take_part(service)
    leftovers.take_part(service)
