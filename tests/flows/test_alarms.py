"""Alarms of a real console on a real bus and store, carried by the real notifications service."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import nats
import orjson
import pytest
from sqlalchemy.exc import IntegrityError

from services.console import alarm_rules, alarm_store, bounds
from services.console.alarm_hotels import ROOMS_LOST
from services.console.alarm_look import Look, Rule
from services.console.alarm_store import ALARMS
from services.console.alarm_watch import Watch
from services.console.door import Console
from services.console.picture import Level
from services.console.roles import Role
from services.notifications.main import build
from services.notifications.settings import NotificationsSettings
from shared.contracts.alarms import AlarmRang
from shared.contracts.notices import ListNotices
from shared.contracts.values import Text
from tests.flows.test_access import make_account
from tests.support.console import CONSOLES, bearer, client_of, running_console, sort_of
from tests.support.nats import NatsServer

SOON_S = 60.0
RULE = Rule("store_slow", Level.ALARM, limit=1, calm=1, after_s=0, clear_s=0)
SEED = """\
contacts:
  - {id: duty-east, name: {zh: 值班岗, en: Duty post}, role: duty, language: en,
     ways: [{channel: email, address: duty@example.org}]}
  - {id: desk, name: {zh: 值班台, en: Desk}, role: desk, language: en,
     ways: [{channel: email, address: desk@example.org}]}
"""


def look(about: str = "venues", sentence: str = "commits are slow") -> Look:
    text = Text(zh=f"{sentence}（中）", en=sentence)
    return Look(RULE, about, 2, text, text, service=about)


@dataclass
class Place:
    """A console whose watch is wound by hand, and its API."""

    console: Console
    api: httpx.AsyncClient
    folder: Path

    async def raise_(self, *some: Look) -> None:
        await self.console.service.writer.run(lambda work: alarm_store.add(work, some))

    async def alarms(self, **query: Any) -> list[dict[str, Any]]:
        answer = await self.api.get("/v1/alarms", params=query)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["alarms"])

    async def until(self, right: Callable[[list[dict[str, Any]]], Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(SOON_S):
                while not right(found := await self.alarms()):
                    await asyncio.sleep(0.05)
        except TimeoutError as error:
            raise AssertionError(f"still {found}") from error
        return found

    async def call(self) -> int:
        """Tell of what stands; how many."""
        standing = await self.console.service.read(alarm_store.standing)
        return await self.console.service.writer.run(lambda work: alarm_store.call(work, standing))

    def letters(self) -> list[EmailMessage]:
        found = sorted((self.folder / "letters").glob("**/*.eml"))
        return [message_from_bytes(one.read_bytes(), policy=policy.default)  # type: ignore[misc]
                for one in found]  # fmt: skip

    async def until_letters(self, many: int) -> list[EmailMessage]:
        async with asyncio.timeout(SOON_S):
            while len(self.letters()) < many:
                await asyncio.sleep(0.05)
        return self.letters()


@pytest.fixture
async def place(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    monkeypatch.setattr(Watch, "run", _never)
    async with running_console(bus.url, tmp_path) as address, client_of(address) as api:
        yield Place(CONSOLES[address], api, tmp_path)


async def _never(self: Watch) -> None:
    await asyncio.Event().wait()


@asynccontextmanager
async def notifications(bus: NatsServer, folder: Path) -> AsyncIterator[None]:
    seed = folder / "seed"
    seed.mkdir(exist_ok=True)
    (seed / "notifications.yaml").write_text(SEED)
    settings = NotificationsSettings(
        _env_file=None, nats_url=bus.url, data_dir=folder, seed_dir=seed,
        store_url=f"sqlite:///{folder / 'notifications.db'}",
    )  # type: ignore[call-arg]  # fmt: skip
    service = build(settings)
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield


async def test_a_duty_post_is_told_once_per_call_and_nobody_else(
    place: Place, bus: NatsServer
) -> None:
    async with notifications(bus, place.folder):
        await place.raise_(look())
        assert await place.call() == 1
        [letter] = await place.until_letters(1)
        [alarm] = await place.alarms()
        assert letter["To"] == "duty@example.org"
        assert letter["Subject"] == "Alarm: commits are slow"
        assert f"/alarms/{alarm['id']}" in letter.get_content()
        assert alarm["calls"] == 1
        # The same call again, as a bus that was put back would: nothing more is made.
        event = AlarmRang(
            cause=alarm["id"], actor="console", alarm=alarm["id"], call=1, rule="store_slow",
            level="alarm", sentence=look().sentence, harm=look().harm,
            raised_at=alarm["raised_at"], called_at=alarm["called_at"], page="/alarms/x",
        )  # fmt: skip
        client = await nats.connect(bus.url)
        for number in range(3):
            await client.jetstream().publish(
                AlarmRang.subject(), event.model_dump_json().encode(),
                headers={"content-type": "application/json", "Nats-Msg-Id": f"again-{number}"},
            )  # fmt: skip
        await place.call()  # The second call.
        second = (await place.until_letters(2))[-1]
        assert "call 2" in second.get_content()
        query = ListNotices(cause="read", actor="t", visit=alarm["id"])
        told = await client.request(query.subject(), query.model_dump_json().encode(), timeout=30,
                                    headers={"content-type": "application/json"})  # fmt: skip
        notices = orjson.loads(told.data)["notices"]
        assert [(one["recipient"], one["role"]) for one in notices] == [("duty-east", "duty")] * 2
        await client.close()
        page = await place.api.get(f"/alarms/{alarm['id']}?lang=en")
        assert page.status_code == 200 and page.text.count("duty-east") == 2


async def test_who_acknowledges_first_stays_and_it_is_audited(place: Place) -> None:
    await place.raise_(look())
    [alarm] = await place.alarms()
    other = bearer(make_account(place.folder, "ops", Role.OPERATIONS))
    address = f"/v1/alarms/{alarm['id']}/acknowledgement"
    first = await place.api.put(address)
    again = await place.api.put(address, headers=other)
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["acknowledged_by"] == first.json()["acknowledged_by"] == "planner"
    assert again.json()["acknowledged_at"] == first.json()["acknowledged_at"]
    assert await place.call() == 0
    auditor = bearer(make_account(place.folder, "auditor", Role.AUDITOR))
    lines = (await place.api.get("/v1/audit?limit=500", headers=auditor)).json()["lines"]
    acts = [(one["principal"], one["route"], one["status"]) for one in lines
            if one["resource"] == address]  # fmt: skip
    route = "/v1/alarms/{alarm}/acknowledgement"
    assert acts == [("planner", route, 200), ("ops", route, 200)]
    planner = bearer(make_account(place.folder, "plan", Role.PLANNER))
    assert sort_of(await place.api.put(address, headers=planner)) == "forbidden"
    assert sort_of(await place.api.put(address, headers=auditor)) == "forbidden"
    assert (await place.api.get("/v1/alarms", headers=auditor)).status_code == 200


async def test_a_silence_outlives_the_alarm(place: Place) -> None:
    service = place.console.service
    await place.raise_(look())
    [alarm] = await place.alarms()
    address = f"/v1/alarms/{alarm['id']}/silence"
    bad = await place.api.put(address, json={"minutes": 5, "reason": ""})
    assert sort_of(bad) == "invalid-request"
    too_long = {"minutes": bounds.ALARM_SILENCE_MAX_S / 60 + 1, "reason": "x"}
    assert sort_of(await place.api.put(address, json=too_long)) == "invalid-request"
    done = await place.api.put(address, json={"minutes": 5, "reason": "a new disk comes"})
    assert done.json()["silence_reason"] == "a new disk comes"
    await service.writer.run(lambda work: alarm_store.clear(work, [look().key]))
    assert sort_of(await place.api.put(address, json={"minutes": 5, "reason": "x"})) == "conflict"
    await place.raise_(look())
    [again] = await place.alarms(state="open")
    assert again["id"] != alarm["id"] and again["silenced_until"] == done.json()["silenced_until"]
    heard = await place.api.delete(f"/v1/alarms/{again['id']}/silence")
    assert heard.json()["silenced_until"] is None


async def test_of_one_key_one_alarm_stands_whatever_two_consoles_do(place: Place) -> None:
    await asyncio.gather(*(place.raise_(look()) for _ in range(5)))
    assert len(await place.alarms()) == 1
    standing = await place.console.service.read(alarm_store.standing)
    # Two consoles that saw the same state: one of them calls.
    told = [await place.console.service.writer.run(lambda w: alarm_store.call(w, standing))
            for _ in range(2)]  # fmt: skip
    assert told == [1, 0]
    row = {**standing[0].model_dump(mode="python"), "id": "alarm-twin", "level": "alarm"}
    with pytest.raises(IntegrityError):
        await place.console.service.writer.run(
            lambda work: work.connection.execute(ALARMS.insert(), row)
        )


async def test_pages_of_alarms(place: Place) -> None:
    await place.raise_(*(look(f"s-{n}") for n in range(5)))
    first = (await place.api.get("/v1/alarms?state=open&limit=2")).json()
    rest = (await place.api.get(first["next"])).json()
    assert [one["about"] for one in first["alarms"] + rest["alarms"]] == ["s-4", "s-3", "s-2",
                                                                         "s-1"]  # fmt: skip
    last = (await place.api.get(rest["next"])).json()
    assert [one["about"] for one in last["alarms"]] == ["s-0"] and last["next"] is None
    assert await place.alarms(state="cleared") == []
    lost = replace(look("v/lakeside"), rule=ROOMS_LOST, service="", visit="v")
    await place.raise_(lost)
    page = (await place.api.get(f"/alarms/{(await place.alarms())[0]['id']}?lang=en")).text
    for part in ("lodge guests in its roster", 'href="/hotels/lakeside"', 'href="/visits/v"'):
        assert part in page, "who sees to it, how, and where"
    assert sort_of(await place.api.get("/v1/alarms/alarm-unknown")) == "not-found"


async def test_what_was_cleared_long_ago_is_forgotten(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    service = place.console.service
    await place.raise_(look(), look("visits"))
    await service.writer.run(lambda work: alarm_store.clear(work, [look().key]))
    await service.writer.run(alarm_store.forget)
    assert len(await place.alarms()) == 2
    monkeypatch.setattr(bounds, "ALARMS_KEEP_S", -1.0)
    await service.writer.run(alarm_store.forget)
    assert [one["about"] for one in await place.alarms()] == ["visits"]


async def test_the_watch_raises_what_is_missing_and_clears_it(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All services but the console are missing; then one comes, and its letter tells of another."""
    quick = replace(alarm_rules.SERVICE_MISSING, after_s=1.0, clear_s=1.0)
    monkeypatch.setattr(alarm_rules, "SERVICE_MISSING", quick)
    monkeypatch.setitem(alarm_rules.BY_NAME, quick.name, quick)
    monkeypatch.setattr(bounds, "ALARM_LOOK_S", 0.2)
    async with running_console(bus.url, tmp_path) as address, client_of(address) as api:
        place = Place(CONSOLES[address], api, tmp_path)
        missing = await place.until(
            lambda some: {"notifications", "visits"} <= {one["about"] for one in some}
        )
        assert {one["rule"] for one in missing} == {"service_missing"}
        assert all(one["cleared_at"] is None for one in missing)
        assert "No process of visits is heard" in (await api.get("/alarms?lang=en")).text
        assert (await api.get("/now?lang=en")).text.count("No process of") >= 5
        async with notifications(bus, tmp_path):
            found = await place.until(
                lambda some: any(one["cleared_at"] for one in some if one["service"] ==
                                 "notifications")
            )  # fmt: skip
            assert [one["about"] for one in found if one["cleared_at"]] == ["notifications"]
            letters = await place.until_letters(len(found))
            assert any("visits" in str(one["Subject"]) for one in letters)
        assert len({one["key"] for one in found}) == len(found)


async def test_who_was_called_is_told_that_it_is_over(place: Place, bus: NatsServer) -> None:
    service = place.console.service

    async def clear() -> None:
        await service.writer.run(lambda work: alarm_store.clear(work, [look().key]))

    async with notifications(bus, place.folder):
        await place.raise_(look(), look("quiet"))
        standing = await service.read(alarm_store.standing)
        loud = [one for one in standing if one.about == "venues"]
        assert await service.writer.run(lambda work: alarm_store.call(work, loud)) == 1
        await place.until_letters(1)
        # Two consoles saw it; an alarm that nobody was called to is over in silence.
        await asyncio.gather(clear(), clear())
        await service.writer.run(lambda work: alarm_store.clear(work, [look("quiet").key]))
        await place.raise_(look("visits"))
        await place.call()
        letters = await place.until_letters(3)
        told = sorted(str(one["Subject"]) for one in letters)
        assert told == ["Alarm: commits are slow"] * 2 + ["Over: commits are slow"]
        assert await place.alarms(state="open") != []
