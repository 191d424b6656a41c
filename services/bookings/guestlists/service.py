"""How lists of guests become part of the running service.

What is asked and heard is declared whether there are linked hotels or not, so that rights on the
bus do not depend on a file of links.
Must not: decide anything.
"""

from __future__ import annotations

from collections.abc import Callable

from services.bookings.guestlists import noting
from shared.chassis.service import Service
from shared.contracts.lodged import CountRooming, LodgingChanged, LookAtLodged


def take_part(service: Service, ring: Callable[[], None] = lambda: None) -> None:
    """Hear that guests' lodging has changed; `ring` tells the workers that some list is due."""
    service.asks(LookAtLodged, CountRooming)

    @service.broker.subscriber(**service.takes(LodgingChanged))
    async def lodging_changed(some: list[LodgingChanged]) -> None:
        """Somebody was lodged elsewhere, or is called otherwise."""
        await service.handle(noting.lodging_changed, some)
        ring()
