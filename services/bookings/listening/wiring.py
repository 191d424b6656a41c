"""How listening becomes part of the running service.

Must not: decide anything; without a hotel that tells something nothing of this runs.
"""

from __future__ import annotations

from services.bookings.hotels.port import Feed
from services.bookings.listening import turns
from services.bookings.listening.listener import Listener
from services.bookings.orders.wiring import Orders, Run
from shared.chassis.limits import HOUSEKEEPING_S
from shared.chassis.service import Service


def listeners(orders: Orders, run: Run, every_s: float) -> dict[str, Listener]:
    """One for each hotel that has a feed or calls us; the orders are staffed already."""
    found = {}
    for name, port in orders.ports.items():
        able, worker = port.capabilities, orders.workers[name]
        if worker.desk is not None and (able.feed is not Feed.NONE or able.signs_calls):
            found[name] = Listener(worker, worker.desk, run, every_s, orders.lists.get(name))
    return found


def join(service: Service, orders: Orders, every_s: float) -> dict[str, Listener]:
    """Have the service listen from its start to its end."""
    made = listeners(orders, service.writer.run, every_s)
    if not made:
        return made
    for one in made.values():
        service.background(one.listen)
    service.every(HOUSEKEEPING_S, turns.forget)

    async def start() -> None:
        await service.writer.run(turns.give_back)

    service.on_start(start)
    return made
