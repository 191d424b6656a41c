"""Beyond its bounds the console says no at once, says when to come back, and has done nothing."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from shared.chassis import limits
from tests.support.console import FakeOwner, key, sort_of, spec


async def test_commands_without_an_answer_are_bounded(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OPEN_COMMANDS", 3)
    owner.silent = True
    some = await asyncio.gather(
        *(api.post("/v1/visits", content=spec(f"v-{n}"), headers=key(f"k-{n}")) for n in range(8))
    )
    refused = [n for n, one in enumerate(some) if one.status_code == 503]
    assert len(refused) == 5 and len(owner.commands) == 3
    for n in refused:
        assert sort_of(some[n]) == "too-many-commands"
        assert some[n].headers["retry-after"] == str(limits.OPEN_AGAIN_S)
    owner.silent = False
    for subject, body in list(owner.commands):
        await owner.answer(subject, body)
    for n in refused:
        again = await _until_let_in(api, n)
        assert again.status_code == 201, again.text
    told = [body["visit"] for _subject, body in owner.commands]
    assert sorted(told) == [f"v-{n}" for n in range(8)]


async def _until_let_in(api: httpx.AsyncClient, n: int) -> httpx.Response:
    async with asyncio.timeout(20):
        while True:
            one = await api.post("/v1/visits", content=spec(f"v-{n}"), headers=key(f"k-{n}"))
            if one.status_code != 503:
                return one
            await asyncio.sleep(0.1)


async def test_what_counts_is_the_store(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not only what one process remembers of itself."""
    monkeypatch.setattr(limits, "OPEN_COMMANDS", 1)
    owner.silent = True
    first = await api.post("/v1/visits", content=spec("v-0"), headers=key("k-0"))
    assert first.status_code == 202
    await asyncio.sleep(2 * limits.OPEN_COUNT_S)
    second = await api.post("/v1/visits", content=spec("v-1"), headers=key("k-1"))
    assert (second.status_code, sort_of(second)) == (503, "too-many-commands")


async def test_requests_at_once_are_bounded_and_probes_get_through(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 4)
    owner.slow_s = 0.5
    writes = [
        asyncio.create_task(api.post("/v1/visits", content=spec(f"v-{n}"), headers=key(f"k-{n}")))
        for n in range(12)
    ]
    await asyncio.sleep(0.2)
    assert (await api.get("/live")).status_code == 200
    some = await asyncio.gather(*writes)
    refused = [one for one in some if one.status_code == 503]
    assert refused and {one.status_code for one in some} <= {201, 202, 503}
    assert all(sort_of(one) == "busy" and one.headers["retry-after"] for one in refused)
    async with asyncio.timeout(20):
        while len(owner.commands) < 12 - len(refused):
            await asyncio.sleep(0.05)
    await asyncio.sleep(2 * owner.slow_s)
    assert len(owner.commands) == 12 - len(refused), "a refused one has left no trace"
    assert (await api.get("/v1/visits")).status_code == 200, "places are given back"


async def test_a_stream_takes_no_place(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 1)
    async with api.stream("GET", "/v1/events") as stream:
        assert stream.status_code == 200
        assert (await api.get("/v1/visits")).status_code == 200
