"""A hall and a hotel are closed while visits stand in them: real services, a real bus, both stores.

Visits that the closure hits re-plan, and keep what was confirmed of the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from deploy.client import Client
from services.console.roles import Role
from shared.contracts.changes import ChangeUnit, ListChanges, PreviewChange, UnitChange
from tests.support.accounts import make_account
from tests.support.console import token_in
from tests.support.nats import NatsServer
from tests.support.specs import DAY, hall, spec
from tests.support.system import Planner, System, act

SERVICES = ("visits", "bookings", "venues")
REASON = {"zh": "消防检查", "en": "a fire inspection"}
AFTERNOON = {"starts_at": f"{DAY}T08:00:00+08:00", "ends_at": f"{DAY}T18:00:00+08:00"}


@pytest.fixture
def system(stores: Callable[[str], str], tmp_path: Path, bus: NatsServer) -> System:
    return System(tmp_path, bus.url, stores)


def rooms(hotel: str) -> dict[str, Any]:
    return {"id": "rooms", "kind": "room", "sharing_pairs": 2, "hotel": hotel, "hotel_only": True}


def need(view: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [one for one in view["needs"] if one["kind"] == kind]
    return dict(found)


async def preview(planner: Planner, owner: str, unit: str, change: UnitChange) -> dict[str, Any]:
    query = PreviewChange(cause="read", actor="test", unit=unit, change=change)
    return await planner.ask(query, owner)


async def save(
    planner: Planner, owner: str, unit: str, change: UnitChange, seen: int
) -> ChangeUnit:
    command = ChangeUnit(**act(), unit=unit, expected_revision=seen, change=change)
    await planner.send(command, owner)
    return command


async def test_a_closed_hall_and_a_closed_hotel(planner: Planner, system: System) -> None:
    insists = spec("insists", rooms("nenjiang-hotel"), hall("expo-forum"), last_day="2027-09-15")
    would_go = hall("expo-hall-a", "classroom", hall_only=False)
    flexible = spec("flexible", rooms("hecheng-hotel"), would_go, last_day="2027-09-15")
    for one in (insists, flexible):
        await planner.submit(one)
    await planner.settled(["insists", "flexible"], ("ready",))
    moved_from = need(await planner.visit("flexible") or {}, "hall")["hold"]

    # A hall that its visit insists on: blocked, and says why and what would fit.
    shut = UnitChange(close={**AFTERNOON, "reason": REASON})
    told = await preview(planner, "venues", "expo-forum", shut)
    assert [one["visit"] for one in told["hits"]] == ["insists"]
    await save(planner, "venues", "expo-forum", shut, told["revision"])
    view = await planner.until("insists", lambda view: view["phase"] == "blocked")
    view = await planner.until("insists", lambda view: closed(view, "hall"))
    no = need(view, "hall")["refusal"]
    assert REASON["en"] in no["sentence"]["en"] and REASON["zh"] in no["sentence"]["zh"]
    assert no["alternatives"]
    assert need(view, "room")["state"] == "confirmed", "the rest of the arrangement is kept"
    said = " ".join(str(one) for one in await planner.timeline("insists"))
    assert "has been closed" in said

    # The whole of a divisible hall: who stands in a part of it goes to another hall by itself.
    told = await preview(planner, "venues", "expo-hall", shut)
    assert [one["visit"] for one in told["hits"]] == ["flexible"]
    command = await save(planner, "venues", "expo-hall", shut, told["revision"])
    view = await planner.until(
        "flexible",
        lambda view: view["phase"] == "ready" and need(view, "hall")["hold"] != moved_from,
    )
    assert not need(view, "hall")["allotted"]["unit"].startswith("expo-hall")
    assert need(view, "room")["state"] == "confirmed"

    # A hotel for one night; and after a restart with the same seed it is closed still.
    night = UnitChange(close={"first_night": DAY, "last_night": DAY, "reason": REASON})
    told = await preview(planner, "bookings", "nenjiang-hotel", night)
    assert [one["visit"] for one in told["hits"]] == ["insists"]
    await save(planner, "bookings", "nenjiang-hotel", night, told["revision"])
    await planner.until("insists", lambda view: closed(view, "room"))
    for replica in system.replicas:
        if replica.service == "venues":
            replica.kill()
            replica.start()
    system.await_ready()
    query = ListChanges(cause="read", actor="test", unit="expo-hall")
    (made,) = (await planner.ask(query, "venues"))["changes"]
    assert (made["command"], made["withdrawn"]) == (command.command, 1)
    told = await preview(planner, "venues", "expo-hall", UnitChange(lift=0))
    assert (told["problems"], told["revision"]) == ([], made["revision"])


def closed(view: dict[str, Any], kind: str) -> bool:
    refusal = need(view, kind)["refusal"]
    return bool(refusal and refusal["code"] == "closed" and refusal["alternatives"])


def test_over_http(tmp_path: Path, bus: NatsServer) -> None:
    system = System(
        tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db",
        REDCROWN_ACCESS_DIR=str(tmp_path / "access"),
    )  # fmt: skip
    try:
        *_, door = system.start("visits", "venues", "console")
        system.await_ready()
        over_http(tmp_path, f"http://127.0.0.1:{door.port}")
    finally:
        system.stop()


def over_http(folder: Path, address: str) -> None:
    client = Client(address, token_in(folder))
    made = spec("hit", hall("expo-forum")).model_dump(mode="json", exclude_none=True)
    client.submit(yaml.safe_dump(made, allow_unicode=True))
    client.wait_for("hit", lambda view: view["phase"] == "ready")
    changes = "/v1/inventory/venues/expo-forum/changes"
    shut = {"close": {**AFTERNOON, "reason": REASON}}
    lead = make_account(folder, "lead", Role.STATION_LEAD, stations=("east",))
    auditor = make_account(folder, "reads", Role.AUDITOR)

    def http(token: str = "") -> httpx.Client:
        bearer = {"Authorization": f"Bearer {token or token_in(folder)}"}
        return httpx.Client(base_url=address, headers=bearer, timeout=30)

    with http() as planner, http(lead) as other, http(auditor) as audit:
        told = planner.post(f"{changes}/preview", json=shut)
        assert told.status_code == 200, told.text
        assert [one["visit"] for one in told.json()["hits"]] == ["hit"]
        tag = told.headers["ETag"]
        (unit,) = [
            one for one in planner.get("/v1/inventory/venues?kind=halls&limit=200").json()["units"]
            if one["unit"] == "expo-forum"
        ]  # fmt: skip
        assert (f'"{unit["revision"]}"', unit["may_change"]) == (tag, ["capacity", "closures"])
        for path, body, status, where in (
            (f"{changes}/preview", {"close": {**AFTERNOON}}, 422, "close.reason"),
            (f"{changes}/preview", {**shut, "lift": 0}, 422, ""),
            (f"{changes}/preview", {"count": {"quantity": 3}}, 422, "count.part"),
            (f"{changes}/preview", {"typo": 1}, 422, "typo"),
            (changes.replace("expo-forum", "no-hall") + "/preview", shut, 404, "unit"),
            (changes.replace("venues", "guests") + "/preview", shut, 404, None),
        ):
            no = planner.post(path, json=body)
            assert no.status_code == status, (path, body, no.text)
            assert no.headers["content-type"] == "application/problem+json"
            if where is not None:
                assert no.json()["errors"][0]["path"] == where, no.text
        assert other.post(f"{changes}/preview", json=shut).status_code == 403
        assert planner.post(changes, json=shut).status_code == 428

        head = {"Idempotency-Key": "one", "If-Match": tag}
        assert other.post(changes, json=shut, headers=head).status_code == 403
        done = planner.post(changes, json=shut, headers=head)
        assert done.status_code == 200 and done.json()["unit"] == "expo-forum", done.text
        again = planner.post(changes, json=shut, headers=head)
        assert (again.json(), again.headers["Idempotency-Replayed"]) == (done.json(), "true")
        late = planner.post(changes, json=shut, headers={**head, "Idempotency-Key": "two"})
        assert (late.status_code, late.headers["ETag"]) == (412, done.headers["ETag"]), late.text
        client.wait_for("hit", lambda view: closed(view, "hall"))
        (saved,) = audit.get(changes).json()["changes"]
        assert (saved["actor"], saved["withdrawn"]) == ("planner", 1)
        written = audit.get("/v1/audit?limit=100").json()["lines"]
        assert any(one["key"] == "one" and one["resource"] == changes for one in written)
        edited_over_http(planner, changes)
    client.close()


def edited_over_http(planner: httpx.Client, changes: str) -> None:
    """Price, style, description and retirement go through the same door."""
    for number, (body, wrong, path) in enumerate((
        ({"price": {"amount": 1}, "why": "agreed"}, {"price": {"amount": 0.5}}, "price.amount"),
        ({"count": {"part": "theatre", "quantity": 7}},
         {"count": {"part": "circle", "quantity": 7}}, "count.part"),
        ({"describe": {"note": "north gate"}}, {"describe": {"dossier.last_checked": "x"}},
         "describe.dossier.last_checked"),
        ({"retire": True}, {"retire": "maybe"}, "retire"),
    )):  # fmt: skip
        no = planner.post(f"{changes}/preview", json=wrong)
        assert no.status_code == 422 and no.json()["errors"][0]["path"] == path, no.text
        told = planner.post(f"{changes}/preview?kind=halls", json=body)
        assert told.status_code == 200, told.text
        head = {"Idempotency-Key": f"edit-{number}", "If-Match": told.headers["ETag"]}
        done = planner.post(f"{changes}?kind=halls", json=body, headers=head)
        assert done.status_code == 200, done.text
        late = planner.post(changes, json=body, headers={**head, "Idempotency-Key": f"l-{number}"})
        assert late.status_code == 412 and "since then planner" in late.text, late.text
    (newest, *_rest) = planner.get(f"{changes}?limit=5&kind=halls").json()["changes"]
    assert newest["change"]["retire"] is True
    assert planner.get(f"{changes}?kind=places").json()["changes"] == []
    deep = "[" * 5000 + "]" * 5000
    for rubbish in ('{"describe": {}}', f'{{"describe": {{"name": {deep}}}}}', '{"retire": 7}',
                    '{"price": {"amount": 1e400}}', '{"describe": {"name": {"zh": "\\u0000"}}}',
                    '{"why": "x"}', '{"describe": {"a.b": 1}}', "[]"):  # fmt: skip
        no = planner.post(f"{changes}/preview", content=rubbish,
                          headers={"Content-Type": "application/json"})  # fmt: skip
        assert 400 <= no.status_code < 500, (rubbish[:80], no.text)
    for name in ("kind=%00", "kind=" + "k" * 65, "kind=nothing"):
        no = planner.post(f"{changes}/preview?{name}", json={"retire": True})
        assert 400 <= no.status_code < 500, (name, no.text)
