"""What lives on pages: rendered once for all, sent when it changed, seen by who may see it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request

from services.console import topics
from services.console.api_fragments import login_of
from services.console.fragments import Desk
from services.console.problems import ProblemError
from services.console.roles import Principal, Role
from services.console.topics import Asked, Fragments, Key, Topic
from shared.chassis import limits
from shared.chassis.clock import SystemClock
from tests.support.accounts import make_account
from tests.support.console import SUMMARY, client_of, running_console, running_owner
from tests.support.nats import NatsServer

PLANNER = Principal("p", frozenset({Role.PLANNER}))
OTHER = Principal("q", frozenset({Role.PLANNER}))


async def never(_asked: Asked) -> Fragments:
    raise AssertionError("the desk renders by what it was given")


class Show:
    """A renderer that tests steer, and the desk it feeds."""

    def __init__(self) -> None:
        self.now: Fragments = {"a": "<p id=a>1</p>", "b": "<p id=b>1</p>"}
        self.rendered = 0
        self.away = False
        self.desk = Desk(self._render, SystemClock())

    async def _render(self, key: Key) -> Fragments:
        self.rendered += 1
        if self.away:
            raise ProblemError("owner-away", "not now")
        return dict(self.now)

    def key(self, who: Principal = PLANNER, about: str = "", every_s: float | None = None) -> Key:
        kind = Topic("show", "/", never, every_s, "visit" if about else "visits")
        text = topics.text_of("show", "en", about)
        return Key(text, kind, "en", about, (), topics.view_of(who))


@asynccontextmanager
async def listening(
    desk: Desk, *keys: Key, session: str = "s"
) -> AsyncIterator[AsyncIterator[bytes]]:
    """The raw events of one stream, after its first words."""
    stream: Any = desk.stream(keys, session).body_iterator
    async with aclosing(stream):
        assert (await anext(stream)).startswith(b"retry:")
        assert (await anext(stream)).startswith(b"event: bus")
        yield stream


def patch(event: bytes) -> dict[str, Any]:
    name, _, data = event.decode().partition("\ndata: ")
    assert name == "event: patch", event
    return json.loads(data)  # type: ignore[no-any-return]


async def test_first_whole_then_only_what_changed() -> None:
    show = Show()
    async with listening(show.desk, show.key()) as stream:
        first = patch(await anext(stream))
        assert first["whole"] and first["set"] == show.now and first["topic"] == "show:en"
        show.now = {"a": "<p id=a>1</p>", "c": "<p id=c>1</p>"}
        show.desk.visit_changed("any")
        then = patch(await anext(stream))
        assert not then["whole"]
        assert then["set"] == {"c": "<p id=c>1</p>"} and then["gone"] == ["b"]


async def test_all_who_see_the_same_get_the_same_bytes() -> None:
    show = Show()
    async with (
        listening(show.desk, show.key(PLANNER), session="p") as one,
        listening(show.desk, show.key(OTHER), session="q") as two,
    ):
        assert await anext(one) is await anext(two)
        show.now["a"] = "<p id=a>2</p>"
        show.desk.mark("show")
        assert await anext(one) is await anext(two)
    assert show.rendered == 2
    assert show.desk._channels == {} and show.desk._listeners == set()


async def test_marks_within_a_tick_are_one_rendering() -> None:
    show = Show()
    async with listening(show.desk, show.key()) as stream:
        await anext(stream)
        for number in range(50):
            show.now["a"] = f"<p id=a>{number}</p>"
            show.desk.mark("show")
        assert patch(await anext(stream))["set"] == {"a": "<p id=a>49</p>"}
    assert show.rendered == 2


async def test_nobody_listens_nothing_is_rendered() -> None:
    show = Show()
    show.desk.mark("show")
    show.desk.visit_changed("v")
    await asyncio.sleep(0)
    assert show.rendered == 0


async def test_one_that_reads_slowly_gets_the_newest_state_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(limits, "FRAGMENT_TICK_S", 0.001)
    show = Show()
    async with listening(show.desk, show.key(), session="slow") as slow:
        await anext(slow)
        async with listening(show.desk, show.key(), session="quick") as quick:
            await anext(quick)
            for number in range(2, 6):
                show.now["a"] = f"<p id=a>{number}</p>"
                show.desk.mark("show")
                await anext(quick)
        only = patch(await anext(slow))
        assert only["whole"] and only["set"]["a"] == "<p id=a>5</p>"


async def test_a_topic_about_one_visit_hears_of_that_one() -> None:
    show = Show()
    async with listening(show.desk, show.key(about="v-1")) as stream:
        await anext(stream)
        show.now["a"] = "<p id=a>2</p>"
        show.desk.visit_changed("v-2")
        await asyncio.sleep(0.05)
        assert show.rendered == 1
        show.desk.visit_changed("v-1")
        assert patch(await anext(stream))["set"] == {"a": "<p id=a>2</p>"}


async def test_ages_alone_are_no_change() -> None:
    show = Show()
    age = '<p id=a><time data-age datetime="2027-01-01T00:00:00Z">{} s ago</time></p>'
    show.now = {"a": age.format(1), "b": "<p id=b>1</p>"}
    async with listening(show.desk, show.key()) as stream:
        await anext(stream)
        show.now = {"a": age.format(2), "b": "<p id=b>2</p>"}
        show.desk.mark("show")
        assert list(patch(await anext(stream))["set"]) == ["b"]


async def test_a_silent_owner_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FRAGMENT_AGAIN_S", 0.01)
    show = Show()
    async with listening(show.desk, show.key()) as stream:
        first = patch(await anext(stream))
        show.away = True
        show.desk.mark("show")
        late = (await anext(stream)).decode()
        assert late.startswith("event: late") and first["at"] in late
        show.away = False
        assert patch(await anext(stream))["set"] == {}


async def test_streams_are_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "FRAGMENT_STREAMS", 2)
    monkeypatch.setattr(limits, "FRAGMENT_STREAMS_OF_SESSION", 1)
    show = Show()
    async with listening(show.desk, show.key(), session="one"):
        with pytest.raises(ProblemError, match="too-many-requests"):
            show.desk.stream([show.key()], "one")
        async with listening(show.desk, show.key(), session="two"):
            with pytest.raises(ProblemError, match="too-many-streams"):
                show.desk.stream([show.key()], "three")
    show.desk.stream([show.key()], "one")


def test_a_cookie_beside_a_token_counts_for_nothing() -> None:
    """Or whoever has a token could have as many streams as cookies come to mind."""
    ann = Principal("ann", frozenset({Role.OPERATIONS}))

    def asked(*headers: tuple[bytes, bytes]) -> str:
        scope = {"type": "http", "scheme": "http", "server": ("h", 80), "path": "/stream",
                 "query_string": b"", "headers": headers}  # fmt: skip
        return login_of(ann, Request(scope))

    token = (b"authorization", b"Bearer t")
    first, second = ((b"cookie", f"redcrown={one}".encode()) for one in "xy")
    assert asked(first) != asked(second)
    assert asked(token, first) == asked(token, second) == asked(token)


async def test_a_session_that_ends_ends_its_streams() -> None:
    show = Show()
    async with listening(show.desk, show.key(), session="one") as stream:
        await anext(stream)
        show.desk.cut("one")
        with pytest.raises(StopAsyncIteration):
            await anext(stream)


async def test_who_may_listen_to_what(nats_server: NatsServer, tmp_path: Path) -> None:
    bus = nats_server.url
    async with running_console(bus, tmp_path) as address, running_owner(bus) as owner:
        for visit, station in (("v-east", "east"), ("v-west", "west")):
            owner.visits[visit] = {"visit": visit, "revision": 1, "sequence": 1, **SUMMARY,
                                   "station": station}  # fmt: skip
        token = make_account(tmp_path, "lead-east", Role.STATION_LEAD, stations=("east",))
        async with client_of(address, token) as east, client_of(address, "") as nobody:
            first = await first_patch(east, "visits:zh")
            assert set(first["set"]) == {"visit-v-east"}
            assert "就绪" in first["set"]["visit-v-east"]
            for wrong in ("nothing:zh", "visits", "visits:fr", "x" * 700, "visits:zh?" + "a&" * 30):
                answer = await east.get("/stream", params={"topic": wrong})
                assert answer.status_code == 404, wrong
            many = [f"visits:en?text={n}" for n in range(limits.FRAGMENT_TOPICS + 1)]
            assert (await east.get("/stream", params={"topic": many})).status_code == 422
            assert (await nobody.get("/stream?topic=visits:zh")).status_code == 401


async def first_patch(client: Any, topic: str) -> dict[str, Any]:
    async with client.stream("GET", "/stream", params={"topic": topic}) as answer:
        assert answer.status_code == 200
        async for line in answer.aiter_lines():
            if line.startswith("data: {"):
                return json.loads(line.removeprefix("data: "))  # type: ignore[no-any-return]
    raise AssertionError("the stream ended")
