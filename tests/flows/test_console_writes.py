"""A write is done once: keys, replays, twins, late outcomes, a crash."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx

from tests.support.console import (
    ANSWERED_S,
    HASTY_S,
    YAML,
    FakeOwner,
    client_of,
    key,
    running_console,
    sort_of,
    spec,
    submitted,
)
from tests.support.nats import NatsServer


async def test_a_key_is_one_act(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    without = await api.post("/v1/visits", content=spec(), headers=YAML)
    assert (without.status_code, sort_of(without)) == (400, "idempotency-key-missing")
    first = await api.post("/v1/visits", content=spec(), headers=key("k"))
    again = await api.post("/v1/visits", content=spec(), headers=key("k"))
    assert (again.status_code, again.text) == (201, first.text)
    assert again.headers["etag"] == first.headers["etag"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    other = await api.post("/v1/visits", content=spec("v-9"), headers=key("k"))
    assert (other.status_code, sort_of(other)) == (422, "idempotency-key-reused")
    assert len(owner.commands) == 1


async def test_a_refusal_is_replayed_too(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    await submitted(api)
    first = await api.put("/v1/visits/v-1", content=spec(), headers=key("k", 5))
    again = await api.put("/v1/visits/v-1", content=spec(), headers=key("k", 5))
    assert (first.status_code, again.status_code, again.text) == (412, 412, first.text)
    assert sort_of(again) == "revision-stale"


async def test_a_twin_under_way_is_told_to_wait(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    owner.silent = True
    first = asyncio.create_task(api.post("/v1/visits", content=spec(), headers=key("k")))
    async with asyncio.timeout(ANSWERED_S):
        while not owner.commands:
            await asyncio.sleep(0.02)
    twin = await api.post("/v1/visits", content=spec(), headers=key("k"))
    assert (twin.status_code, sort_of(twin)) == (409, "request-under-way")
    assert twin.headers["retry-after"]
    await owner.answer(*owner.commands[0])
    assert (await first).status_code == 201
    assert len(owner.commands) == 1


async def test_a_late_outcome_can_be_read(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    owner.silent = True
    async with (
        running_console(nats_server.url, tmp_path, HASTY_S) as address,
        client_of(address) as api,
    ):
        kept = await api.post("/v1/visits", content=spec(), headers=key("k"))
        assert kept.status_code == 202 and kept.headers["retry-after"]
        status = kept.json()["status"]
        assert kept.headers["location"] == status
        assert (await api.get(status)).json()["state"] == "pending"
        async with asyncio.timeout(ANSWERED_S):
            while not owner.commands:
                await asyncio.sleep(0.02)
            await owner.answer(*owner.commands[0])
            while (told := (await api.get(status)).json())["state"] != "answered":
                await asyncio.sleep(0.05)
        assert (told["outcome"], told["revision"]) == ("accepted", 1)
        assert told["about"] == "/v1/visits/v-1"
        again = await api.post("/v1/visits", content=spec(), headers=key("k"))
        assert (again.status_code, again.text) == (202, kept.text)
        assert sort_of(await api.get(f"/v1/commands/c-{'0' * 40}")) == "not-found"


async def test_a_retry_after_a_crash_is_the_same_command(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    """The first console ends before it could tell the planner, the second one can."""
    owner.silent = True
    async with running_console(nats_server.url, tmp_path, wait_s=30) as address:
        async with client_of(address) as client:
            waiting = asyncio.create_task(
                client.post("/v1/visits", content=spec(), headers=key("k"))
            )
            while not owner.commands:
                await asyncio.sleep(0.02)
        waiting.cancel()
    await owner.answer(*owner.commands[0])
    owner.silent = False
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        again = await client.post("/v1/visits", content=spec(), headers=key("k"))
    assert (again.status_code, again.json()["revision"]) == (201, 1)
    assert {body["command"] for _, body in owner.commands} == {again.json()["command"]}


async def test_replicas_share_keys(
    nats_server: NatsServer, tmp_path: Path, store_url: str, owner: FakeOwner
) -> None:
    """A twin at another replica waits for the same answer; nothing is done twice."""
    owner.slow_s = 0.3
    bus = nats_server.url
    async with (
        running_console(bus, tmp_path, store_url=store_url) as here,
        running_console(bus, tmp_path, store_url=store_url) as there,
        client_of(here) as one,
        client_of(there) as other,
    ):
        both = await asyncio.gather(
            *(
                client.post("/v1/visits", content=spec(), headers=key("k"))
                for client in (one, other)
            )
        )
        assert [answer.status_code for answer in both] == [201, 201]
        assert both[0].text == both[1].text
        replay = await other.post("/v1/visits", content=spec(), headers=key("k"))
        assert replay.headers["idempotency-replayed"] == "true"
        reused = await one.post("/v1/visits", content=spec("v-2"), headers=key("k"))
        assert sort_of(reused) == "idempotency-key-reused"
    assert len(owner.commands) == 1
