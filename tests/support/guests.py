"""The guests service on a real bus, and someone who asks it."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.guests.main import build
from services.guests.settings import GuestsSettings
from services.guests.vault import new_master_key
from shared.chassis.service import Service
from shared.contracts.guests import (
    EraseGuest,
    LookAtRoster,
    PutRoster,
    ReadAudit,
    ReadTotals,
    VerifyAudit,
)
from tests.support.system import Planner

SOON_S = 60
KEY = new_master_key()


class HandClock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time

    def turn(self, days: float) -> None:
        self.time += timedelta(days=days)


@asynccontextmanager
async def running_guests(
    bus: str, store_url: str, clock: HandClock | None = None, **settings: Any
) -> AsyncIterator[Service]:
    """One replica, until the block ends."""
    told = {"nats_url": bus, "store_url": store_url, "guests_key": KEY, **settings}
    service = build(GuestsSettings.model_validate(told), clock)
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield service


class Officer:
    """Asks the service over the bus, as the console does."""

    def __init__(self, planner: Planner, role: str = "planner") -> None:
        self._planner, self.role = planner, role

    def _act(self) -> dict[str, Any]:
        return {"cause": uuid.uuid4().hex, "actor": "officer", "roles": (self.role,)}

    async def put(
        self, visit: str, rows: list[dict[str, Any]], revision: int = 0
    ) -> dict[str, Any]:
        query = PutRoster(**self._act(), visit=visit, expected_revision=revision, rows=tuple(rows))
        return await self._planner.ask(query)

    async def look(self, visit: str, purpose: str = "desk", **more: Any) -> dict[str, Any]:
        query = LookAtRoster(**self._act(), visit=visit, purpose=purpose, **more)
        return await self._planner.ask(query)

    async def erase(self, visit: str, guest: str, reason: str = "withdrawn") -> str:
        query = EraseGuest.model_validate(
            {**self._act(), "visit": visit, "guest": guest, "reason": reason}
        )
        return str((await self._planner.ask(query))["outcome"])

    async def totals(self, visit: str) -> dict[str, Any]:
        return await self._planner.ask(ReadTotals(**self._act(), visit=visit))

    async def audit(self, visit: str | None = None, **more: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        after = 0
        while True:
            query = ReadAudit(**self._act(), visit=visit, after=after, **more)
            page = await self._planner.ask(query)
            found += page["entries"]
            if page["next"] is None:
                return found
            after = page["next"]

    async def verdict(self, **more: Any) -> dict[str, Any]:
        return await self._planner.ask(VerifyAudit(**self._act(), **more))


def by_hand(service: Service, statement: str, **values: Any) -> list[Any]:
    """Reach into the store behind the service's back."""
    with service.engine.begin() as connection:
        found = connection.execute(text(statement), values)
        return list(found) if found.returns_rows else []
