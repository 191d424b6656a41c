"""Parked messages through a real console and a real service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from deploy.docs import service_names
from services.console.parked_finding import SERVICES
from shared.contracts.holds import HoldsChanged
from tests.support.console import client_of, running_console, sort_of
from tests.support.nats import NatsServer
from tests.support.parking import SOON_S, Keeper, Person, body_of, effects, keeping, person

HOME = "/v1/parked/venues"
EVENT = HoldsChanged.subject("catering")


@dataclass
class Place:
    """Everything a test needs: the API, the service behind it, and someone who sends rubbish."""

    api: httpx.AsyncClient
    service: Any
    ann: Person

    async def rubbish(self, *names: str) -> None:
        for number, one in enumerate(names):
            await self.ann.send(EVENT, b"{", one)
            await self.ann.until_parked(number + 1, of="venues")

    async def write(self, method: str, path: str, key: str, **how: Any) -> httpx.Response:
        headers = {"Idempotency-Key": key, **how.pop("headers", {})}
        return await self.api.request(method, HOME + path, headers=headers, **how)

    async def over(self, path: str) -> dict[str, Any]:
        async with asyncio.timeout(SOON_S):
            while (view := (await self.api.get(path)).json())["state"] == "running":
                await asyncio.sleep(0.05)
        return dict(view)


@asynccontextmanager
async def place_at(bus: NatsServer, folder: Path) -> AsyncIterator[Place]:
    store = f"sqlite:///{folder / 'venues.db'}"
    async with (
        keeping(bus, store, Keeper(), "venues") as service,
        running_console(bus.url, folder) as address,
        client_of(address) as api,
        person(bus) as ann,
    ):
        yield Place(api, service, ann)


@pytest.fixture
async def place(bus: NatsServer, tmp_path: Path) -> AsyncIterator[Place]:
    async with place_at(bus, tmp_path) as made:
        yield made


def good(visit: str) -> str:
    return body_of(HoldsChanged(cause="c", actor="a", visit=visit, holds=()))


def test_every_service_can_be_asked() -> None:
    assert list(SERVICES) == service_names()


async def test_a_message_is_found_mended_and_replayed(place: Place) -> None:
    odd = "a/b c%?#|ü/body"
    await place.rubbish(odd)
    page = (await place.api.get("/v1/parked", params={"service": "venues"})).json()
    assert [one["id"] for one in page["messages"]] == [odd]
    path, body = (f"/{part}/{quote(odd, safe='')}" for part in ("messages", "bodies"))
    read = await place.api.get(HOME + path)
    assert (read.status_code, read.headers["etag"], read.json()["body"]) == (200, '"1"', "{")
    tag = {"If-Match": read.headers["etag"]}
    why = {"reason": "the sender was mended"}
    missing = await place.write("PUT", body, "k0", content=good("v-1"), params=why)
    assert sort_of(missing) == "revision-missing"
    wrong = await place.write("PUT", body, "k1", content='{"visit": "v"}', params=why, headers=tag)
    assert (wrong.status_code, sort_of(wrong)) == (422, "invalid-request")
    assert {(one["path"], one["code"]) for one in wrong.json()["errors"]} >= {("cause", "missing")}
    for _ in range(2):
        edited = await place.write("PUT", body, "k2", content=good("v-1"), params=why, headers=tag)
        assert edited.status_code == 200, edited.text
        assert (edited.json()["message"], edited.json()["revision"]) == (odd, 2)
        assert '+ "visit": "v-1"' in edited.json()["difference"]
        assert edited.headers["etag"] == '"2"'
    stale = await place.write("PUT", body, "k3", content=good("v-1"), params=why, headers=tag)
    assert (stale.status_code, sort_of(stale)) == (412, "revision-stale")
    asked = {"messages": [odd], "reason": "mended"}
    begun = await place.write("POST", "/replays", "k4", json=asked)
    assert begun.status_code == 201, begun.text
    again = await place.write("POST", "/replays", "k4", json=asked)
    assert again.text == begun.text and again.headers["idempotency-replayed"] == "true"
    assert begun.headers["location"] == begun.json()["status"]
    assert (await place.over(begun.json()["status"]))["done"] == 1
    assert await effects(place.service) == ["v-1"]
    read = (await place.api.get(HOME + path)).json()
    assert read["state"] == "done"
    assert [(act["kind"], act["reason"]) for act in read["acts"]] == [
        ("replay", "mended"), ("edit", "the sender was mended"),
    ]  # fmt: skip
    told = (await place.api.get(f"{HOME}/acts")).json()["acts"]
    assert [(act["kind"], act["outcome"]) for act in told] == [
        ("ended", "accepted"), ("replay", "accepted"), ("edit", "conflict"), ("edit", "accepted"),
    ]  # fmt: skip


async def told_of(place: Place) -> list[tuple[str, str, str]]:
    """What was done, how it ended and why, the newest first; each by whoever asked for it."""
    acts = (await place.api.get(f"{HOME}/acts")).json()["acts"]
    assert {act["actor"] for act in acts} == {"planner"}
    return [(act["kind"], act["outcome"], act["reason"]) for act in acts]


async def test_a_group_is_discarded_and_restored(place: Place) -> None:
    await place.rubbish("m-1", "m-2", "m-3")
    seen = (await place.api.get("/v1/parked/groups")).json()
    assert seen["totals"]["parked"] == 3
    [group] = seen["groups"]
    assert (group["service"], group["count"], group["error_class"]) == (
        "venues", 3, "ValidationError",
    )  # fmt: skip
    frozen = {"group": group["group"], "as_of": group["as_of"]}
    gone = await place.write("POST", "/discard", "k1", json={**frozen, "reason": "rubbish"})
    assert gone.status_code == 200, gone.text
    listed = await place.api.get("/v1/parked", params={"service": "venues", "state": "discarded"})
    assert len(listed.json()["messages"]) == 3
    back = await place.write(
        "POST", "/restore", "k2", json={"messages": ["m-1"], "reason": "not this"}
    )
    assert back.status_code == 200
    twice = await place.write(
        "POST", "/restore", "k3", json={"messages": ["m-1"], "reason": "not this"}
    )
    assert (twice.status_code, sort_of(twice)) == (409, "conflict")
    assert (await place.api.get("/v1/parked/groups")).json()["totals"] == {
        "parked": 1, "replaying": 0, "done": 0, "discarded": 2,
    }  # fmt: skip
    assert await told_of(place) == [
        ("restore", "conflict", "not this"), ("restore", "accepted", "not this"),
        ("discard", "accepted", "rubbish"),
    ]  # fmt: skip


async def test_pages_and_services_that_are_away(place: Place) -> None:
    await place.rubbish("m-1", "m-2", "m-3")
    found, path = [], "/v1/parked?service=venues&limit=2"
    while path:
        page = (await place.api.get(path)).json()
        found.append([one["id"] for one in page["messages"]])
        path = page["next"]
    assert found == [["m-1", "m-2"], ["m-3"]]
    whole = (await place.api.get("/v1/parked")).json()
    assert [one["id"] for one in whole["messages"]] == ["m-1", "m-2", "m-3"]
    assert "visits" in whole["away"] and "venues" not in whole["away"]
    away = await place.api.get("/v1/parked", params={"service": "visits"})
    assert (away.status_code, sort_of(away)) == (503, "owner-away")


async def test_a_replay_is_stopped(place: Place) -> None:
    await place.rubbish("m-1", "m-2", "m-3")
    asked = {"messages": ["m-1", "m-2", "m-3"], "per_s": 0.05, "reason": "try"}
    begun = await place.write("POST", "/replays", "k1", json=asked)
    path = begun.json()["status"].removeprefix(HOME)
    rate = {"per_s": 0.04, "reason": "slower"}
    paced = await place.write("PUT", f"{path}/rate", "k3", json=rate)
    assert paced.status_code == 200, paced.text
    assert (await place.api.get(HOME + path)).json()["per_s"] == 0.04
    wrong = await place.write("PUT", f"{path}/rate", "k4", json={**rate, "per_s": 0})
    assert wrong.status_code == 422 and wrong.json()["errors"][0]["path"] == "per_s"
    stopped = await place.write("DELETE", path, "k2", params={"reason": "no"})
    assert stopped.status_code == 200, stopped.text
    view = (await place.api.get(HOME + path)).json()
    assert (view["state"], view["waiting"]) == ("stopped", 0)
    assert view["left"] >= 2
    assert await told_of(place) == [
        ("ended", "accepted", "stopped"), ("stop", "accepted", "no"),
        ("pace", "accepted", "slower"), ("replay", "accepted", "try"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("path", "body", "where"),
    [
        ("/discard", {"messages": ["m"]}, "reason"),
        ("/discard", {"reason": "r"}, ""),
        ("/discard", {"group": "g", "reason": "r"}, ""),
        ("/replays", {"messages": ["m"], "reason": "r", "per_s": 0}, "per_s"),
        ("/replays", {"messages": ["m"], "reason": "r", "speed": 1}, "speed"),
        ("/replays", {"messages": ["m" * 201], "reason": "r"}, "messages[0]"),
    ],
)
async def test_what_is_wrong_is_told(
    place: Place, path: str, body: dict[str, Any], where: str
) -> None:
    told = await place.write("POST", path, "k", json=body)
    assert (told.status_code, sort_of(told)) == (422, "invalid-request")
    assert where in {one.get("path", "") for one in told.json()["errors"]}


async def test_what_is_not_there_is_told(place: Place) -> None:
    for path in ("/v1/parked/nobody/messages/m", f"{HOME}/messages/m", f"{HOME}/replays/r"):
        told = await place.api.get(path)
        assert (told.status_code, sort_of(told)) == (404, "not-found")
    every = await place.api.get("/v1/parked", params={"service": "venues", "state": "any"})
    assert every.json()["messages"] == []
    for bad in ("x", "2027-99-99T00:00:00Z|m", "2027-01-01T00:00:00Z|"):
        told = await place.api.get("/v1/parked", params={"after": bad})
        assert (told.status_code, sort_of(told)) == (422, "invalid-request")
    none = await place.write("POST", "/discard", "k", json={"messages": ["m"], "reason": "r"})
    assert (none.status_code, sort_of(none)) == (404, "not-found")
