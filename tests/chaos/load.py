"""Planners at work: visits that compete, submitted, edited and cancelled over the JSON API.

Owns: the log of calls, each under its idempotency key, repeated until there is an answer.
Must not: look behind the API.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass
from typing import Any

import httpx

from services.console.first import NAME
from services.console.idempotency import command_of
from tests.chaos.visits import Wish, probe_of, spec_of, wish_of

TRY_S = 8.0
"""How long a planner waits for one answer; the console itself waits 5 s for a command's."""
GIVE_UP_S = 300.0
MOST_AT_ONCE = 40
"""Visits in flight; beyond it planners wait, as people do."""
LOOK_S = 1.5
"""The longest pause between two looks at a visit that takes its time."""
SETTLED = ("ready", "blocked", "cancelled", "closed")


@dataclass(slots=True)
class Call:
    """One act of a planner: invoked, then `ok`, `fail`, or `unknown` for ever."""

    key: str
    verb: str
    visit: str
    expected: int
    command: str
    state: str = "invoke"
    revision: int = 0
    status: int = 0
    tries: int = 0
    broken: str = ""
    """An answer that no planner should ever see."""


@dataclass(frozen=True, slots=True)
class Span:
    """How long a visit took from a planner's act to where it stands, on the campaign's clock."""

    visit: str
    begun: float
    ended: float
    phase: str


class Load:
    """An open loop of `rate` visits a second, until told to stop."""

    def __init__(self, consoles: list[str], token: str, seed: int, rate: float) -> None:
        known: dict[str, Any] = {
            "headers": {"Authorization": f"Bearer {token}"},
            "limits": httpx.Limits(max_connections=100),
            "timeout": TRY_S,
        }
        self._doors = [httpx.AsyncClient(base_url=one, **known) for one in consoles]
        self._door = itertools.cycle(self._doors)
        self._seed, self._rate = seed, rate
        self.calls: list[Call] = []
        self.spans: list[Span] = []
        self.flying: dict[asyncio.Task[None], str] = {}
        self.broken: list[str] = []
        """Answers to questions that should not be: a no without a way to go on."""
        self._numbers = itertools.count()
        self._probes = itertools.count()

    async def run(self) -> None:
        """Let planners begin visits until cancelled."""
        while True:
            if len(self.flying) < MOST_AT_ONCE:
                number = next(self._numbers)
                task = asyncio.create_task(self._visit(number))
                self.flying[task] = f"v-{number}"
                task.add_done_callback(self.flying.pop)
            await asyncio.sleep(1 / self._rate)

    async def close(self) -> None:
        for task in list(self.flying):
            task.cancel()
        for door in self._doors:
            await door.aclose()

    async def probe(self) -> float:
        """Seconds until a visit that nothing stands against is ready, from its submission."""
        number = next(self._probes)
        visit, begun = f"p-{number}", time.monotonic()
        await self._act("submit", visit, 0, probe_of(visit, number))
        await self._settle(visit, begun, ("ready",))
        return time.monotonic() - begun

    async def _visit(self, number: int) -> None:
        chance, visit = random.Random(f"{self._seed} {number}"), f"v-{number}"
        wish: Wish = wish_of(number, chance)
        begun = time.monotonic()
        twice = chance.random() < 0.1
        call = await self._act("submit", visit, 0, spec_of(visit, wish), twice)
        await self._settle(visit, begun)
        await asyncio.sleep(chance.uniform(0, 4))
        if chance.random() < 0.4:
            begun = time.monotonic()
            seen = call.revision - (1 if chance.random() < 0.1 else 0)
            edit = await self._act("edit", visit, seen, spec_of(visit, wish.edited(chance)))
            await self._settle(visit, begun)
            call = edit if edit.state == "ok" else call
            await asyncio.sleep(chance.uniform(0, 3))
        if chance.random() < 0.15:
            begun = time.monotonic()
            await self._act("cancel", visit, call.revision, None)
            await self._settle(visit, begun)

    async def _act(self, verb: str, visit: str, seen: int, spec: Any, twice: bool = False) -> Call:
        """One act, under one key; sometimes asked by two at once, as an impatient client does."""
        key = f"{verb}-{visit}-{len(self.calls)}"
        call = Call(key, verb, visit, seen, command_of(NAME, key))
        self.calls.append(call)
        both = [self._insist(call, spec) for _ in range(2 if twice else 1)]
        await asyncio.gather(*both)
        return call

    async def _insist(self, call: Call, spec: Any) -> None:
        """Repeat until there is an answer; until then nobody knows what came of it."""
        until = time.monotonic() + GIVE_UP_S
        while time.monotonic() < until:
            call.tries += 1
            try:
                answer = await self._send(next(self._door), call, spec)
            except httpx.HTTPError:
                await asyncio.sleep(0.3)
                continue
            if answer.status_code == 503 or "request-under-way" in answer.text:
                await asyncio.sleep(0.5)
                continue
            if await self._understood(call, answer):
                return
        if call.state == "invoke":
            call.state = "unknown"

    async def _send(self, door: httpx.AsyncClient, call: Call, spec: Any) -> httpx.Response:
        path = "/v1/visits" if call.verb == "submit" else f"/v1/visits/{call.visit}"
        method = {"submit": "POST", "edit": "PUT", "cancel": "DELETE"}[call.verb]
        headers = {"Idempotency-Key": call.key}
        if call.verb != "submit":
            headers["If-Match"] = f'"{call.expected}"'
        return await door.request(method, path, headers=headers, json=spec)

    async def _understood(self, call: Call, answer: httpx.Response) -> bool:
        """Take in an answer. False when the outcome is still to come."""
        call.status = answer.status_code
        body = answer.json() if answer.content else {}
        if answer.status_code == 202:
            body = await self._outcome(call.command)
            if body is None:
                return False
            call.state = "ok" if body["outcome"] == "accepted" else "fail"
        elif answer.is_success:
            call.state = "ok"
        else:
            call.state = "fail"
        if answer.status_code >= 500:
            call.broken = f"{answer.status_code} {answer.text[:200]}"
        call.revision = max(call.revision, body.get("revision") or 0)
        return True

    async def _outcome(self, command: str) -> dict[str, Any] | None:
        """How a command ended that the console could not wait for."""
        for _ in range(20):
            try:
                answer = await self._look(f"/v1/commands/{command}")
                if answer.status_code == 200 and answer.json()["state"] == "answered":
                    return dict(answer.json())
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.3)
        return None

    async def _look(self, path: str) -> httpx.Response:
        answer = await next(self._door).get(path)
        if answer.status_code >= 500 and "retry-after" not in answer.headers:
            self.broken.append(f"{path} was answered {answer.status_code} {answer.text[:200]}")
        return answer

    async def _settle(self, visit: str, begun: float, phases: tuple[str, ...] = SETTLED) -> None:
        """Read the visit until it stands somewhere."""
        pause = 0.05
        while True:
            try:
                answer = await self._look(f"/v1/visits/{visit}")
                if answer.status_code == 200 and answer.json()["phase"] in phases:
                    phase = answer.json()["phase"]
                    self.spans.append(Span(visit, begun, time.monotonic(), phase))
                    return
                if answer.status_code == 404 and phases == SETTLED:
                    return
            except httpx.HTTPError:
                pass
            await asyncio.sleep(pause)
            pause = min(LOOK_S, pause * 1.3)
