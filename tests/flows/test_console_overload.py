"""Beyond its bounds the console says no at once, says when to come back, and has done nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx
import pytest

from services.console.under_way import UnderWay
from shared.chassis import limits
from shared.contracts.visits import Phase
from tests.support.console import CONSOLES, FakeOwner, key, sort_of, spec

SOON_S = 60.0


async def test_commands_without_an_answer_are_bounded(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "OPEN_COMMANDS", 3)
    owner.silent = True
    some = [_submit(api, n) for n in range(8)]
    await _until(lambda: len(owner.commands) == 3 and sum(one.done() for one in some) == 5)
    refused = [n for n, one in enumerate(some) if one.done()]
    for n in refused:
        answer = some[n].result()
        assert (answer.status_code, sort_of(answer)) == (503, "too-many-commands")
        assert answer.headers["retry-after"] == str(limits.OPEN_AGAIN_S)
    assert len(owner.commands) == 3
    owner.silent = False
    for subject, body in list(owner.commands):
        await owner.answer(subject, body)
    assert [(await one).status_code for one in some].count(201) == 3
    for n in refused:
        again = await _until_let_in(api, n)
        assert again.status_code == 201, again.text
    told = [body["visit"] for _subject, body in owner.commands]
    assert sorted(told) == [f"v-{n}" for n in range(8)]


def _submit(api: httpx.AsyncClient, n: int) -> asyncio.Task[httpx.Response]:
    return asyncio.create_task(
        api.post("/v1/visits", content=spec(f"v-{n}"), headers=key(f"k-{n}"))
    )


async def _until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not true():
            await asyncio.sleep(0.02)


async def _until_let_in(api: httpx.AsyncClient, n: int) -> httpx.Response:
    async with asyncio.timeout(SOON_S):
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
    first = _submit(api, 0)
    await _until(lambda: bool(owner.commands))
    admission = CONSOLES[str(api.base_url).rstrip("/")].admission
    await _until(lambda: (admission._open, admission._begun) == (1, 0))
    second = await _submit(api, 1)
    assert (second.status_code, sort_of(second)) == (503, "too-many-commands")
    await owner.answer(*owner.commands[0])
    assert (await first).status_code == 201


async def test_requests_at_once_are_bounded_and_probes_get_through(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "REQUESTS", 4)
    owner.slow_s = 0.5
    writes = [_submit(api, n) for n in range(12)]
    await asyncio.sleep(0.2)
    assert (await api.get("/live")).status_code == 200
    some = await asyncio.gather(*writes)
    refused = [one for one in some if one.status_code == 503]
    assert refused and {one.status_code for one in some} <= {201, 202, 503}
    assert all(sort_of(one) == "busy" and one.headers["retry-after"] for one in refused)
    await _until(lambda: len(owner.commands) >= 12 - len(refused))
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


async def test_new_work_waits_while_too_many_visits_are_coming_together(
    api: httpx.AsyncClient, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is accepted has still to be done; what makes it less is always let in."""
    monkeypatch.setattr(limits, "VISITS_UNDER_WAY", 2)
    console = CONSOLES[str(api.base_url).rstrip("/")]
    for n in range(2):
        assert (await _until_let_in(api, n)).status_code == 201
        await owner.change(f"v-{n}", 1, phase="holding")
        await _until(lambda counted=n + 1: console.admission.under_way.count() == counted)  # type: ignore[misc]
    refused = await api.post("/v1/visits", content=spec("v-2"), headers=key("k-2"))
    assert (refused.status_code, sort_of(refused)) == (503, "too-many-visits")
    assert refused.headers["retry-after"] == str(limits.UNDER_WAY_AGAIN_S)
    edit = {**key("e-0"), "If-Match": '"1"'}
    again = await api.put("/v1/visits/v-0", content=spec("v-0"), headers=edit)
    assert (again.status_code, sort_of(again)) == (503, "too-many-visits")
    assert len(owner.commands) == 2, "a refused one has left no trace"
    cancelled = await api.delete("/v1/visits/v-0", headers={**key("c-0"), "If-Match": '"1"'})
    assert cancelled.status_code == 200, cancelled.text
    await owner.change("v-0", 2, phase="cancelled")
    assert (await _until_let_in(api, 2)).status_code == 201


def test_a_visit_that_goes_nowhere_is_no_load_for_ever() -> None:
    now = 0.0
    under_way = UnderWay(lambda: now)
    under_way.heard("v-0", Phase.HOLDING)
    now = limits.UNDER_WAY_FOR_S - 1
    under_way.heard("v-1", Phase.CONFIRMING)
    assert under_way.count() == 2
    now = limits.UNDER_WAY_FOR_S + 1
    assert under_way.count() == 1
    under_way.heard("v-1", Phase.WAITING)
    assert under_way.count() == 0
