"""Rosters over a real bus, on both databases: put, looked at for a purpose, erased."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

import nats
import pytest
import pytest_asyncio

from services.guests.handlers import Desk
from services.guests.settings import GuestsSettings
from shared.chassis.service import Service
from shared.chassis.work import Delivery
from shared.contracts.visits import VisitChanged
from tests.rules.guest_case import row
from tests.support.console import SUMMARY
from tests.support.guests import SOON_S, HandClock, Officer, by_hand, running_guests
from tests.support.nats import NatsServer
from tests.support.system import Planner


@pytest_asyncio.fixture
async def officer(nats_server: NatsServer) -> AsyncIterator[Officer]:
    planner = await Planner.connect(nats_server.url)
    yield Officer(planner)
    await planner.close()


@pytest_asyncio.fixture
async def guests(
    nats_server: NatsServer, store_url: str, clock: HandClock
) -> AsyncIterator[Service]:
    async with running_guests(nats_server.url, store_url, clock) as service:
        yield service


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


def ids_of(answer: dict[str, Any]) -> list[str]:
    return [one["guest"] for one in answer["rows"]]


async def test_a_roster_put_twice_is_put_once(guests: Service, officer: Officer) -> None:
    rows = [row(1), row(2)]
    first = await officer.put("v", rows)
    assert (first["outcome"], first["revision"]) == ("changed", 1)
    assert [one["outcome"] for one in first["rows"]] == ["added", "added"]
    sealed = by_hand(guests, "SELECT content FROM guests_guests ORDER BY guest")
    # With the revision that the sender saw the first time: the answer was lost on its way.
    second = await officer.put("v", rows, revision=0)
    assert (second["outcome"], second["revision"]) == ("unchanged", 1)
    assert ids_of(second) == ids_of(first)
    assert by_hand(guests, "SELECT content FROM guests_guests ORDER BY guest") == sealed


async def test_an_edit_tells_each_row_and_erases_who_is_gone(
    guests: Service, officer: Officer
) -> None:
    first = await officer.put("v", [row(1), row(2), row(3)])
    edited = await officer.put("v", [row(4), row(1, phone="+8645299999"), row(3)], revision=1)
    assert (edited["outcome"], edited["revision"]) == ("changed", 2)
    assert [one["outcome"] for one in edited["rows"]] == ["added", "changed", "unchanged"]
    one, two, three = ids_of(first)
    assert ids_of(edited)[1:] == [one, three]
    assert edited["erased"] == [two]
    seen = (await officer.look("v"))["guests"]
    assert [(g["family_name"], g["phone"]) for g in seen] == [
        ("Family4", "+8613900000004"), ("Family1", "+8645299999"), ("Family3", "+8613900000003"),
    ]  # fmt: skip
    assert by_hand(
        guests, "SELECT wrapped, content FROM guests_guests WHERE guest = :g", g=two
    ) == [(None, None)]


async def test_the_store_does_not_tell_that_someone_came_twice(
    guests: Service, officer: Officer
) -> None:
    await officer.put("v", [row(1)])
    await officer.put("w", [row(1)])
    prints = by_hand(guests, "SELECT identity FROM guests_guests")
    assert len(set(prints)) == 2


async def test_who_saw_an_older_roster_is_refused(guests: Service, officer: Officer) -> None:
    await officer.put("v", [row(1)])
    await officer.put("v", [row(1), row(2)], revision=1)
    late = await officer.put("v", [row(1), row(3)], revision=1)
    assert (late["outcome"], late["revision"]) == ("conflict", 2)
    assert len((await officer.look("v"))["guests"]) == 2
    assert (await officer.put("v", [row(5)]))["outcome"] == "conflict", "not a first one either"


async def test_one_bad_row_keeps_the_roster_as_it_was(guests: Service, officer: Officer) -> None:
    await officer.put("v", [row(1)])
    bad = await officer.put("v", [row(1), row(2, phone="none"), row(3, sex="x")], revision=1)
    assert bad["outcome"] == "invalid"
    assert [one["path"] for one in bad["problems"]] == ["guests[1].phone", "guests[2].sex"]
    assert all(one["remedy"] for one in bad["problems"])
    assert len((await officer.look("v"))["guests"]) == 1
    twice = await officer.put("v", [row(1), row(1)], revision=1)
    assert [one["code"] for one in twice["problems"]] == ["doubled_guest"]


async def test_looks_give_their_purpose_and_are_recorded(guests: Service, officer: Officer) -> None:
    eats = {"diets": ["halal"], "diet_reason": "religion", "table": "t-1"}
    put = await officer.put("v", [row(1, **eats), row(2)])
    assert put["rows"][0]["not_kept"] == ["diet_reason"]
    one, two = ids_of(put)
    kitchen = await officer.look("v", "kitchen")
    assert kitchen["guests"] == [{"guest": one, "table": "t-1", "diets": ["halal"]}]
    hotel = await officer.look("v", "rooming", limit=1)
    assert hotel["guests"][0]["document_number"] == "E00000001"
    assert "phone" not in hotel["guests"][0]
    rest = await officer.look("v", "rooming", after=hotel["next"])
    assert [g["guest"] for g in rest["guests"]] == [two]
    assert rest["next"] is None
    own = await officer.look("v", "guest", guest=two)
    assert [g["phone"] for g in own["guests"]] == ["+8613900000002"]
    looks = [
        (e["purpose"], e["outcome"], e["guests"])
        for e in await officer.audit()
        if e["act"] == "look"
    ]
    assert looks == [
        ("kitchen", "shown", [one]), ("rooming", "shown", [one]), ("rooming", "shown", [two]),
        ("guest", "shown", [two]),
    ]  # fmt: skip


async def test_what_is_refused_shows_nothing_and_is_recorded(
    guests: Service, officer: Officer
) -> None:
    await officer.put("v", [row(1)])
    for purpose, more in [
        ("kitchen", {"fields": ("table", "family_name")}),
        ("curiosity", {}),
        ("guest", {}),
    ]:
        answer = await officer.look("v", purpose, **more)
        assert (answer["outcome"], answer["guests"]) == ("refused", [])
        assert answer["problems"][0]["remedy"]
    officer.role = "unit_liaison"
    assert (await officer.look("v", "desk"))["outcome"] == "refused"
    assert (await officer.put("v", [row(2)], 1))["outcome"] == "refused"
    assert await officer.erase("v", "g-" + "0" * 26) == "refused"
    refused = [e for e in await officer.audit("v") if e["outcome"] == "refused"]
    assert [(e["act"], e["purpose"], e["roles"]) for e in refused] == [
        ("look", "kitchen", ["planner"]), ("look", "unknown", ["planner"]),
        ("look", "guest", ["planner"]), ("look", "desk", ["unit_liaison"]),
        ("put", "", ["unit_liaison"]), ("erase", "", ["unit_liaison"]),
    ]  # fmt: skip
    assert (await officer.look("nowhere", "kitchen"))["outcome"] == "missing"


async def test_erasing_destroys_the_key_and_leaves_totals_and_audit(
    guests: Service, officer: Officer
) -> None:
    put = await officer.put(
        "v", [row(1, diets=["halal"]), row(2, diets=["halal"], category="media")]
    )
    one, two = ids_of(put)
    before = await officer.totals("v")
    assert before["diets"] == {"halal": 2}
    assert await officer.erase("v", one) == "erased"
    assert [g["guest"] for g in (await officer.look("v"))["guests"]] == [two]
    assert (await officer.look("v", "guest", guest=one))["outcome"] == "missing"
    assert by_hand(
        guests,
        "SELECT identity, key_id, wrapped, content FROM guests_guests WHERE guest = :g",
        g=one,
    ) == [(None, None, None, None)]
    assert await officer.totals("v") == {**before, "erased": 1}
    assert await officer.erase("v", one) == "erased", "again, with no further effect"
    assert await officer.totals("v") == {**before, "erased": 1}
    # A later roster adds to what was erased.
    await officer.put("v", [row(2, category="media"), row(3)], revision=1)
    after = await officer.totals("v")
    assert (after["guests"], after["erased"], after["diets"]) == (3, 1, {"halal": 1})
    assert after["categories"] == {"official": 2, "media": 1}
    assert await officer.erase("v", "g-" + "0" * 26) == "missing"
    assert (await officer.verdict())["whole"]
    erasures = [e for e in await officer.audit("v") if e["act"] == "erase"]
    assert [(e["outcome"], e["fields"]) for e in erasures] == [
        ("erased", ["reason:withdrawn"]), ("unchanged", ["reason:withdrawn"]),
        ("missing", ["reason:withdrawn"]),
    ]  # fmt: skip


async def test_a_guest_changed_behind_our_back_is_told_and_mended(
    guests: Service, officer: Officer
) -> None:
    put = await officer.put("v", [row(1), row(2)])
    one, two = ids_of(put)
    # Someone swaps two guests' data in the database.
    by_hand(guests, "UPDATE guests_guests SET content = (SELECT content FROM guests_guests"
                    " WHERE guest = :b) WHERE guest = :a", a=one, b=two)  # fmt: skip
    seen = await officer.look("v")
    assert [g["guest"] for g in seen["guests"]] == [two]
    assert [(p["code"], p["path"]) for p in seen["problems"]] == [("damaged_guest", one)]
    mended = await officer.put("v", [row(1), row(2)], revision=1)
    assert [one["outcome"] for one in mended["rows"]] == ["changed", "unchanged"]
    assert len((await officer.look("v"))["guests"]) == 2


def changed(visit: str, sequence: int, phase: str, at: Any) -> VisitChanged:
    state = {"visit": visit, "revision": 1, "sequence": sequence, **SUMMARY,
             "phase": phase, "changed_at": at}  # fmt: skip
    return VisitChanged.model_validate({"cause": "c", "actor": "visits", "state": state})


async def test_rosters_are_erased_when_their_purpose_has_ended(
    guests: Service, officer: Officer, clock: HandClock, publish: Publish
) -> None:
    visits = ("closed", "cancelled", "live", "reopened", "unheard", "late")
    for visit in visits:
        await officer.put(visit, [row(1), row(2, diets=["halal"])])
    news = [("closed", 3, "closed"), ("cancelled", 3, "cancelled"), ("live", 3, "ready"),
            ("reopened", 3, "cancelled"), ("reopened", 4, "ready"),
            ("late", 4, "ready")]  # fmt: skip
    for visit, sequence, phase in news:
        await publish(changed(visit, sequence, phase, clock.now()))
    await heard(guests, {visit: sequence for visit, sequence, _ in news})
    desk = await desk_of(guests)
    old = Delivery(changed("late", 3, "cancelled", clock.now()), "old")
    await guests.writer.run(lambda work: desk.hear(work, [old]))

    await retire(guests, desk)
    assert len((await officer.look("closed"))["guests"]) == 2, "not yet"
    clock.turn(days=91)
    await retire(guests, desk)
    left = {visit: len((await officer.look(visit))["guests"]) for visit in visits}
    assert left == {"closed": 0, "cancelled": 0, "live": 2, "reopened": 2, "unheard": 0, "late": 2}
    assert (await officer.totals("closed"))["diets"] == {"halal": 1}
    ended = [e for e in await officer.audit() if e["act"] == "retire"]
    assert sorted(e["visit"] for e in ended) == ["cancelled", "closed", "unheard"]
    assert all(len(e["guests"]) == 2 and e["actor"] == "guests" for e in ended)
    assert (await officer.verdict())["whole"]


Publish = Callable[[VisitChanged], Awaitable[None]]


@pytest_asyncio.fixture
async def publish(nats_server: NatsServer) -> AsyncIterator[Publish]:
    client = await nats.connect(nats_server.url)

    async def send(event: VisitChanged) -> None:
        headers = {"Nats-Msg-Id": uuid.uuid4().hex}
        body = event.model_dump_json().encode()
        await client.jetstream().publish(event.subject(), body, headers=headers)

    yield send
    await client.close()


async def heard(guests: Service, wanted: dict[str, int]) -> None:
    """Wait until this news is committed."""
    async with asyncio.timeout(SOON_S):
        while True:
            known = dict(by_hand(guests, "SELECT visit, sequence FROM guests_visits"))
            if wanted.items() <= known.items():
                return
            await asyncio.sleep(0.02)


async def desk_of(guests: Service) -> Desk:
    """The handlers on this store, to run a job at once that runs at intervals."""
    desk = Desk(cast(GuestsSettings, guests.settings))
    await guests.writer.run(desk.unlock)
    return desk


async def retire(guests: Service, desk: Desk) -> None:
    while await guests.writer.run(desk.retire):
        pass
