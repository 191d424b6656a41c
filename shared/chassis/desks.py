"""What every service lets itself be told beside its own work: to feed a restored store, to show and
replay what it parked, to fill a bus again.

Must not: do any of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from shared.chassis import parking_desk, refilling, restoring

if TYPE_CHECKING:
    from shared.chassis.service import Service


def take_part(service: Service) -> None:
    """Open them all."""
    restoring.take_part(service)
    parking_desk.take_part(service)
    refilling.take_part(service)
