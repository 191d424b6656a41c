"""The console on a real bus with a stand-in for the visits service, which tests steer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import nats
import orjson
import uvicorn
from nats.aio.msg import Msg

from services.console.door import Console
from services.console.main import assemble, door
from services.console.settings import ConsoleSettings
from shared.contracts.message import CommandAnswered, Problem
from shared.contracts.visits import VisitChanged
from tests.support.ports import free_port
from tests.support.system import READY_WITHIN_S

_TOKENS: dict[str, str] = {}
"""The first account's token of each console that runs, by address."""
CONSOLES: dict[str, Console] = {}
"""The parts of each console that runs, by address."""
ANSWERED_S = 30.0
"""Patience of a console with a command that is answered, however busy the machine is; who waits for
an answer that never comes gives it `HASTY_S`."""
HASTY_S = 1.0

SUMMARY = {
    "line": "event", "title": {"zh": "访", "en": "Visit"}, "host": "desk", "guests": 20,
    "starts_at": "2027-09-14T02:00:00Z", "ends_at": "2027-09-14T04:00:00Z", "phase": "ready",
    "needs_total": 1, "needs_firm": 1, "cost": {"amount": 100000, "currency": "CNY"},
    "changed_at": "2027-09-01T00:00:00Z", "proposal": None,
}  # fmt: skip
NOTHING = {
    "list_risks": {"as_of": SUMMARY["changed_at"], "risks": [], "next": None},
    "weigh_messages": {"as_of": SUMMARY["changed_at"], "weighings": [], "impacts": []},
    "read_plan_input": {"station": None, "document": None},
    "list_changes": {"changes": []},
}
"""Answers of an owner that has nothing to tell."""


class FakeOwner:
    """Answers queries and commands the way `visits` and the others would; keeps what it got."""

    def __init__(self, client: nats.NATS) -> None:
        self.client, self.js = client, client.jetstream()
        self.visits: dict[str, dict[str, Any]] = {}
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.queries: list[tuple[str, dict[str, Any]]] = []
        self.answers: dict[str, CommandAnswered] = {}
        self.silent = False
        self.slow_s = 0.0
        self.problems: tuple[Problem, ...] = ()

    async def start(self) -> None:
        await self.client.subscribe("cmd.>", cb=self._command)
        await self.client.subscribe("qry.>", cb=self._query)
        await self.client.flush()

    async def _command(self, arrived: Msg) -> None:
        body = orjson.loads(arrived.data)
        self.commands.append((arrived.subject, body))
        if self.silent:
            return
        await asyncio.sleep(self.slow_s)
        await self.answer(arrived.subject, body)

    async def answer(self, subject: str, body: dict[str, Any]) -> None:
        _, owner, name, _ = subject.split(".")
        told = self.answers.get(body["command"])
        if told is None:
            about = body.get("visit") or body.get("hold") or body["unit"]
            outcome, revision, problems = self._act(name, body)
            told = CommandAnswered(
                cause=body["cause"], actor="visits", command=body["command"], outcome=outcome,
                about=about, revision=revision, problems=problems,
            )  # fmt: skip
            self.answers[body["command"]] = told
        await self.js.publish(
            CommandAnswered.subject(owner), told.model_dump_json().encode(),
            headers={"content-type": "application/json"},
        )  # fmt: skip

    def _act(self, name: str, body: dict[str, Any]) -> tuple[str, int, tuple[Problem, ...]]:
        if name in ("answer_consent", "change_unit"):
            return "accepted", 0, ()
        if self.problems:
            return "invalid", 0, self.problems
        visit = self.visits.get(body["visit"])
        expected = body.get("expected_revision")
        if visit is None and expected != 0:
            return "missing", 0, (Problem(code="no_such_visit", message="no such visit"),)
        if expected is not None and visit is not None and visit["revision"] != expected:
            return "conflict", visit["revision"], (Problem(code="stale_revision", message="old"),)
        if visit is None:
            visit = {"visit": body["visit"], "revision": 0, "sequence": 0, "proposed": None,
                     **SUMMARY}  # fmt: skip
            self.visits[body["visit"]] = visit
        if name == "submit_visit":
            visit |= {"revision": visit["revision"] + 1, "spec": body["spec"],
                      "station": body["spec"]["station"]}  # fmt: skip
        elif name == "propose_visit":
            visit["proposed"] = {"proposal": f"p-{body['command']}", "phase": "open", "moves": []}
        elif name == "commit_proposal":
            if visit["proposed"] is None or visit["proposed"]["proposal"] != body["proposal"]:
                no = Problem(code="no_such_proposal", message="it was dropped")
                return "conflict", visit["revision"], (no,)
            visit |= {"revision": visit["revision"] + 1, "proposed": None}
        elif name == "drop_proposal":
            visit["proposed"] = None
        elif name == "cancel_visit":
            visit["phase"] = "cancelled"
        visit["sequence"] += 1
        return "accepted", visit["revision"], ()

    async def _query(self, arrived: Msg) -> None:
        body = orjson.loads(arrived.data)
        self.queries.append((arrived.subject, body))
        name = arrived.subject.split(".")[2]
        wanted = body.get("stations")
        some = [one for one in sorted(self.visits)
                if wanted is None or self.visits[one].get("station") in wanted]  # fmt: skip
        if name == "read_visit":
            found: Any = {"visit": self.visits.get(body["visit"])}
        elif name in ("list_visits", "list_schedule"):
            rest = [one for one in some if body["after"] is None or one > body["after"]]
            page = rest[: body["limit"]]
            found = {"visits": [self.visits[one] for one in page],
                     "next": page[-1] if len(rest) > len(page) else None}  # fmt: skip
        elif name == "read_timeline":
            entries = [{"seq": n, "sentence": f"line {n}"} for n in (1, 2, 3)]
            entries = [one for one in entries if one["seq"] > body["after"]][: body["limit"]]
            known = body["visit"] in self.visits
            last = entries[-1]["seq"] if entries else 3
            found = {"entries": entries if known else [], "next": last if last < 3 else None}
        elif name == "preview_change":
            found = {"unit": body["unit"], "revision": 1}
        elif name in NOTHING:
            found = NOTHING[name]
        elif name == "read_inventory":
            found = {"units": [{"unit": "u", "kind": body["kind"] or "hall"}], "next": "hall/u"}
        else:
            found = {"notices": [{"notice": "n", "state": "sent"}], "next": 7}
        await arrived.respond(orjson.dumps(found))

    async def change(
        self, visit: str, sequence: int, station: str | None = None, phase: str = "ready"
    ) -> None:
        """Announce a change, as the orchestrator does."""
        state = {"visit": visit, "revision": 1, "sequence": sequence, **SUMMARY,
                 "station": station, "phase": phase}  # fmt: skip
        event = VisitChanged.model_validate({"cause": "c", "actor": "visits", "state": state})
        await self.js.publish(
            VisitChanged.subject(), event.model_dump_json().encode(),
            headers={"content-type": "application/json"},
        )  # fmt: skip


@asynccontextmanager
async def running_console(
    bus: str, folder: Path, wait_s: float = ANSWERED_S, store_url: str | None = None, **more: Any
) -> AsyncIterator[str]:
    """A console with a store in `folder`, and `more` settings; yields its address."""
    port = free_port()
    settings = ConsoleSettings(
        nats_url=bus,
        data_dir=folder,
        store_url=store_url,
        access_dir=folder / "access",
        **more,
    )
    console = assemble(settings, wait_s=wait_s)
    config = uvicorn.Config(
        door(console), host="127.0.0.1", port=port, log_config=None, lifespan="on",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server._serve())  # `serve` would take the test's signals.
    try:
        async with asyncio.timeout(READY_WITHIN_S):
            while not (server.started and console.service.ready):
                await asyncio.sleep(0.02)
        address = f"http://127.0.0.1:{port}"
        _TOKENS[address], CONSOLES[address] = token_in(folder), console
        yield address
    finally:
        server.should_exit = True
        await serving


@asynccontextmanager
async def running_owner(bus: str) -> AsyncIterator[FakeOwner]:
    """A stand-in owner on the bus."""
    client = await nats.connect(bus)
    owner = FakeOwner(client)
    await owner.start()
    try:
        yield owner
    finally:
        await client.close()


def token_in(folder: Path) -> str:
    """The token of the first account of the console whose data is in `folder`."""
    return (folder / "access" / "token").read_text().strip()


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def client_of(address: str, token: str | None = None) -> httpx.AsyncClient:
    """A client with a token: that of the first account when none is given. `""` gives none."""
    known = _TOKENS[address] if token is None else token
    headers = bearer(known) if known else {}
    return httpx.AsyncClient(base_url=address, timeout=60, headers=headers)


SPEC = """\
visit: {visit}
line: event
title: {{zh: 访, en: Visit}}
host: 接待办
purpose: test
party: [{{category: staff, count: {guests}}}]
programme:
  - id: day
    title: {{zh: 日, en: Day}}
    starts_at: 2027-09-14T10:00
    ends_at: 2027-09-14T12:00
    needs:
      - {{id: hall, kind: hall, setup: theatre}}
"""
YAML = {"Content-Type": "application/yaml"}


def spec(visit: str = "v-1", guests: int = 20, station: str | None = None) -> bytes:
    text = SPEC.format(visit=visit, guests=guests)
    return (text + (f"station: {station}\n" if station else "")).encode()


def key(name: str, revision: int | None = None) -> dict[str, str]:
    headers = {**YAML, "Idempotency-Key": name}
    return headers if revision is None else {**headers, "If-Match": f'"{revision}"'}


def sort_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert "Traceback" not in answer.text
    return str(body["type"]).removeprefix("urn:redcrown:problem:")


async def submitted(api: httpx.AsyncClient, visit: str = "v-1") -> None:
    answer = await api.post("/v1/visits", content=spec(visit), headers=key(f"new-{visit}"))
    assert answer.status_code == 201, answer.text
