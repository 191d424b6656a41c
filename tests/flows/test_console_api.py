"""Every endpoint of the console over HTTP, on a real bus, with a stand-in for the owners."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx

from shared.contracts.message import Problem
from tests.support.console import FakeOwner, key, sort_of, spec, submitted


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


async def test_probes_and_documents(api: httpx.AsyncClient) -> None:
    assert (await api.get("/ready")).json()["ready"] is True
    assert "redcrown_messages" in (await api.get("/metrics")).text
    schema: Any = (await api.get("/v1/schemas/visit-spec.json")).json()
    assert schema["properties"]["programme"]
    paths = (await api.get("/v1/openapi.json")).json()["paths"]
    assert "/v1/visits/{visit}/proposal/commit" in paths
    names = [one["name"] for one in paths["/v1/visits/{visit}"]["put"]["parameters"]]
    assert {"Idempotency-Key", "If-Match", "visit"} <= set(names)
