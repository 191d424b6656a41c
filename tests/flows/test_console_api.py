"""Every endpoint of the console over HTTP, on a real bus, with a stand-in for the owners."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from shared.contracts.message import Problem
from tests.support.console import FakeOwner, client_of, running_console, running_owner
from tests.support.nats import NatsServer

SPEC = """\
visit: {visit}
line: event
title: {{zh: 访, en: Visit}}
host: 接待办
purpose: test
party: [{{category: staff, count: {guests}}}]
programme:
  - id: day
    title: {{zh: 日, en: Day}}
    starts_at: 2027-09-14T10:00
    ends_at: 2027-09-14T12:00
    needs:
      - {{id: hall, kind: hall, setup: theatre}}
"""
YAML = {"Content-Type": "application/yaml"}
pytestmark = pytest.mark.asyncio


def spec(visit: str = "v-1", guests: int = 20) -> bytes:
    return SPEC.format(visit=visit, guests=guests).encode()


def key(name: str, revision: int | None = None) -> dict[str, str]:
    headers = {**YAML, "Idempotency-Key": name}
    return headers if revision is None else {**headers, "If-Match": f'"{revision}"'}


def sort_of(answer: httpx.Response) -> str:
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert "Traceback" not in answer.text
    return str(body["type"]).removeprefix("urn:redcrown:problem:")


@pytest_asyncio.fixture
async def owner(nats_server: NatsServer) -> AsyncIterator[FakeOwner]:
    async with running_owner(nats_server.url) as owner:
        yield owner


@pytest_asyncio.fixture
async def api(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    bus = nats_server.url
    async with running_console(bus, tmp_path, wait_s=1.0) as address, client_of(address) as client:
        yield client


async def submitted(api: httpx.AsyncClient, visit: str = "v-1") -> None:
    answer = await api.post("/v1/visits", content=spec(visit), headers=key(f"new-{visit}"))
    assert answer.status_code == 201, answer.text


async def test_a_visit_through_its_life(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    made = await api.post("/v1/visits", content=spec(), headers=key("a"))
    assert (made.status_code, made.headers["etag"]) == (201, '"1"')
    assert made.headers["location"] == "/v1/visits/v-1"
    body = made.json()
    assert (body["visit"], body["revision"], body["status"]) == ("v-1", 1, "/v1/visits/v-1")

    read = await api.get("/v1/visits/v-1")
    assert (read.status_code, read.headers["etag"]) == (200, '"1"')
    assert "接待办" in read.text

    edited = await api.put("/v1/visits/v-1", content=spec(guests=30), headers=key("b", 1))
    assert (edited.status_code, edited.headers["etag"]) == (200, '"2"')

    proposed = await api.post("/v1/visits/v-1/proposal", content=spec(), headers=key("c", 2))
    assert proposed.status_code == 201
    assert proposed.headers["location"] == "/v1/visits/v-1/proposal"
    preview = (await api.get("/v1/visits/v-1/proposal")).json()
    wrong = await api.post("/v1/visits/v-1/proposal/commit", json={"proposal": "p-x"},
                           headers={**key("d", 2), "Content-Type": "application/json"})  # fmt: skip
    assert (wrong.status_code, sort_of(wrong)) == (409, "conflict")
    committed = await api.post(
        "/v1/visits/v-1/proposal/commit", json={"proposal": preview["proposal"]},
        headers={**key("e", 2), "Content-Type": "application/json"},
    )  # fmt: skip
    assert (committed.status_code, committed.headers["etag"]) == (200, '"3"')
    assert (await api.get("/v1/visits/v-1/proposal")).status_code == 404

    cancelled = await api.request(
        "DELETE", "/v1/visits/v-1", params={"reason": "rain"}, headers=key("f", 3)
    )
    assert cancelled.status_code == 200
    assert owner.commands[-1][1]["reason"] == "rain"
    assert owner.visits["v-1"]["phase"] == "cancelled"


async def test_dropping_a_proposal(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    await submitted(api)
    none = await api.request("DELETE", "/v1/visits/v-1/proposal", headers=key("x"))
    assert sort_of(none) == "not-found"
    await api.post("/v1/visits/v-1/proposal", content=spec(), headers=key("p", 1))
    stale = await api.request("DELETE", "/v1/visits/v-1/proposal", headers=key("y", 9))
    assert (stale.status_code, stale.headers["etag"]) == (412, '"1"')
    dropped = await api.request("DELETE", "/v1/visits/v-1/proposal", headers=key("z", 1))
    again = await api.request("DELETE", "/v1/visits/v-1/proposal", headers=key("z", 1))
    assert dropped.status_code == again.status_code == 200
    assert again.headers["idempotency-replayed"] == "true"
    assert owner.visits["v-1"]["proposed"] is None


async def test_if_match(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    await submitted(api)
    missing = await api.put("/v1/visits/v-1", content=spec(), headers=key("a"))
    assert (missing.status_code, sort_of(missing)) == (428, "revision-missing")
    for name, tag in (("b", '"7"'), ("c", 'W/"1"'), ("d", '"x"'), ("e", '"0"')):
        headers = {**key(name), "If-Match": tag}
        stale = await api.put("/v1/visits/v-1", content=spec(guests=9), headers=headers)
        assert (stale.status_code, sort_of(stale)) == (412, "revision-stale"), tag
    assert owner.visits["v-1"]["revision"] == 1
    both = await asyncio.gather(
        *(api.put("/v1/visits/v-1", content=spec(guests=n), headers=key(f"p{n}", 1))
          for n in (5, 6))
    )  # fmt: skip
    assert sorted(one.status_code for one in both) == [200, 412]


async def test_opening_the_same_visit_twice_is_a_conflict(
    api: httpx.AsyncClient, owner: FakeOwner
) -> None:
    await submitted(api)
    again = await api.post("/v1/visits", content=spec(), headers=key("other"))
    assert (again.status_code, sort_of(again), again.headers["etag"]) == (409, "conflict", '"1"')


async def test_the_spec_must_be_of_the_visit_in_the_address(
    api: httpx.AsyncClient, owner: FakeOwner
) -> None:
    for method, path in (("PUT", "/v1/visits/v-1"), ("POST", "/v1/visits/v-1/proposal")):
        answer = await api.request(method, path, content=spec("v-2"), headers=key(path, 1))
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["line"] == 1
    assert owner.commands == []


async def test_unknown_visits(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    for path in ("/v1/visits/no", "/v1/visits/no/proposal", "/v1/visits/no/timeline"):
        assert sort_of(await api.get(path)) == "not-found"
    missing = await api.put("/v1/visits/no", content=spec("no"), headers=key("a", 1))
    assert (missing.status_code, missing.json()["errors"][0]["code"]) == (404, "no_such_visit")


async def test_an_owners_problem_gets_its_place(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    path = "programme[0].needs[0].setup"
    owner.problems = (Problem(code="past", path=path, message="no", remedy="yes"),)
    answer = await api.post("/v1/visits", content=spec(), headers=key("a"))
    assert (answer.status_code, sort_of(answer)) == (422, "refused-by-rules")
    told = answer.json()["errors"][0]
    assert (told["line"], told["column"], told["remedy"]) == (13, 39, "yes")


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
    owner.slow_s = 0.3
    both = await asyncio.gather(
        *(api.post("/v1/visits", content=spec(), headers=key("k")) for _ in range(2))
    )
    assert sorted(one.status_code for one in both) == [201, 409]
    twin = max(both, key=lambda one: one.status_code)
    assert sort_of(twin) == "request-under-way" and twin.headers["retry-after"]
    assert len(owner.commands) == 1


async def test_a_late_outcome_can_be_read(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    owner.silent = True
    kept = await api.post("/v1/visits", content=spec(), headers=key("k"))
    assert kept.status_code == 202 and kept.headers["retry-after"]
    status = kept.json()["status"]
    assert kept.headers["location"] == status
    assert (await api.get(status)).json()["state"] == "pending"
    subject, body = owner.commands[0]
    await owner.answer(subject, body)
    for _ in range(100):
        told = (await api.get(status)).json()
        if told["state"] == "answered":
            break
        await asyncio.sleep(0.05)
    assert (told["outcome"], told["revision"], told["about"]) == ("accepted", 1, "/v1/visits/v-1")
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


async def test_lists_have_pages(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    for name in ("a", "b", "c"):
        await submitted(api, name)
    found: list[str] = []
    address: str | None = "/v1/visits?limit=2&phase=ready&line=event&text=访"
    while address:
        page = await api.get(address)
        found += [one["visit"] for one in page.json()["visits"]]
        address = page.json()["next"]
        assert ("link" in page.headers) == (address is not None)
    assert found == ["a", "b", "c"]
    asked = [body for subject, body in owner.queries if ".list_visits." in subject]
    assert [(one["phase"], one["line"], one["text"]) for one in asked] == [
        ("ready", "event", "访")
    ] * 2
    first = (await api.get("/v1/visits/a/timeline?limit=2")).json()
    rest = (await api.get(first["next"])).json()
    assert [one["seq"] for one in first["entries"] + rest["entries"]] == [1, 2, 3]
    assert (first["next_after"], rest["next_after"]) == (2, None)


async def test_inventory_and_notices(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    window = {"starts_at": "2027-09-14T00:00:00+08:00", "ends_at": "2027-09-15T00:00:00Z"}
    page = (await api.get("/v1/inventory/venues", params={**window, "kind": "site"})).json()
    assert page["units"][0]["kind"] == "site" and page["kinds"] == ["hall", "site"]
    assert "after=hall%2Fu" in page["next"] and "kind=site" in page["next"]
    subject, asked = owner.queries[-1]
    assert subject == "qry.venues.read_inventory.v1"
    assert asked["starts_at"] == "2027-09-13T16:00:00Z"
    assert (await api.get("/v1/inventory/venues")).status_code == 200
    assert sort_of(await api.get("/v1/inventory/laundry")) == "not-found"
    for wrong in (
        {"starts_at": "2027-09-14T00:00:00"},
        {"starts_at": window["ends_at"], "ends_at": window["starts_at"]},
        {"starts_at": "9999-12-31T23:59:59Z"},
        {"starts_at": "soon"},
    ):
        answer = await api.get("/v1/inventory/venues", params=wrong)
        assert (answer.status_code, sort_of(answer)) == (422, "invalid-request"), wrong
    notices = (await api.get("/v1/notices?visit=v-1")).json()
    assert notices["notices"][0]["state"] == "sent" and notices["next_after"] == 7
    assert owner.queries[-1][1]["visit"] == "v-1"


async def test_consents_go_to_the_service_that_asked(
    api: httpx.AsyncClient, owner: FakeOwner
) -> None:
    answer = {"service": "catering", "granted": False, "reason": "厨房已满"}
    headers = {"Idempotency-Key": "k"}
    told = await api.post("/v1/consents/v-1:dinner/meal:1", json=answer, headers=headers)
    assert told.status_code == 200 and told.json()["hold"] == "v-1:dinner/meal:1"
    subject, body = owner.commands[0]
    assert subject == "cmd.catering.answer_consent.v1"
    assert (body["granted"], body["reason"]) == (False, "厨房已满")
    for wrong in ({**answer, "service": "laundry"}, {**answer, "granted": "yes"}, {"granted": True},
                  {**answer, "reason": "\x00"}):  # fmt: skip
        refused = await api.post("/v1/consents/h", json=wrong, headers={"Idempotency-Key": "w"})
        assert refused.status_code == 422 and refused.json()["errors"], wrong


async def test_an_owner_that_is_away(api: httpx.AsyncClient) -> None:
    for path in ("/v1/visits", "/v1/visits/v-1", "/v1/notices", "/v1/inventory/venues"):
        answer = await api.get(path)
        assert (answer.status_code, sort_of(answer)) == (503, "owner-away")
        assert answer.headers["retry-after"]
    page = await api.get("/")
    assert page.status_code == 503 and "暂时没有回应" in page.text


def _deep(opened: str, closed: str) -> bytes:
    return (opened * 60_000 + closed * 60_000).encode()


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"visit": NaN}', "application/json", 400),
        (_deep("[", "]"), "application/json", 400),
        (_deep("[", "]"), "application/yaml", 400),
        (b"a: &x [*x]", "application/yaml", 400),
        (b"visit: \xff\xfe", "application/yaml", 400),
        (b'{"visit": "\\ud800"}', "application/json", 400),
        (b'{"visit": "\\u0000"}', "application/json", 422),
        (b'{"\\u0000": 1, "\\ud83d\\ude00": 2}', "application/json", 422),
        (b"visit: \x00", "application/yaml", 400),
        (b"!!python/object/apply:os.system [id]", "application/yaml", 400),
        (b"visit: v", "application/yaml", 422),
        (b"12", "application/json", 400),
        (b"x=1", "application/x-www-form-urlencoded", 415),
        (b"x" * 300_000, "application/yaml", 413),
        (b"- " * 120_000, "application/yaml", 400),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
async def test_rubbish_is_answered_clearly(
    api: httpx.AsyncClient, owner: FakeOwner, body: bytes, media: str, status: int
) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": media, "If-Match": '"1"'}
    for method, path in (
        ("POST", "/v1/visits"),
        ("PUT", "/v1/visits/v-1"),
        ("POST", "/v1/visits/v-1/proposal"),
    ):
        answer = await api.request(method, path, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert sort_of(answer)
    commit = await api.post("/v1/visits/v-1/proposal/commit", content=body, headers=headers)
    assert 400 <= commit.status_code < 500 and sort_of(commit)
    assert owner.commands == []


async def test_a_spec_of_ten_megabytes_gets_an_answer(api: httpx.AsyncClient) -> None:
    for path in ("/v1/visits", "/v1/nope"):
        answer = await api.post(path, content=b"#" * 10_000_000, headers=key("k"))
        assert (answer.status_code, sort_of(answer)) == (413, "too-large")
    assert (await api.get("/live")).status_code == 200


async def test_a_body_without_a_length_is_bounded(api: httpx.AsyncClient) -> None:
    async def unending() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"#" * 10_000

    answer = await api.post("/v1/visits", content=unending(), headers=key("k"))
    assert (answer.status_code, sort_of(answer)) == (413, "too-large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/v1/visits/", 404),
        ("GET", "/static/../main.py", 404),
        ("GET", "/static/nope.js", 404),
        ("PATCH", "/v1/visits", 405),
        ("DELETE", "/", 405),
        ("GET", "/v1/visits/%00", 422),
        ("GET", "/v1/visits/%ff", 422),
        ("GET", "/v1/visits?phase=nope", 422),
        ("GET", "/v1/visits?limit=0", 422),
        ("GET", "/v1/visits?limit=" + "9" * 5_000, 422),
        ("GET", "/v1/visits?text=%ed%a0%80%00", 200),
        ("GET", "/v1/visits/v/timeline?after=-1", 422),
        ("GET", "/v1/notices?visit=%22", 422),
        ("GET", "/v1/commands/x", 422),
    ],
)
async def test_addresses_that_are_wrong(
    api: httpx.AsyncClient, owner: FakeOwner, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status, answer.text
    assert status == 200 or sort_of(answer)


async def test_every_answer_is_guarded(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    for path in ("/", "/v1/visits", "/nope", "/static/visits.js", "/live", "/v1/openapi.json"):
        answer = await api.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'") and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers


async def test_probes_and_documents(api: httpx.AsyncClient) -> None:
    assert (await api.get("/ready")).json()["ready"] is True
    assert "redcrown_messages" in (await api.get("/metrics")).text
    schema: Any = (await api.get("/v1/schemas/visit-spec.json")).json()
    assert schema["properties"]["programme"]
    paths = (await api.get("/v1/openapi.json")).json()["paths"]
    assert "/v1/visits/{visit}/proposal/commit" in paths
    names = [one["name"] for one in paths["/v1/visits/{visit}"]["put"]["parameters"]]
    assert {"Idempotency-Key", "If-Match", "visit"} <= set(names)
