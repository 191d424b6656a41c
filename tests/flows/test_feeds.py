"""Calendar feeds of a real console: secret, bounded, revocable, read by a real iCalendar parser."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from icalendar import Calendar
from nats.aio.msg import Msg

from services.console import bounds
from services.console.account_store import ACCOUNTS
from services.console.roles import Role
from shared.chassis import limits
from tests.flows.test_access import make_account
from tests.support.console import (
    CONSOLES,
    SUMMARY,
    FakeOwner,
    bearer,
    client_of,
    running_console,
    running_owner,
    sort_of,
)
from tests.support.nats import NatsServer

SOON = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
TITLE = {"zh": "访问，代表团；一\n行", "en": "Visit; of, the \\ east"}


def need(name: str, unit: str, service: str = "venues", **told: Any) -> dict[str, Any]:
    window = {"starts_at": SOON.isoformat(), "ends_at": (SOON + timedelta(hours=2)).isoformat()}
    item = {"zh": "欢迎会" * 30, "en": "Welcome"}
    return {"need": f"day/{name}", "kind": "hall", "service": service, "item": item,
            "window": window, "state": "confirmed", "unit": unit, **told}  # fmt: skip


class Schedule(FakeOwner):
    """Answers a schedule of several pages, and a hall and a person."""

    def __init__(self, client: Any) -> None:
        super().__init__(client)
        self.pages: list[list[dict[str, Any]]] = []

    async def _query(self, arrived: Msg) -> None:
        name = arrived.subject.split(".")[2]
        body = orjson.loads(arrived.data)
        if name == "list_schedule":
            self.queries.append((arrived.subject, body))
            at = int(body["after"] or 0)
            told: dict[str, Any] = {
                "visits": self.pages[at] if self.pages else [],
                "next": str(at + 1) if at + 1 < len(self.pages) else None,
            }
            await arrived.respond(orjson.dumps(told))
        elif name == "read_inventory":
            unit = "forum" if ".venues." in arrived.subject else "liaison-01"
            view = {"unit": unit, "kind": body["kind"], "name": TITLE, "document": {}}
            await arrived.respond(orjson.dumps({"units": [view], "next": None}))
        else:
            await super()._query(arrived)


def visit(name: str, *needs: dict[str, Any]) -> dict[str, Any]:
    return {**SUMMARY, "visit": name, "revision": 1, "sequence": 1, "title": TITLE,
            "station": None, "kinds": ["hall"], "needs": list(needs)}  # fmt: skip


@asynccontextmanager
async def rig(bus: NatsServer, folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, Schedule]]:
    async with running_owner(bus.url) as plain:
        owner = Schedule(plain.client)
        for sub in list(plain.client._subs.values()):
            await sub.unsubscribe()
        await owner.start()
        async with running_console(bus.url, folder) as address, client_of(address) as api:
            yield api, owner


async def made(api: httpx.AsyncClient, kind: str, target: str, **more: Any) -> dict[str, Any]:
    answer = await api.post("/v1/feeds", json={"kind": kind, "target": target, **more})
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return dict(answer.json())


async def test_a_hall_as_a_calendar(bus: NatsServer, tmp_path: Path) -> None:
    async with rig(bus, tmp_path) as (api, owner):
        owner.pages = [
            [visit("a", need("hall", "forum"), need("other", "salon"))],
            [visit("b", need("hall", "forum", state="held"),
                   need("no", "forum", state="refused"))],
        ]  # fmt: skip
        feed = await made(api, "hall", "forum", language="en")
        async with httpx.AsyncClient() as stranger:
            answer = await stranger.get(feed["address"])
            assert answer.status_code == 200
            assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
            assert answer.headers["cache-control"] == "private, max-age=300"
            tag = {"If-None-Match": answer.headers["etag"]}
            again = await stranger.get(feed["address"], headers=tag)
            assert (again.status_code, again.content) == (304, b"")
        assert b"\r\n" in answer.content
        assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
        calendar = Calendar.from_ical(answer.content)
        events = calendar.walk("VEVENT")
        told = [(str(one["UID"]), str(one["STATUS"]), one.decoded("DTSTART")) for one in events]
        assert told == [("a/day/hall@redcrown", "CONFIRMED", SOON),
                        ("b/day/hall@redcrown", "TENTATIVE", SOON)]  # fmt: skip
        assert str(events[0]["SUMMARY"]) == "Visit; of, the \\ east · Welcome"
        # One reading served them both, and what it asked was bounded.
        asked = [body for subject, body in owner.queries if "list_schedule" in subject]
        assert [one["after"] for one in asked] == [None, "1"]
        assert "desk" not in answer.text and "20" not in str(events[0]["DESCRIPTION"])


async def test_the_second_of_a_team_has_it_in_the_calendar(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "FEED_PAGES", 2)
    async with rig(bus, tmp_path) as (api, owner):
        team = need("team", "liaison-07", "escorts", units=["liaison-07", "liaison-01"])
        owner.pages = [[visit(f"v-{n}", team)] for n in range(5)]
        feed = await made(api, "escort", "liaison-01")
        events = Calendar.from_ical((await api.get(feed["address"])).content).walk("VEVENT")
        assert [str(one["UID"]) for one in events] == ["v-0/day/team@redcrown",
                                                       "v-1/day/team@redcrown"]  # fmt: skip
        assert str(events[0]["SUMMARY"]).startswith("访问，代表团；一 行 · 欢迎会")


async def test_an_address_is_secret_and_ends_when_it_is_revoked(
    bus: NatsServer, tmp_path: Path
) -> None:
    async with rig(bus, tmp_path) as (api, _owner):
        feed = await made(api, "hall", "forum")
        secret = feed["address"].rpartition("/")[2].removesuffix(".ics")
        assert len(secret) == 43
        kept = (tmp_path / "console.db").read_bytes() + (tmp_path / "console.db-wal").read_bytes()
        assert secret.encode() not in kept
        listed = (await api.get("/v1/feeds")).json()["feeds"]
        assert [one["target"] for one in listed] == ["forum"] and secret not in str(listed)
        wrong = f"{feed['address'][:-5]}{'A' if feed['address'][-5] != 'A' else 'B'}.ics"
        assert (await api.get(wrong)).status_code == 404
        other = bearer(make_account(tmp_path, "other", Role.PLANNER))
        name = feed["feed"]["id"]
        assert sort_of(await api.delete(f"/v1/feeds/{name}", headers=other)) == "not-found"
        assert (await api.get("/v1/feeds", headers=other)).json()["feeds"] == []
        assert (await api.get(feed["address"])).status_code == 200
        done = await api.delete(f"/v1/feeds/{name}")
        assert done.json()["revoked_by"] == "planner"
        assert (await api.get(feed["address"])).status_code == 404
        auditor = bearer(make_account(tmp_path, "auditor", Role.AUDITOR))
        lines = (await api.get("/v1/audit?limit=500", headers=auditor)).json()["lines"]
        routes = {(one["method"], one["route"]) for one in lines}
        assert {("POST", "/v1/feeds"), ("DELETE", "/v1/feeds/{feed}")} <= routes
        assert secret not in str(lines)


async def test_it_ends_with_the_account_that_made_it(bus: NatsServer, tmp_path: Path) -> None:
    async with rig(bus, tmp_path) as (api, _owner):
        feed = await made(api, "hall", "forum")
        assert (await api.get(feed["address"])).status_code == 200
        console = CONSOLES[str(api.base_url).rstrip("/")]
        await console.service.writer.run(
            lambda work: work.connection.execute(ACCOUNTS.update().values(disabled=True))
        )
        assert (await api.get(feed["address"])).status_code == 404


async def test_what_one_may_not_see_has_no_feed(bus: NatsServer, tmp_path: Path) -> None:
    async with rig(bus, tmp_path) as (api, owner):
        lead = bearer(make_account(tmp_path, "lead", Role.STATION_LEAD, stations=("east",)))
        ops = bearer(make_account(tmp_path, "ops", Role.OPERATIONS))
        owner.visits["west"] = {"visit": "west", "station": "west"}
        wanted = {"kind": "visit", "target": "west"}
        assert sort_of(await api.post("/v1/feeds", json=wanted, headers=lead)) == "not-found"
        assert sort_of(await api.post("/v1/feeds", json=wanted, headers=ops)) == "forbidden"
        hall = {"kind": "hall", "target": "no-such"}
        assert sort_of(await api.post("/v1/feeds", json=hall)) == "not-found"
        answer = await api.post("/v1/feeds", json={"kind": "hall", "target": "forum"}, headers=lead)
        await api.get(answer.json()["address"])
        asked = [body for subject, body in owner.queries if "list_schedule" in subject]
        assert [one["stations"] for one in asked] == [["east"]]


async def test_feeds_are_slowed_down_and_bounded(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bounds, "FEED_PACE", limits.Pace(2, 60.0))
    monkeypatch.setattr(limits, "STRANGER_PACE", limits.Pace(2, 60.0))
    monkeypatch.setattr(bounds, "FEEDS_PER_ACCOUNT", 1)
    async with rig(bus, tmp_path) as (api, _owner):
        feed = await made(api, "hall", "forum")
        told = [(await api.get(feed["address"])).status_code for _ in range(3)]
        assert told == [200, 200, 429]
        again = await api.post("/v1/feeds", json={"kind": "hall", "target": "forum"})
        assert sort_of(again) == "conflict"
        base = str(api.base_url).rstrip("/")
        guesses = [(await api.get(f"{base}/feeds/{'x' * 43}.ics")).status_code for _ in range(3)]
        assert guesses == [404, 404, 429]


async def test_the_page_shows_an_address_once(bus: NatsServer, tmp_path: Path) -> None:
    async with rig(bus, tmp_path) as (api, _owner):
        form = {"kind": "hall", "target": "forum", "language": "en"}
        own = {"Origin": str(api.base_url).rstrip("/")}
        shown = await api.post("/feeds?lang=en", data=form, headers=own)
        assert shown.status_code == 200 and ".ics" in shown.text
        assert shown.headers["cache-control"] == "no-store"
        listed = await api.get("/feeds?lang=en")
        assert ".ics" not in listed.text and "forum" in listed.text
        wrong = await api.post("/feeds", data={**form, "kind": "guest"}, headers=own)
        assert wrong.status_code == 422
