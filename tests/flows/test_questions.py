"""Questions to one process are answered side by side: a slow read holds up no other."""

from __future__ import annotations

import asyncio
import threading

import nats
from sqlmodel import Session

from shared.chassis import limits
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.contracts.inventory import InventoryPage, ReadInventory
from tests.rules.notice_case import window
from tests.support.nats import NatsServer

WITHIN_S = 60.0


async def test_as_many_at_once_as_there_are_readers(bus: NatsServer, store_url: str) -> None:
    service = Service("scratch", Settings(_env_file=None, nats_url=bus.url, store_url=store_url))
    together = threading.Barrier(limits.READERS, timeout=WITHIN_S)

    def read(_session: Session) -> InventoryPage:
        together.wait()  # alone, a reader would wait here in vain
        return InventoryPage(units=(), next=None)

    @service.broker.subscriber(**service.answers(ReadInventory))
    async def answer(_query: ReadInventory) -> InventoryPage:
        return await service.read(read)

    async with service.running():
        async with asyncio.timeout(WITHIN_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        client = await nats.connect(bus.url)
        try:
            asked = [client.request(ReadInventory.subject("scratch"), question(), timeout=WITHIN_S)
                     for _ in range(limits.READERS)]  # fmt: skip
            answers = await asyncio.gather(*asked)
        finally:
            await client.close()
    assert all(b'"units":[]' in one.data for one in answers)


def question() -> bytes:
    when = window(9)
    asked = ReadInventory(cause="c", actor="a", starts_at=when.starts_at, ends_at=when.ends_at)
    return asked.model_dump_json().encode()
