"""A planner with a stopwatch: submits visits over the bus and hears when each stands or is refused.

Must not: start the system.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any

import orjson
from nats.aio.client import Client as NATS

from shared.contracts.spec import VisitSpec
from shared.contracts.visits import SubmitVisit, VisitChanged

READY_WITHIN_S = 30.0
ENDS = ("ready", "blocked")


class Stopwatch:
    """Takes the time from submit until the orchestrator says `ready` or `blocked`."""

    def __init__(self, client: NATS) -> None:
        self._client, self._js = client, client.jetstream()
        self._waiting: dict[str, asyncio.Future[str]] = {}

    async def listen(self) -> None:
        """Hear of every change of a visit."""
        await self._client.subscribe(VisitChanged.subject(), cb=self._heard)

    async def _heard(self, message: Any) -> None:
        state = orjson.loads(message.data)["state"]
        future = self._waiting.get(state["visit"])
        if future is not None and not future.done() and state["phase"] in ENDS:
            future.set_result(state["phase"])

    async def one(self, spec: VisitSpec, within_s: float = READY_WITHIN_S) -> tuple[float, str]:
        """Seconds until the end, and which it was. Raises TimeoutError."""
        command = SubmitVisit(
            cause=spec.visit, actor="bench", command=spec.visit, visit=spec.visit,
            expected_revision=0, spec=spec,
        )  # fmt: skip
        self._waiting[spec.visit] = asyncio.get_running_loop().create_future()
        body = command.model_dump_json().encode()
        headers = {"content-type": "application/json", "Nats-Msg-Id": spec.visit}
        started = time.perf_counter()
        await self._js.publish(command.subject(), body, headers=headers, stream=command.stream)
        phase = await asyncio.wait_for(self._waiting[spec.visit], within_s)
        return time.perf_counter() - started, phase

    async def many(self, specs: list[VisitSpec], flying: int) -> list[tuple[float, str]]:
        """All of them, so many at once."""
        slots = asyncio.Semaphore(flying)

        async def limited(spec: VisitSpec) -> tuple[float, str]:
            async with slots:
                return await self.one(spec)

        return await asyncio.gather(*(limited(spec) for spec in specs))
