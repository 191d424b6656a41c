"""Rubbish on every subject, and specs that no planner should write: a clear answer each time, the
neighbours unharmed, nothing lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from shared.contracts.holds import (
    AnswerConsent,
    ConfirmHolds,
    HoldsChanged,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposeVisit,
    SubmitVisit,
)
from tests.support.nats import NatsServer
from tests.support.specs import hall, spec
from tests.support.system import Planner, System, act

RUBBISH = (
    b"",
    b"{",
    b"null",
    b"[1, 2]",
    b'"text"',
    b'{"visit": 7}',
    b"\xff\xfe\x00",
    b'{"cause": "c", "actor": "a", "visit": "../etc", "command": "x"}',
    b'{"a":' * 200 + b"1" + b"}" * 200,
    json.dumps({"cause": "c" * 100_000}).encode(),
)
SOON_S = 60.0
TO_VISITS = (SubmitVisit, ProposeVisit, CommitProposal, DropProposal, CancelVisit)
TO_VENUES = (PlaceHolds, ConfirmHolds, ReleaseHolds, AnswerConsent)


@pytest.fixture
async def system(tmp_path: Path, bus: NatsServer) -> AsyncIterator[System]:
    made = System(tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db")
    try:
        made.start("visits", "venues")
        made.await_ready()
        yield made
    finally:
        made.stop()


@pytest.fixture
async def planner(system: System) -> AsyncIterator[Planner]:
    made = await Planner.connect(system.bus_url)
    yield made
    await made.close()


def parked(system: System, service: str) -> dict[str, int]:
    """How many messages are parked per subject."""
    engine = create_engine(system.store_of(service))
    query = f"SELECT subject, count(*) FROM {service}_parked GROUP BY subject"
    try:
        with engine.connect() as connection:
            return {str(row[0]): int(row[1]) for row in connection.execute(text(query))}
    finally:
        engine.dispose()


async def test_every_subject_takes_rubbish(system: System, planner: Planner) -> None:
    subjects = {
        "visits": [*(one.subject() for one in TO_VISITS), HoldsChanged.subject("venues")],
        "venues": [one.subject("venues") for one in TO_VENUES],
    }
    hours = ("08", "12", "16")
    good = [
        spec(f"good-{hour}", hall("expo-forum"), starts=f"{hour}:00", ends=f"{hour}:30")
        for hour in hours
    ]
    await planner.submit(good[0])
    for names in subjects.values():
        for subject in names:
            for body in RUBBISH:
                await planner.raw(subject, body)
    for one in good[1:]:
        await planner.submit(one)
    phases = await planner.settled([one.visit for one in good])
    assert set(phases.values()) == {"ready"}
    for service, names in subjects.items():
        async with asyncio.timeout(SOON_S):
            while sum(parked(system, service).values()) < len(names) * len(RUBBISH):
                await asyncio.sleep(0.1)
        assert parked(system, service) == dict.fromkeys(names, len(RUBBISH))


async def test_specs_that_cannot_be(system: System, planner: Planner) -> None:
    """Each is answered with what is wrong; the visit does not come into being."""
    answers = await planner.listen_to_answers()
    wrong: dict[str, tuple[dict[str, Any], str]] = {
        "past": ({"starts_at": "2020-01-01T10:00", "ends_at": "2020-01-01T12:00"}, "in_the_past"),
        "far": ({"starts_at": "2099-01-01T10:00", "ends_at": "2099-01-01T12:00"}, "too_far_ahead"),
        "long": ({"starts_at": "2027-09-01T10:00", "ends_at": "2027-12-01T12:00"}, "too_long"),
        "zone": ({"starts_at": "2027-03-28T02:30", "ends_at": "2027-03-28T05:00"}, "no_such_time"),
    }
    for name, (times, code) in wrong.items():
        good = spec(f"wrong-{name}", hall("expo-forum"))
        zone = "Europe/Berlin" if name == "zone" else "Asia/Shanghai"
        item = good.programme[0].model_copy(
            update={key: datetime.fromisoformat(value) for key, value in times.items()}
        )
        bad = good.model_copy(update={"programme": (item,), "time_zone": zone})
        ids = act()
        await planner.send(SubmitVisit(**ids, visit=bad.visit, expected_revision=0, spec=bad))
        answer = await asyncio.wait_for(answers.get(), SOON_S)
        assert answer["command"] == ids["command"]
        assert answer["outcome"] == "invalid"
        assert code in {problem["code"] for problem in answer["problems"]}
        assert all(p["path"] and p["message"] and p["remedy"] for p in answer["problems"])
        assert await planner.visit(bad.visit) is None


async def test_five_thousand_needs_on_the_bus(system: System, planner: Planner) -> None:
    """The console refuses such a document; whoever writes to the bus finds it parked."""
    body = json.loads(
        SubmitVisit(
            **act(), visit="huge", expected_revision=0, spec=spec("huge", hall("expo-forum"))
        ).model_dump_json()
    )
    [need] = body["spec"]["programme"][0]["needs"]
    many = [{**need, "id": f"n{number}"} for number in range(5_000)]
    body["spec"]["programme"][0]["needs"] = many
    await planner.raw(SubmitVisit.subject(), json.dumps(body).encode())
    await planner.submit(spec("small", hall("expo-forum")))
    assert await planner.settled(["small"]) == {"small": "ready"}
    async with asyncio.timeout(SOON_S):
        while not parked(system, "visits"):
            await asyncio.sleep(0.1)
    assert parked(system, "visits") == {SubmitVisit.subject(): 1}
    assert await planner.visit("huge") is None


async def test_names_in_any_script(system: System, planner: Planner) -> None:
    title = {"zh": "🦢扎龙·丹顶鹤𠮷", "en": "Žluťoučký кирилица عربي \u0301 e\u0301 ﷽"}
    odd = spec("scripts", hall("expo-forum"), title=title, host="ØÆ 接待办 👩\u200d👩\u200d👧")
    await planner.submit(odd)
    assert await planner.settled(["scripts"]) == {"scripts": "ready"}
    view = await planner.visit("scripts")
    assert view is not None
    assert (view["title"], view["host"]) == (title, odd.host)


async def test_more_guests_than_any_hall_holds(system: System, planner: Planner) -> None:
    huge = spec("huge", {"id": "hall", "kind": "hall", "setup": "banquet"}, guests=90_000)
    await planner.submit(huge)
    assert await planner.settled(["huge"]) == {"huge": "blocked"}
    view = await planner.visit("huge")
    assert view is not None
    assert view["needs"][0]["refusal"]["code"] == "too_large"
    assert view["reasons"][0]["zh"]


async def test_the_same_command_twice_is_done_once(system: System, planner: Planner) -> None:
    answers = await planner.listen_to_answers()
    ids, one = act(), spec("twice", hall("expo-forum"))
    for _ in range(2):
        await planner.send(SubmitVisit(**ids, visit="twice", expected_revision=0, spec=one))
    told = [await asyncio.wait_for(answers.get(), SOON_S) for _ in range(2)]
    assert told[0] == told[1]
    assert told[0]["outcome"] == "accepted"
    view = await planner.visit("twice")
    assert view is not None
    assert view["revision"] == 1


async def test_two_planners_do_not_overwrite_each_other(system: System, planner: Planner) -> None:
    answers = await planner.listen_to_answers()
    await planner.submit(spec("shared", hall("expo-forum")))
    await asyncio.wait_for(answers.get(), SOON_S)
    for ends in ("13:00", "14:00"):
        await planner.submit(spec("shared", hall("expo-forum"), ends=ends), revision=1)
    outcomes = [(await asyncio.wait_for(answers.get(), SOON_S))["outcome"] for _ in range(2)]
    assert sorted(outcomes) == ["accepted", "conflict"]
