"""The stream of changes and the page that lives on it; a real process that stops in time."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.console.live import MAX_WAITING, MEMORY, Hub
from services.console.words import language_of
from shared.chassis import limits
from shared.contracts.visits import VisitChanged
from tests.support.console import (
    SUMMARY,
    bearer,
    client_of,
    running_console,
    running_owner,
    token_in,
)
from tests.support.nats import NatsServer
from tests.support.ports import free_port
from tests.support.system import READY_WITHIN_S

ROOT = Path(__file__).resolve().parents[2]
STOPPED_S = 60
Told = tuple[str, str, Any]


def change(visit: str, sequence: int = 1) -> VisitChanged:
    state = {"visit": visit, "revision": 1, "sequence": sequence, **SUMMARY}
    return VisitChanged.model_validate({"cause": "c", "actor": "visits", "state": state})


def everything(_station: str | None) -> bool:
    return True


class Listener:
    """Reads one stream of events; a comment counts as an event named `comment`."""

    def __init__(self, response: httpx.Response) -> None:
        self.response = response
        self._lines = response.aiter_lines()

    async def next(self, name: str | None = None, within_s: float = 60) -> Told:
        """The next event (of that name): its name, id and data."""
        async with asyncio.timeout(within_s):
            while True:
                told = await self._one()
                if name is None or told[0] == name:
                    return told

    async def _one(self) -> Told:
        fields: dict[str, str] = {}
        async for line in self._lines:
            if not line and "event" in fields:
                data = fields.get("data", "")
                value = json.loads(data) if data.startswith("{") else data
                return fields["event"], fields.get("id", ""), value
            name, _, text = line.partition(":")
            fields[name] = text.strip()
        raise EOFError


@asynccontextmanager
async def listening(
    client: httpx.AsyncClient, last_id: str | None = None, path: str = "/v1/events"
) -> AsyncIterator[Listener]:
    headers = {"Last-Event-ID": last_id} if last_id else {}
    async with client.stream("GET", path, headers=headers) as response:
        yield Listener(response)


async def test_changes_are_streamed_and_resumed(nats_server: NatsServer, tmp_path: Path) -> None:
    bus = nats_server.url
    async with (
        running_console(bus, tmp_path) as address,
        running_owner(bus) as owner,
        client_of(address) as client,
    ):
        async with listening(client) as stream:
            assert stream.response.headers["content-type"].startswith("text/event-stream")
            assert "content-security-policy" in stream.response.headers
            name, start, _ = await stream.next()
            assert name == "hello"
            await owner.change("v-1", 3)
            _, first, line = await stream.next("visit_changed")
            assert (line["visit"], line["sequence"]) == ("v-1", 3)
        await owner.change("v-2", 1)
        await owner.change("v-2", 2)
        async with listening(client, start) as stream:
            missed = [(await stream.next("visit_changed"))[2] for _ in range(2)]
            assert [(one["visit"], one["sequence"]) for one in missed] == [("v-1", 3), ("v-2", 2)]
        async with listening(client, first) as stream:
            assert (await stream.next("visit_changed"))[2]["visit"] == "v-2"
        for strange in ("nobody-1", f"{start.partition('-')[0]}-999", "x" * 50):
            async with listening(client, strange) as stream:
                assert (await stream.next("reload"))[1] != strange


async def test_a_bus_that_was_away_means_reload(bus: NatsServer, tmp_path: Path) -> None:
    async with (
        running_console(bus.url, tmp_path) as address,
        client_of(address) as client,
        listening(client) as stream,
    ):
        bus.kill()
        while (await stream.next("bus"))[2] != "away":
            pass
        bus.start()
        await stream.next("reload")


def told(hub: Hub, last_id: str | None = None) -> Any:
    """The stream of one client, to be read with `anext`."""
    return hub.stream(last_id, everything).body_iterator


async def test_a_slow_client_gets_the_newest_and_bounded_memory() -> None:
    hub = Hub("e")
    stream = told(hub)
    assert (await anext(stream)).event == "hello"
    assert (await anext(stream)).event == "bus"
    for sequence in range(1, 4):
        hub.changed(change("v-1", sequence))
    only = await anext(stream)
    assert json.loads(only.data)["sequence"] == 3 and only.id == "e-3"
    for visit in ("v-1", "v-2", "v-1"):
        hub.changed(change(visit))
    assert [(await anext(stream)).id for _ in range(2)] == ["e-5", "e-6"]
    for number in range(MAX_WAITING + 1):
        hub.changed(change(f"w-{number}"))
    assert (await anext(stream)).event == "reload"
    hub.changed(change("v-1", 9))
    assert json.loads((await anext(stream)).data)["sequence"] == 9
    await stream.aclose()
    assert hub._clients == set()


async def test_memory_for_resuming_is_bounded() -> None:
    hub = Hub("e")
    for number in range(MEMORY + 5):
        hub.changed(change(f"v-{number % 7}", number))
    late, fresh = told(hub, "e-2"), told(hub, f"e-{MEMORY + 4}")
    assert [(await anext(late)).event for _ in range(2)] == ["bus", "reload"]
    assert (await anext(fresh)).event == "bus"
    assert (await anext(fresh)).id == f"e-{MEMORY + 5}"


async def test_streams_are_capped(nats_server: NatsServer, tmp_path: Path) -> None:
    hub = Hub("e", max_streams=1)
    stream = told(hub)
    await anext(stream)
    await anext(stream)
    with pytest.raises(Exception, match="too-many-streams"):
        hub.stream(None, everything)
    await stream.aclose()
    hub.stream(None, everything)


async def test_page_lists_visits_in_both_languages(nats_server: NatsServer, tmp_path: Path) -> None:
    bus = nats_server.url
    async with (
        running_console(bus, tmp_path) as address,
        running_owner(bus) as owner,
        client_of(address) as client,
    ):
        evil = {"zh": "<script>alert(1)</script>", "en": '"><img src=x>'}
        owner.visits["v-1"] = {"visit": "v-1", "revision": 1, "sequence": 4, **SUMMARY,
                               "title": evil, "proposal": "open"}  # fmt: skip
        chinese = await client.get("/", headers={"Accept-Language": "zh-CN,en;q=0.5"})
        assert 'lang="zh-CN"' in chinese.text and "来访一览" in chinese.text
        assert "2027-09-14 10:00" in chinese.text and "可提交" in chinese.text
        assert "<script>alert" not in chinese.text and "&lt;script&gt;" in chinese.text
        assert 'data-visit="v-1" data-sequence="4"' in chinese.text
        english = await client.get("/?lang=en")
        assert "Visits" in english.text and "1,000.00 CNY" in english.text
        assert "<img src=x" not in english.text
        filtered = await client.get("/?lang=en&phase=ready&line=event&text=%22%3E%3Cb%3E")
        assert filtered.status_code == 200 and "<b>" not in filtered.text
        asked = owner.queries[-1][1]
        assert (asked["phase"], asked["line"], asked["text"]) == ("ready", "event", '"><b>')
        assert (await client.get("/?phase=nonsense")).status_code == 200
        for n in range(60):
            owner.visits[f"w-{n:02}"] = {**owner.visits["v-1"], "visit": f"w-{n:02}"}
        first = await client.get("/?lang=en")
        assert first.text.count('<tr id="visit-') == 50 and 'rel="next"' in first.text
        assert " style=" not in first.text and "<style" not in first.text


@pytest.mark.parametrize(
    ("asked", "accepted", "language"),
    [
        (None, "", "zh"),
        (None, "en-GB,en;q=0.9", "en"),
        (None, "de, en;q=0.3, zh;q=0.8", "zh"),
        (None, "en;q=x", "zh"),
        ("en", "zh", "en"),
        ("fr", "en", "en"),
    ],
)
def test_language(asked: str | None, accepted: str, language: str) -> None:
    assert language_of(asked, accepted) == language


async def _is_ready(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("/ready")).status_code == 200
    except httpx.TransportError:
        return False


@pytest.mark.parametrize("path", ["/v1/events", "/stream?topic=visits:en"])
async def test_an_open_stream_does_not_hold_a_stopping_process(
    nats_server: NatsServer, tmp_path: Path, path: str
) -> None:
    port = free_port()
    environment = {**os.environ, "REDCROWN_NATS_URL": nats_server.url,
                   "REDCROWN_DATA_DIR": str(tmp_path), "REDCROWN_PORT": str(port)}  # fmt: skip
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.console", cwd=ROOT, env=environment,
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        async with client_of(f"http://127.0.0.1:{port}", "") as client:
            async with asyncio.timeout(READY_WITHIN_S):
                while not await _is_ready(client):
                    await asyncio.sleep(0.05)
            client.headers.update(bearer(token_in(tmp_path)))
            async with listening(client, path=path) as stream:
                await stream.next("hello" if path == "/v1/events" else "bus")
                process.send_signal(signal.SIGTERM)
                assert STOPPED_S < limits.STREAM_S, "else it might have waited for the stream"
                code = await asyncio.wait_for(process.wait(), STOPPED_S)
                assert code in (0, -signal.SIGTERM)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
