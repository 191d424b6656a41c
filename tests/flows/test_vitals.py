"""Beats, pauses and drained services on a real bus, through a real console."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from shared.chassis.service import Service
from shared.contracts.holds import HoldsChanged, ReleaseHolds
from shared.contracts.parking_reading import ListParked, ParkedPage
from shared.contracts.vitals import Beat, SetIntake
from tests.support.console import client_of, running_console
from tests.support.nats import NatsServer
from tests.support.parking import (
    SOON_S,
    WHO,
    Keeper,
    Person,
    body_of,
    effects,
    keeping,
    person,
)

EVENTS = HoldsChanged.consumer("venues")
COMMANDS = ReleaseHolds.consumer("venues")


@dataclass
class Place:
    """A console, one service behind it, and someone who sends messages."""

    api: httpx.AsyncClient
    service: Service
    ann: Person
    keeper: Keeper

    async def now(self) -> dict[str, Any]:
        answer = await self.api.get("/v1/now")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def until(self, right: Callable[[dict[str, Any]], Any]) -> dict[str, Any]:
        """The first answer that is right."""
        found: dict[str, Any] = {}
        try:
            async with asyncio.timeout(SOON_S):
                while not right(found := await self.now()):
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AssertionError(f"still {found}") from error
        return found

    async def lever(self, path: str, key: str, **told: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key}
        return await self.api.post(f"/v1/services/venues/{path}", headers=headers, json=told)

    async def effects(self) -> list[str]:
        return await effects(self.service)

    async def until_effects(self, *visits: str) -> None:
        async with asyncio.timeout(SOON_S):
            while await self.effects() != sorted(visits):
                await asyncio.sleep(0.05)


@asynccontextmanager
async def place_at(bus: NatsServer, folder: Path) -> AsyncIterator[Place]:
    store, keeper = f"sqlite:///{folder / 'venues.db'}", Keeper()
    async with (
        running_console(bus.url, folder) as address,
        client_of(address) as api,
        keeping(bus, store, keeper, "venues") as service,
        person(bus) as ann,
    ):
        yield Place(api, service, ann, keeper)


@pytest.fixture
async def place(bus: NatsServer, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(bus, tmp_path) as made:
        yield made


def of(now: dict[str, Any], consumer: str = EVENTS) -> dict[str, Any]:
    return next((one for one in now["consumers"] if one["consumer"] == consumer), {})


def line(now: dict[str, Any], service: str = "venues") -> dict[str, Any]:
    return next(one for one in now["services"] if one["service"] == service)


def codes(now: dict[str, Any], service: str = "venues") -> list[str]:
    return [one["code"] for one in now["findings"] if one["service"] == service]


def held(now: dict[str, Any]) -> set[str]:
    return {one["consumer"] for one in now["consumers"]
            if one["service"] == "venues" and one["paused_until"]}  # fmt: skip


async def test_who_lives_is_seen_and_who_is_not_there_is_missed(place: Place) -> None:
    now = await place.until(lambda one: line(one)["state"] == "alive" and one["streams"])
    [process] = line(now)["processes"]
    assert abs(process["offset_s"]) < 5
    assert (line(now)["store"], len(process["code"])) == ("sqlite", 12)
    assert {one["stream"] for one in now["streams"]} == {"COMMANDS", "EVENTS", "PARKED"}
    assert (now["live"], now["server"]) == (True, "n1")
    now = await place.until(lambda one: codes(one, "visits") == ["silent"])
    assert now["needing"] >= 1
    assert now["findings"][0]["harm"]["zh"] != now["findings"][0]["harm"]["en"]


async def test_beats_are_stored_by_no_stream(place: Place) -> None:
    heard: list[Beat] = []

    async def hear(message: Any) -> None:
        heard.append(Beat.model_validate_json(message.data))

    client = place.ann._client
    await client.subscribe(Beat.subject("*"), cb=hear)
    async with asyncio.timeout(SOON_S):
        while {one.service for one in heard} != {"venues", "console"}:
            await asyncio.sleep(0.05)
    found = [
        await client.jetstream().stream_info(name) for name in ("COMMANDS", "EVENTS", "PARKED")
    ]
    assert all("sig" not in "".join(one.config.subjects or ()) for one in found)


async def test_who_stops_says_so(bus: NatsServer, tmp_path: Path) -> None:
    async with running_console(bus.url, tmp_path) as address, client_of(address) as api:
        place = Place(api, None, None, Keeper())  # type: ignore[arg-type]
        store = f"sqlite:///{tmp_path / 'venues.db'}"
        async with keeping(bus, store, Keeper(), "venues"):
            await place.until(lambda one: line(one)["state"] == "alive")
        now = await place.until(lambda one: "left" in codes(one))
        assert line(now)["state"] == "left"


async def test_what_was_handled_and_what_fails_is_counted(place: Place) -> None:
    place.keeper.cursed.add("cursed")
    await place.until(lambda one: of(one).get("looked_at"))
    for visit in ("a", "b", "c", "cursed"):
        await place.ann.event(visit)
    await place.until(lambda one: of(one)["out_per_s"] > 0 and of(one)["retried_per_s"] > 0)
    await place.until(lambda one: of(one)["in_flight"] == 1 and line(one)["commit_p50_ms"])


async def test_what_waits_for_a_person_at_the_service_is_told_and_found(place: Place) -> None:
    place.service.vitals.undecided = lambda session: 2
    await place.ann.event("written")  # Nobody looks at a store in which nothing was written.
    found = await place.until(lambda now: "undecided" in [one["code"] for one in now["findings"]])
    (line,) = [one for one in found["services"] if one["service"] == "venues"]
    assert line["undecided"] == 2


async def test_a_pause_holds_messages_back_and_its_end_lets_them_go(place: Place) -> None:
    await place.until(lambda one: of(one).get("looked_at"))
    done = await place.lever(f"consumers/{EVENTS}/pause", "p1", minutes=60, reason="a fix comes")
    assert done.status_code == 200, done.text
    now = await place.until(lambda one: of(one)["paused_until"])
    assert (of(now)["reason"], of(now)["drained"]) == ("a fix comes", False)
    await place.ann.event("later")
    await place.until(lambda one: of(one)["waiting"] == 1 and codes(one) == ["paused"])
    release = ReleaseHolds(cause="c", actor="a", visit="other", holds=("h",))
    await place.ann.send(ReleaseHolds.subject("venues"), body_of(release).encode())
    await place.until_effects("other")
    done = await place.lever(f"consumers/{EVENTS}/resume", "r1", reason="it is fixed")
    assert done.status_code == 200, done.text
    await place.until_effects("later", "other")
    await place.until(lambda one: not of(one)["paused_until"] and codes(one) == [])


async def test_a_pause_ends_by_itself_while_the_service_is_away(
    bus: NatsServer, tmp_path: Path
) -> None:
    """The shortest pause is a minute; the command is sent by hand for a shorter one."""
    store, keeper = f"sqlite:///{tmp_path / 'venues.db'}", Keeper()
    async with person(bus) as ann:
        async with keeping(bus, store, keeper, "venues") as service:
            until = service.clock.now() + timedelta(seconds=8)
            command = SetIntake(cause="c", actor="ann", command="c", reason="soon over",
                                durable=EVENTS, paused_until=until)  # fmt: skip
            await ann.send(SetIntake.subject("venues"), body_of(command).encode())
            async with asyncio.timeout(SOON_S):
                while not service.vitals.paused().get(EVENTS):
                    await asyncio.sleep(0.02)
            await ann.event("later")
            assert await effects(service) == []
        async with keeping(bus, store, keeper, "venues") as service:
            async with asyncio.timeout(SOON_S):
                while (seen := await effects(service)) != ["later"]:
                    assert not seen
                    await asyncio.sleep(0.05)
            assert service.clock.now() >= until


async def test_a_bus_that_was_wiped_is_told_again(place: Place, bus: NatsServer) -> None:
    await place.until(lambda one: of(one).get("looked_at"))
    await place.lever(f"consumers/{EVENTS}/pause", "p1", minutes=60, reason="a fix comes")
    await place.until(lambda one: of(one)["paused_until"])
    bus.kill()
    bus.wipe()
    gone = await place.until(lambda one: not one["live"])
    assert [one["code"] for one in gone["findings"]] == ["bus_away"]
    bus.start()
    manager = place.ann._client.jsm()
    async with asyncio.timeout(SOON_S):
        while True:
            try:
                if (await manager.consumer_info("EVENTS", EVENTS)).paused:
                    break
            except Exception:
                await asyncio.sleep(0.1)
    await place.until(lambda one: one["live"] and of(one)["paused_until"])


async def test_a_drained_service_takes_nothing_and_answers(place: Place) -> None:
    await place.until(lambda one: of(one).get("looked_at"))
    done = await place.lever("drain", "d1", minutes=10, reason="new disk")
    assert done.status_code == 200, done.text
    takes = {one.durable for one in place.service.use.takes} - {SetIntake.consumer("venues")}
    # One consumer after the other is paused, and each is looked at on its own.
    await place.until(lambda one: line(one)["state"] == "drained" and of(one)["drained"]
                      and held(one) == takes and codes(one) == ["drained"])  # fmt: skip
    await place.ann.event("later")
    await place.until(lambda one: of(one)["waiting"] == 1)
    await place.ann.ask(ListParked(**WHO), ParkedPage, "venues")
    assert await place.effects() == []
    await place.lever("resume", "d2", reason="it is in")
    await place.until_effects("later")
    await place.until(lambda one: line(one)["state"] == "alive")


async def test_an_act_is_done_once_and_stands_with_its_reason(place: Place) -> None:
    await place.until(lambda one: of(one).get("looked_at"))
    path = f"consumers/{COMMANDS}/pause"
    first = await place.lever(path, "k", minutes=5, reason="one")
    again = await place.lever(path, "k", minutes=5, reason="one")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert first.json() == again.json()
    acts = (await place.api.get(first.json()["status"], params={"limit": 1})).json()
    [act] = acts["acts"]
    assert (act["consumer"], act["reason"], act["outcome"]) == (COMMANDS, "one", "accepted")
    assert (acts["next"], (await place.api.get("/v1/services/venues/intake")).status_code) == (
        None, 200,
    )  # fmt: skip
    lines = (await place.api.get("/v1/audit")).json()
    assert any(one["resource"].endswith(path) for one in lines.get("lines", []))


@pytest.mark.parametrize(
    ("path", "told", "status"),
    [
        (f"consumers/{EVENTS}/pause", {"minutes": 5}, 422),
        (f"consumers/{EVENTS}/pause", {"minutes": 0, "reason": "r"}, 422),
        (f"consumers/{EVENTS}/pause", {"minutes": 721, "reason": "r"}, 422),
        (f"consumers/{EVENTS}/pause", {"minutes": 5, "reason": ""}, 422),
        (f"consumers/{SetIntake.consumer('venues')}/pause", {"minutes": 5, "reason": "r"}, 422),
        ("consumers/venues-unheard_of-v1/pause", {"minutes": 5, "reason": "r"}, 404),
    ],
)
async def test_what_cannot_be_done_is_refused(
    place: Place, path: str, told: dict[str, Any], status: int
) -> None:
    assert (await place.lever(path, "k", **told)).status_code == status
    wrong = await place.api.post("/v1/services/nobody/drain", headers={"Idempotency-Key": "x"},
                                 json={"minutes": 5, "reason": "r"})  # fmt: skip
    assert wrong.status_code == 404
