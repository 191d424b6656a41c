"""Visits at risk, parked messages tied to them, traces and plan inputs: real console and visits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text
from sqlmodel import Session

from deploy.cli.plan import as_document, read_input
from services.visits import migrations, views
from services.visits.gates import REPAIR_S
from services.visits.main import build
from services.visits.outlook import Outlook, look_ahead
from services.visits.pacing import Pacing
from services.visits.reconcile import plan
from services.visits.risks import LATE_AFTER_S, list_risks
from services.visits.specbook import read
from services.visits.status import VisitState
from services.visits.store import SPECS, VISITS
from shared.chassis.settings import Settings
from shared.chassis.store import migrate, open_store
from shared.contracts.holds import ReleaseHolds
from shared.contracts.impact import ListRisks, RiskPage
from shared.contracts.visits import Phase
from tests.support.console import client_of, key, running_console, sort_of, spec
from tests.support.nats import NatsServer
from tests.support.parking import SOON_S, Keeper, keeping, person
from tests.support.specs import hall
from tests.support.specs import spec as made

EARLY = datetime(2027, 9, 1, tzinfo=UTC)
HOLD = "v-1:day/hall:1"


@dataclass
class HandClock:
    """Turned by the test."""

    at: datetime = field(default=EARLY)

    def now(self) -> datetime:
        return self.at


@asynccontextmanager
async def desk(bus: NatsServer, folder: Path) -> AsyncIterator[tuple[httpx.AsyncClient, HandClock]]:
    """A console and the visits service; nobody who books anything answers."""
    clock = HandClock()
    settings = Settings(nats_url=bus.url, store_url=f"sqlite:///{folder / 'visits.db'}")
    service = build(settings, clock)
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        async with running_console(bus.url, folder) as address, client_of(address) as api:
            yield api, clock


async def test_a_visit_that_waits_too_long_is_at_risk(bus: NatsServer, tmp_path: Path) -> None:
    async with desk(bus, tmp_path) as (api, clock):
        made = await api.post("/v1/visits", content=spec(), headers=key("a"))
        assert made.status_code == 201, made.text
        assert (await api.get("/v1/risks")).json()["risks"] == [], "it may be answered any moment"
        clock.at = EARLY + timedelta(minutes=12)
        page = (await api.get("/v1/risks")).json()
        [one] = page["risks"]
        assert (one["visit"], one["need"], one["verdict"]) == ("v-1", "day/hall", "retry")
        assert one["sentence"]["en"].endswith("waiting for venues since 12 min")
        left = datetime(2027, 9, 14, 2, tzinfo=UTC) - clock.at
        assert one["slack_s"] == left.total_seconds() - REPAIR_S["hall"]
        assert (await api.get("/v1/risks?phase=blocked")).json()["risks"] == []
        assert (await api.get("/v1/risks?line=business")).json()["risks"] == []


async def test_a_parked_message_says_what_it_means_for_its_visit(
    bus: NatsServer, tmp_path: Path
) -> None:
    venues = f"sqlite:///{tmp_path / 'venues.db'}"
    async with (
        desk(bus, tmp_path) as (api, _clock),
        keeping(bus, venues, Keeper(), "venues"),
        person(bus) as ann,
    ):
        await api.post("/v1/visits", content=spec(), headers=key("a"))
        for number, visit in enumerate(("v-1", "v-1", "gone"), 1):
            body = {"visit": visit, "holds": [f"{visit}:day/hall:{number}"]}
            await ann.send(ReleaseHolds.subject("venues"), json.dumps(body).encode(), f"m{number}")
        await ann.send(ReleaseHolds.subject("venues"), b"{", "m4")
        await ann.until_parked(4, of="venues")
        page = (await api.get("/v1/parked?service=venues")).json()
        found = {one["id"]: one for one in page["messages"]}
        assert page["weighed"] is True
        # Asked to be placed, never to be released: whoever sent that was overtaken.
        assert found["m1"]["verdict"] == "superseded" and found["m1"]["impact"]["visit"] == "v-1"
        assert found["m2"]["verdict"] == "done", "a hold that nobody knows is released"
        assert found["m3"]["verdict"] == "superseded" and found["m3"]["impact"] is None
        assert found["m4"]["verdict"] is None and found["m4"]["names"] is None
        one = (await api.get("/v1/parked/venues/messages/m1")).json()
        assert (one["verdict"], one["why"]) == (found["m1"]["verdict"], found["m1"]["why"])
        groups = (await api.get("/v1/parked/groups?service=venues")).json()
        impacts = {tuple(one["visits"]): one["impact"] for one in groups["groups"]}
        assert impacts[()] is None
        [named] = [one for visits, one in impacts.items() if visits == ("gone", "v-1")]
        assert (named["visits_at_risk"], named["guests"]) == (1, 20)
        assert named["first"]["visit"] == "v-1" and named["slack_s"] == named["first"]["slack_s"]


async def test_without_the_visits_service_the_list_is_shown_all_the_same(
    bus: NatsServer, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path / 'venues.db'}"
    async with (
        keeping(bus, store, Keeper(), "venues"),
        running_console(bus.url, tmp_path) as address,
        client_of(address) as api,
        person(bus) as ann,
    ):
        await ann.send(ReleaseHolds.subject("venues"), b'{"visit": "v-1"}', "m1")
        await ann.until_parked(1, of="venues")
        page = (await api.get("/v1/parked?service=venues")).json()
        assert page["weighed"] is False and page["messages"][0]["verdict"] is None
        groups = (await api.get("/v1/parked/groups?service=venues")).json()
        assert groups["weighed"] is False and groups["groups"][0]["visits"] == ["v-1"]
        assert sort_of(await api.get("/v1/risks")) == "owner-away"


async def test_a_visit_as_a_sequence_over_services(bus: NatsServer, tmp_path: Path) -> None:
    async with desk(bus, tmp_path) as (api, clock):
        await api.post("/v1/visits", content=spec(), headers=key("a"))
        clock.at = EARLY + timedelta(minutes=1)
        async with asyncio.timeout(SOON_S):
            while True:
                trace = (await api.get("/v1/visits/v-1/trace")).json()
                if any(one["again"] for one in trace["steps"]):
                    break
                await asyncio.sleep(0.1)
        said = [(one["kind"], one["source"], one["target"]) for one in trace["steps"]]
        assert said[:3] == [("asked", "planner", "visits"), ("decided", "visits", "visits"),
                            ("commanded", "visits", "venues")]  # fmt: skip
        assert trace["lanes"] == ["planner", "visits", "venues", "notifications"]
        assert trace["notices_missing"] is True, "nobody keeps notices here"
        [again] = [one for one in trace["steps"] if one["again"]][:1]
        assert "ask again" in again["sentence"]
        first = (await api.get("/v1/visits/v-1/trace?limit=2")).json()
        assert [one["seq"] for one in first["steps"]] == [1, 2] and first["next_after"] == 2
        assert sort_of(await api.get("/v1/visits/no/trace")) == "not-found"


async def test_a_plan_is_run_again_from_its_input(bus: NatsServer, tmp_path: Path) -> None:
    async with desk(bus, tmp_path) as (api, _clock):
        await api.post("/v1/visits", content=spec(), headers=key("a"))
        await api.post("/v1/visits/v-1/proposal", content=spec(guests=30), headers=key("b", 1))
        document = (await api.get("/v1/visits/v-1/plan-input")).json()
        assert sort_of(await api.get("/v1/visits/no/plan-input")) == "not-found"
    now = read_input(document)
    assert now.now == EARLY and now.state.revision == 1
    assert plan(now.state, now.wanted(), now.pacing, now.now).decisions == (), "all was decided"
    given = read_input(document, at=EARLY + timedelta(hours=2))
    made = plan(given.state, given.wanted(), given.pacing, given.now)
    told = as_document(given, made)
    assert any("not committed in time" in one for one in told["decisions"])
    assert told["seen"][0]["owner"] == "venues"
    assert [one["need"] for one in told["seen_for_proposal"]] == ["day/hall"]


# ---------------------------------------------------------------- the query, on both databases


def rows_of(number: int, phase: Phase, now: datetime, guests: int = 20,
            station: str | None = None) -> tuple[dict[str, Any], dict[str, Any]]:  # fmt: skip
    """A visit and its spec as the service stores them."""
    visit = f"v-{number:04}"
    reading = read(made(visit, hall("expo-forum"), guests=guests, station=station))
    state = VisitState(visit=visit, revision=1, cause="c", actor="a")
    line = views.summary(state, reading, phase, None, now)
    ahead = look_ahead(state, reading, phase, Outlook(), Pacing(), now)
    act_by = ahead.act_by and ahead.act_by - timedelta(minutes=number % 7)
    row = {
        "visit": visit, "phase": phase.value, "line": line.line, "station": station, "search": "",
        "starts_at": line.starts_at, "ends_at": line.ends_at, "wake_at": None, "guests": guests,
        "since": ahead.since, "act_by": act_by, "state": state.model_dump_json(),
        "summary": line.model_dump_json(), "trace": {},
    }  # fmt: skip
    spec_row = {"visit": visit, "key": "1", "document": reading.spec.model_dump_json(),
                "actor": "a", "cause": "c", "at": now}  # fmt: skip
    return row, spec_row


@pytest.fixture
def store(store_url: str) -> Any:
    engine = open_store(store_url)
    migrate(engine, "visits", migrations)
    yield engine
    engine.dispose()


def asked(**fields: Any) -> ListRisks:
    return ListRisks(cause="c", actor="a", **fields)


def test_pages_in_order_and_nothing_settled_among_them(store: Any) -> None:
    phases = [Phase.BLOCKED, Phase.READY, Phase.CLOSED, Phase.WAITING, Phase.HOLDING]
    made = [
        rows_of(number, phases[number % 5], EARLY, guests=20 + number % 3,
                station="east" if number % 2 else None)
        for number in range(100)
    ]  # fmt: skip
    now = EARLY + timedelta(seconds=LATE_AFTER_S + 1)
    with Session(store) as session:
        session.execute(insert(VISITS), [row for row, _ in made])
        session.execute(insert(SPECS), [one for _, one in made])

        def pages(**fields: Any) -> list[RiskPage]:
            found, after = [], None
            while not found or after:
                page = list_risks(session, asked(after=after, **fields), Pacing(), now)
                found.append(page)
                after = page.next
            return found

        whole = [one for page in pages(limit=7) for one in page.risks]
        assert len(whole) == len({one.visit for one in whole}) == 60
        assert {one.phase for one in whole} == {Phase.BLOCKED, Phase.WAITING, Phase.HOLDING}
        assert [one.visit for one in whole[:20]] != sorted(one.visit for one in whole[:20])
        [once] = pages(limit=200)
        assert {one.visit for one in once.risks} == {one.visit for one in whole}
        east = list_risks(session, asked(stations=("east",), limit=200), Pacing(), now)
        assert len(east.risks) == 30 and {one.station for one in east.risks} == {"east"}
        assert list_risks(session, asked(stations=()), Pacing(), now).risks == ()
        early = list_risks(session, asked(limit=200), Pacing(), EARLY)
        assert Phase.HOLDING not in {one.phase for one in early.risks}, "no answer is late yet"
        first = list_risks(session, asked(limit=1), Pacing(), now).risks
        for nonsense in ("x", "e30=", "WzEsMiwzXQ==", "WyIyMDI3IiwgMSwgInYiXQ=="):
            begun = list_risks(session, asked(after=nonsense, limit=1), Pacing(), now)
            assert begun.risks == first


def test_settled_and_closed_visits_are_not_looked_at(store: Any) -> None:
    if store.dialect.name != "sqlite":
        pytest.skip("the other planner reads a small table whole, and says so")
    with Session(store) as session:
        told = session.execute(
            text("EXPLAIN QUERY PLAN SELECT visit FROM visits_visits WHERE act_by IS NOT NULL "
                 "AND (phase NOT IN ('holding') OR since <= 'x') "
                 "ORDER BY act_by, guests DESC, visit LIMIT 51")
        ).all()  # fmt: skip
    assert "ix_visits_visits_act_by" in str(told)
