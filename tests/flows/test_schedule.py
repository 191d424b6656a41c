"""The schedule of many visits: what overlaps a window, in pages, for those who may see it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, insert, text
from sqlmodel import Session

from services.console.roles import Role
from services.visits import migrations, schedule
from services.visits.specbook import read
from services.visits.status import Held, VisitState, Wish
from services.visits.store import SPECS, VISITS
from services.visits.views import summary
from shared.chassis.store import migrate, open_store
from shared.contracts.holds import Hold, HoldState
from shared.contracts.reading import ListSchedule, SchedulePage
from shared.contracts.visits import Phase
from tests.support.accounts import make_account
from tests.support.console import FakeOwner, bearer, client_of, running_console, sort_of
from tests.support.nats import NatsServer
from tests.support.specs import hall, spec

NOW = datetime(2027, 9, 1, tzinfo=UTC)
ROOM = {"id": "room", "kind": "room", "singles": 20}
MEAL = {"id": "meal", "kind": "meal", "style": "buffet", "starts_at": "2027-09-14T12:00",
        "ends_at": "2027-09-14T13:00"}  # fmt: skip
WORDS = {"zh": "话", "en": "words"}


def at(text_: str) -> datetime:
    """A wall-clock time of the site."""
    return datetime.fromisoformat(f"{text_}+08:00")


@pytest.fixture
def engine(store_url: str) -> Iterator[Engine]:
    engine = open_store(store_url)
    migrate(engine, "visits", migrations)
    yield engine
    engine.dispose()


def add(engine: Engine, visit: str, starts: str = "10:00", ends: str = "12:00", *,
        needs: tuple[dict[str, Any], ...] = (), phase: Phase = Phase.READY,
        holds: tuple[Held, ...] = (), **more: Any) -> None:  # fmt: skip
    """A visit as its service would store it."""
    made = spec(visit, *(needs or (hall("expo-forum"),)), starts=starts, ends=ends, **more)
    reading = read(made)
    state = VisitState(visit=visit, revision=1, cause="c", actor="a", holds=holds)
    line = summary(state, reading, phase, None, NOW)
    with engine.begin() as connection:
        connection.execute(
            insert(VISITS).values(
                visit=visit, phase=phase.value, line=line.line, station=line.station, search="",
                starts_at=line.starts_at, ends_at=line.ends_at, state=state.model_dump_json(),
                summary=line.model_dump_json(), trace={},
            )
        )  # fmt: skip
        connection.execute(
            insert(SPECS).values(
                visit=visit, key="1", document=made.model_dump_json(), actor="a", cause="c", at=NOW
            )
        )


def ask(engine: Engine, starts: str = "2027-09-14T00:00", ends: str = "2027-09-15T00:00",
        **more: Any) -> SchedulePage:  # fmt: skip
    query = ListSchedule(cause="read", actor="t", starts_at=at(starts), ends_at=at(ends), **more)
    with Session(engine) as session:
        return schedule.list_schedule(session, query)


def names(page: SchedulePage) -> list[str]:
    return [one.visit for one in page.visits]


def test_what_overlaps_a_window_and_nothing_that_only_touches_it(engine: Engine) -> None:
    add(engine, "before", "08:00", "10:00")
    add(engine, "into", "09:00", "10:01")
    add(engine, "around", "08:00", "23:00")
    add(engine, "after", "12:00", "14:00")
    found = ask(engine, "2027-09-14T10:00", "2027-09-14T12:00")
    assert names(found) == ["around", "into"] and found.next is None


def test_only_needs_of_the_window_but_the_kinds_of_all(engine: Engine) -> None:
    add(engine, "v", needs=(ROOM, MEAL), last_day="2027-09-16")
    (one,) = ask(engine, "2027-09-15T00:00", "2027-09-16T00:00").visits
    assert [need.need for need in one.needs] == ["day/room"]
    assert (one.kinds, one.needs_total) == (("meal", "room"), 2)


def held(need: str, state: HoldState, **more: Any) -> Held:
    reading = read(spec("v", hall("expo-forum"), ROOM))
    wished = next(one for one in reading.needs if one.need == need)
    seen = Hold.model_validate(
        {"hold": f"v:{need}:1", "visit": "v", "need": need, "state": state, "revision": 1, **more}
    )
    return Held(
        hold=seen.hold, need=need, service=wished.service, attempt=1, seen=seen,
        fingerprint=wished.fingerprint, wish=Wish.PLACE, placed_at=NOW, asked_at=NOW,
    )  # fmt: skip


def test_what_stands_for_a_need(engine: Engine) -> None:
    until = NOW + timedelta(hours=1)
    consent = {"asked_of": "expo", "answer_by": until, "question": WORDS}
    holds = (
        held("day/hall", HoldState.PENDING, consent=consent, allotted={"unit": "expo-forum"},
             summary=WORDS),
        held("day/room", HoldState.REFUSED, refusal={"code": "no_capacity", "sentence": WORDS}),
    )  # fmt: skip
    add(engine, "v", needs=(hall("expo-forum"), ROOM), holds=holds)
    asked, refused = ask(engine).visits[0].needs
    assert (asked.state, asked.unit, asked.answer_by) == ("pending", "expo-forum", until)
    assert asked.summary is not None and asked.why is None
    assert (refused.state, refused.unit) == ("refused", None)
    assert refused.why is not None and refused.why.en == "words"


def test_filters(engine: Engine) -> None:
    add(engine, "east", station="east")
    add(engine, "west", station="west", phase=Phase.BLOCKED)
    add(engine, "gone", phase=Phase.CANCELLED)
    assert names(ask(engine)) == ["east", "west"]
    assert names(ask(engine, phase=Phase.CANCELLED)) == ["gone"]
    assert names(ask(engine, phase=Phase.BLOCKED)) == ["west"]
    assert names(ask(engine, stations=("east", "north"))) == ["east"]
    assert names(ask(engine, stations=())) == []
    assert names(ask(engine, line="foreign")) == []


def test_pages_have_every_visit_once(engine: Engine) -> None:
    expected = [f"v-{n:02d}" for n in range(7)]
    for n, visit in enumerate(expected):
        add(engine, visit, "09:00" if n < 3 else "10:00")
    found: list[str] = []
    after = None
    while True:
        page = ask(engine, limit=2, after=after)
        assert len(page.visits) <= 2
        found += names(page)
        after = page.next
        if after is None:
            break
    assert found == expected
    assert names(ask(engine, after="no cursor")) == expected


def test_a_page_ends_before_it_is_too_large_for_the_bus(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        add(engine, f"v-{n}")
    monkeypatch.setattr(schedule, "PAGE_BYTES", 10)
    first = ask(engine)
    assert names(first) == ["v-0"] and names(ask(engine, after=first.next)) == ["v-1"]


def test_what_is_over_is_skipped_in_the_index(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL plans by what it knows of the rows, and here are none")
    with engine.connect() as connection:
        plan = connection.execute(
            text("EXPLAIN QUERY PLAN SELECT summary FROM visits_visits WHERE starts_at < '2'"
                 " AND ends_at > '1' ORDER BY starts_at, visit LIMIT 50")
        ).all()  # fmt: skip
    told = " ".join(str(row[-1]) for row in plan)
    assert "ix_visits_visits_span" in told and "TEMP B-TREE" not in told


WINDOW = {"starts_at": "2027-09-14T00:00:00+08:00", "ends_at": "2027-09-15T00:00:00+08:00"}


async def test_over_http_each_sees_its_stations(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    async with running_console(nats_server.url, tmp_path) as address:
        lead = make_account(tmp_path, "lead", Role.STATION_LEAD, stations=("east", "west"))
        async with client_of(address) as all_, client_of(address, lead) as client:
            await all_.get("/v1/schedule", params=WINDOW)
            assert asked(owner)["stations"] is None
            await all_.get("/v1/schedule", params={**WINDOW, "station": "north"})
            assert asked(owner)["stations"] == ["north"]
            await client.get("/v1/schedule", params=WINDOW)
            assert asked(owner)["stations"] == ["east", "west"]
            await client.get("/v1/schedule", params={**WINDOW, "station": "west"})
            assert asked(owner)["stations"] == ["west"]
            await client.get("/v1/schedule", params={**WINDOW, "station": "north"})
            assert asked(owner)["stations"] == []
            page = await client.get("/board", params={"station": "north"}, headers=bearer(lead))
            assert page.status_code == 200 and asked(owner)["stations"] == []


def asked(owner: FakeOwner) -> dict[str, Any]:
    subject, body = owner.queries[-1]
    assert subject == ListSchedule.subject()
    return body


async def test_over_http_in_pages_and_within_bounds(
    api: httpx.AsyncClient, owner: FakeOwner
) -> None:
    for visit in ("a", "b", "c"):
        owner.visits[visit] = {"visit": visit}
    query: dict[str, str | int] = {**WINDOW, "limit": 2, "phase": "ready", "line": "event"}
    first = await api.get("/v1/schedule", params=query)
    rest = await api.get(first.json()["next"])
    found = [one["visit"] for page in (first, rest) for one in page.json()["visits"]]
    assert found == ["a", "b", "c"] and rest.json()["next"] is None
    assert (asked(owner)["phase"], asked(owner)["line"]) == ("ready", "event")
    wrong: list[dict[str, str | int]] = [
        {}, {**WINDOW, "limit": 201}, {**WINDOW, "phase": "happy"}, {**WINDOW, "station": "A B"},
        {**WINDOW, "starts_at": "2027-09-14T00:00:00"},
        {**WINDOW, "ends_at": "2027-12-14T00:00:00Z"}, {**WINDOW, "ends_at": WINDOW["starts_at"]},
    ]  # fmt: skip
    for one in wrong:
        assert sort_of(await api.get("/v1/schedule", params=one)) == "invalid-request"


async def test_pages_say_so_when_an_owner_is_away(api: httpx.AsyncClient) -> None:
    for path in ("/board", "/board?as=table", "/board/halls", "/board/rooms", "/inventory"):
        answer = await api.get(path, headers={"Accept-Language": "en"})
        assert answer.status_code == 503 and "does not answer" in answer.text, path
