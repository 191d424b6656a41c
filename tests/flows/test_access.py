"""Nobody gets in without an account, and nobody further than its roles and stations reach."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from argon2.exceptions import VerifyMismatchError
from fastapi.routing import APIRoute

from services.console import api_visits, credentials
from services.console.access import NO_PAGES, SAFE
from services.console.files import asset
from services.console.main import assemble, door
from services.console.roles import OPEN, ROUTES, Principal, Role, methods_at
from services.console.settings import ConsoleSettings
from shared.chassis import limits
from tests.support.accounts import make_account
from tests.support.console import (
    ANSWERED_S,
    HASTY_S,
    FakeOwner,
    bearer,
    client_of,
    key,
    running_console,
    sort_of,
    spec,
    submitted,
)
from tests.support.nats import NatsServer

SECRET = "a long enough secret"
HOLD = "v-1:day/hall:1"


def requests_of(visit: str = "v-1") -> dict[tuple[str, str], tuple[str, dict[str, object]]]:
    """For each route of the table an address and a request that is right for it."""
    consent = {"service": "venues", "granted": True}
    commit = {"proposal": "p-1"}
    small = {"Idempotency-Key": "s", "If-Match": '"1"'}
    fill = {"visit": visit, "consumer": "venues-x-v1", "hold:path": HOLD,
            "service": "venues", "command": "c-" + "0" * 40, "group": "g-0",
            "guest": f"g-{'0' * 26}", "replay": "c-0", "message:path": "m-1",
            "alarm": "alarm-0", "feed": "feed-0", "unit": "expo-hall", "kind": "plan",
            "secret": "x", "hotel": "u", "order": "rc0", "form": "csv"}  # fmt: skip
    made = {}
    for method, path in ROUTES:
        extra: dict[str, object] = {}
        if method in ("POST", "PUT", "DELETE"):
            extra = {"headers": key("k", 1), "content": spec(visit)}
        if path.endswith("/commit"):
            extra = {"headers": small, "json": commit}
        if "consents" in path:
            extra = {"headers": small, "json": consent}
        if "/changes" in path and method == "POST":
            extra = {"headers": small, "json": {"lift": 0}}
        address = re.sub(r"\{([^}]+)\}", lambda found: fill[found[1]], path)
        made[method, path] = (address, extra)
    return made


@asynccontextmanager
async def rig(
    bus: str, folder: Path, wait_s: float = ANSWERED_S
) -> AsyncIterator[httpx.AsyncClient]:
    """A console, and a client of it without any token."""
    async with running_console(bus, folder, wait_s) as address, client_of(address, "") as one:
        yield one


def test_every_route_is_in_the_table(tmp_path: Path) -> None:
    app = door(assemble(ConsoleSettings(data_dir=tmp_path)))
    described = {
        (method.upper(), re.sub(r"\{(hold|message)\}", r"{\1:path}", path))
        for path, methods in app.openapi()["paths"].items()
        for method in methods
    }
    served = {
        (method, route.path)
        for part in app.router.routes
        for route in getattr(getattr(part, "original_router", None), "routes", ())
        if isinstance(route, APIRoute)
        for method in route.methods
    }
    assert described <= served
    assert served == set(ROUTES) | OPEN


def test_no_address_is_also_another() -> None:
    """Otherwise a method that one of them does not take is answered by the other."""
    by_path: dict[str, set[str]] = {}
    for method, path in (*ROUTES, *OPEN):
        by_path.setdefault(path, set()).add(method)
    for path, methods in by_path.items():
        assert set(methods_at(re.sub(r"\{[^}]+\}", "x", path))) == methods, path


async def test_a_route_that_is_not_in_the_table_is_closed(
    tmp_path: Path, nats_server: NatsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    rest = {route: roles for route, roles in ROUTES.items() if route != ("GET", "/v1/me")}
    monkeypatch.setattr("services.console.roles.ROUTES", rest)
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        assert sort_of(await client.get("/v1/me")) == "forbidden"


async def test_nothing_without_a_token(nats_server: NatsServer, tmp_path: Path) -> None:
    wrong = [
        "Bearer x",
        "Basic eDp5",
        "Bearer",
        f"Bearer rct_{'0' * 16}_{'A' * 43}",
        "Bearer a.b.c",
    ]
    async with rig(nats_server.url, tmp_path) as client:
        for (method, path), (address, extra) in requests_of().items():
            answer = await client.request(method, address, **extra)  # type: ignore[arg-type]
            if path == "/logout" or not path.startswith(NO_PAGES):
                assert (answer.status_code, answer.headers["location"]) == (303, "/login")
            else:
                assert sort_of(answer) == "login-needed" and answer.status_code == 401
                assert answer.headers["www-authenticate"].startswith("Bearer")
        for header in wrong:
            answer = await client.get("/v1/visits", headers={"Authorization": header})
            assert sort_of(answer) == "login-needed"
        for path in ("/live", "/ready", "/metrics", "/v1/openapi.json", asset("app.js")):
            assert (await client.get(path)).status_code == 200


async def test_each_role_gets_what_the_table_says(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    # Some commands are of services that nobody stands in for, and no answer is looked at.
    async with rig(nats_server.url, tmp_path, HASTY_S / 10) as client:
        tokens = {role: make_account(tmp_path, f"as-{role}", role, stations=("east",))
                  for role in Role}  # fmt: skip
        for role, token in tokens.items():
            for route, (address, extra) in requests_of("v-none").items():
                if route[1] == "/v1/events":
                    continue
                more = {**extra, "headers": {**extra.get("headers", {}), **bearer(token)}}  # type: ignore[dict-item]
                answer = await client.request(route[0], address, **more)  # type: ignore[arg-type]
                refused = answer.status_code == 403 and "; its roles: " in answer.text
                assert refused is (role not in ROUTES[route]), (role, route, answer.text)
        written = await lines_of(client, tokens[Role.AUDITOR])
        writes = {route for route in ROUTES if route[0] not in SAFE}
        for role in Role:
            own = {(one["method"], one["route"]) for one in written if one["roles"] == [role]
                   and one["status"] is not None}  # fmt: skip
            assert own == writes, (role, own ^ writes)


async def lines_of(client: httpx.AsyncClient, token: str) -> list[dict[str, Any]]:
    """The whole audit."""
    lines, at = [], "/v1/audit?limit=500"
    while at:
        told = (await client.get(at, headers=bearer(token))).json()
        lines, at = [*lines, *told["lines"]], told["next"]
    return lines


def test_what_needs_no_login_and_writes_is_named() -> None:
    """Nobody of ours is behind these, so each says by itself where it is written down."""
    own_line = {"/login", "/hotel/{token}", "/hotel/{token}/sheet", "/hotel/{token}/guests",
                "/hotel/{token}/guests-sheet"}  # fmt: skip
    with_bookings = {"/hotel-calls/{hotel}", "/alpinebits"}  # `hotel_calls` says why.
    assert {path for method, path in OPEN if method not in SAFE} == own_line | with_bookings


async def test_tokens_end(nats_server: NatsServer, tmp_path: Path) -> None:
    async with rig(nats_server.url, tmp_path) as client:
        good = make_account(tmp_path, "good", Role.AUDITOR)
        late = make_account(tmp_path, "late", Role.AUDITOR, days=0)
        me = await client.get("/v1/me", headers=bearer(good))
        assert me.json() == {"name": "good", "roles": ["auditor"], "stations": [], "units": []}
        assert (await client.get("/v1/me", headers=bearer(late))).status_code == 401
        other = good[:-1] + ("A" if good[-1] != "A" else "B")
        assert (await client.get("/v1/me", headers=bearer(other))).status_code == 401
        kept = (tmp_path / "console.db").read_bytes() + (tmp_path / "console.db-wal").read_bytes()
        assert good.encode() not in kept and good.rpartition("_")[2].encode() not in kept


async def test_a_session(nats_server: NatsServer, tmp_path: Path, owner: FakeOwner) -> None:
    async with rig(nats_server.url, tmp_path) as client:
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        wrong = await client.post("/login", data={"name": "desk", "password": "no"})
        unknown = await client.post("/login", data={"name": "nobody", "password": "no"})
        assert (wrong.status_code, unknown.status_code) == (401, 401)
        # But for the server's clock, nothing tells one from the other.
        timeless = [re.sub(r'data-now="[^"]+"', "", one.text) for one in (wrong, unknown)]
        assert timeless[0] == timeless[1] and "redcrown" not in client.cookies
        done = await client.post("/login", data={"name": "desk", "password": SECRET})
        assert (done.status_code, done.headers["location"]) == (303, "/")
        told = done.headers.get_list("set-cookie")[0].lower()
        assert "httponly" in told and "samesite=strict" in told and "secure" not in told
        assert "desk" in (await client.get("/")).text
        assert (await client.get("/v1/visits")).status_code == 200
        foreign: list[dict[str, str]] = [
            {}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"},
            {"Origin": "https://evil.example"}, {"Origin": "null"},
        ]  # fmt: skip
        for headers in foreign:
            answer = await client.post("/v1/visits", content=spec(), headers=key("a") | headers)
            assert sort_of(answer) == "forbidden"
        assert owner.commands == []
        own = {"Origin": str(client.base_url)}
        for n, headers in enumerate(({"Sec-Fetch-Site": "same-origin"}, own, {"X-Redcrown": "1"})):
            sent = await client.post(
                "/v1/visits", content=spec(f"v-{n}"), headers=key(f"{n}") | headers
            )
            assert sent.status_code == 201
        assert owner.commands[0][1]["actor"] == "desk"
        session = dict(client.cookies)
        assert (await client.post("/logout", headers=own)).status_code == 303
        again = await client.get("/v1/visits", cookies=session)
        assert sort_of(again) == "login-needed"


async def test_behind_tls_the_cookie_is_secure(nats_server: NatsServer, tmp_path: Path) -> None:
    async with rig(nats_server.url, tmp_path) as client:
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        done = await client.post(
            "/login", data={"name": "desk", "password": SECRET},
            headers={"X-Forwarded-Proto": "https"},
        )  # fmt: skip
        told = done.headers.get_list("set-cookie")[0]
        assert told.startswith("__Host-redcrown=") and "; Secure" in told


def test_an_unknown_name_costs_as_much_as_a_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    checked: list[str] = []

    class Hasher:
        def verify(self, stored: str, _password: str) -> bool:
            checked.append(stored)
            return True

    monkeypatch.setattr(credentials, "_HASHER", Hasher())
    assert not credentials.is_password("x", None)
    assert checked == [credentials._NOBODY]


def test_what_is_checked_of_nobody_costs_what_a_hash_does_and_fits_nothing() -> None:
    assert not credentials._HASHER.check_needs_rehash(credentials._NOBODY)
    with pytest.raises(VerifyMismatchError):  # Not: this is no hash, which would be quick to say.
        credentials._HASHER.verify(credentials._NOBODY, "x")


async def test_logins_are_slowed_down(
    nats_server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LOGIN_PACE", limits.Pace(2, 300.0))
    async with rig(nats_server.url, tmp_path) as client:
        make_account(tmp_path, "desk", Role.PLANNER, password=SECRET)
        for _ in range(2):
            await client.post("/login", data={"name": "desk", "password": "no"})
        answer = await client.post("/login", data={"name": "desk", "password": SECRET})
        assert sort_of(answer) == "too-many-requests"
        assert 0 < int(answer.headers["retry-after"]) <= 301


async def test_rates(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "READ_PACE", limits.Pace(3, 60.0))
    monkeypatch.setattr(limits, "WRITE_PACE", limits.Pace(1, 60.0))
    monkeypatch.setattr(limits, "STRANGER_PACE", limits.Pace(2, 60.0))
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        told = [(await client.get("/v1/me")).status_code for _ in range(5)]
        assert told == [200, 200, 200, 429, 429]
        other = bearer(make_account(tmp_path, "other", Role.AUDITOR))
        nobody = {"Authorization": "Bearer x"}
        told = [(await client.get("/v1/me", headers=nobody)).status_code for _ in range(4)]
        assert told == [401, 401, 429, 429]
        # One account does not slow another one down, nor do strangers at its address.
        assert (await client.get("/v1/me", headers=other)).status_code == 200
        sent = await client.post("/v1/visits", content=spec(), headers=key("k"))
        assert sent.status_code == 201
        more = await client.post("/v1/visits", content=spec("v-2"), headers=key("k-2"))
        assert sort_of(more) == "too-many-requests" and int(more.headers["retry-after"]) > 0
        assert len(owner.commands) == 1, "what is refused was not passed on"


async def test_a_key_belongs_to_its_actor(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        other = bearer(make_account(tmp_path, "other", Role.PLANNER))
        lead = bearer(make_account(tmp_path, "lead", Role.STATION_LEAD, stations=("east",)))
        first = await client.post("/v1/visits", content=spec(), headers=key("k"))
        second = await client.post("/v1/visits", content=spec(), headers=key("k") | other)
        assert (first.status_code, second.status_code) == (201, 409)
        assert [body["actor"] for _, body in owner.commands] == ["planner", "other"]
        status = api_visits.status_address(first.json()["command"])
        assert (await client.get(status)).status_code == 200
        assert sort_of(await client.get(status, headers=lead)) == "not-found"


def test_scope_is_what_the_roles_say() -> None:
    lead = Principal("l", frozenset((Role.STATION_LEAD,)), frozenset(("east",)))
    liaison = Principal("u", frozenset((Role.UNIT_LIAISON,)), frozenset(("east",)),
                        frozenset(("catering/lotus",)))  # fmt: skip
    auditor = Principal("a", frozenset((Role.AUDITOR, Role.STATION_LEAD)), frozenset(("east",)))
    assert [lead.sees(one) for one in ("east", "west", None)] == [True, False, False]
    assert [auditor.sees(one) for one in ("east", "west", None)] == [True, True, True]
    assert [auditor.changes(one) for one in ("east", "west", None)] == [True, False, False]
    assert not liaison.changes("east") and liaison.speaks_for("catering", "lotus")
    assert not liaison.speaks_for("venues", "lotus") and not lead.speaks_for("catering", "lotus")
    units = [{"unit": "lotus"}, {"unit": "crane"}]
    assert liaison.inventory("catering", units) == units[:1]
    assert lead.inventory("catering", units) == units


async def test_a_station_lead_reaches_its_own_visits_only(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        lead = bearer(make_account(tmp_path, "lead", Role.STATION_LEAD, stations=("east",)))
        await submitted(client, "none")
        for visit, station in (("east-1", "east"), ("west-1", "west")):
            body = spec(visit, station=station)
            made = await client.post("/v1/visits", content=body, headers=key(f"new-{visit}"))
            assert made.status_code == 201
        listed = (await client.get("/v1/visits", headers=lead)).json()["visits"]
        assert [one["visit"] for one in listed] == ["east-1"]
        page = (await client.get("/", headers=lead)).text
        assert "east-1" in page and "west-1" not in page
        for part in ("", "/timeline", "/proposal"):
            assert (await client.get(f"/v1/visits/west-1{part}", headers=lead)).status_code == 404
        assert (await client.get("/v1/visits/east-1", headers=lead)).status_code == 200
        assert (await client.get("/v1/notices?visit=west-1", headers=lead)).status_code == 404
        assert (await client.get("/v1/notices?visit=east-1", headers=lead)).status_code == 200
        assert sort_of(await client.get("/v1/notices", headers=lead)) == "forbidden"
        sent = len(owner.commands)
        mine, moved = spec("west-1", station="east"), spec("east-1", station="west")
        wrong: list[tuple[str, str, bytes, int]] = [
            ("PUT", "west-1", mine, 404), ("PUT", "east-1", moved, 403),
            ("DELETE", "west-1", b"", 404), ("DELETE", "none", b"", 404),
        ]  # fmt: skip
        for method, visit, body, status in wrong:
            headers = key(f"{method}-{visit}", 1) | lead
            answer = await client.request(
                method, f"/v1/visits/{visit}", content=body, headers=headers
            )
            assert answer.status_code == status
        answer = await client.post("/v1/visits", content=spec("new"), headers=key("c") | lead)
        assert sort_of(answer) == "forbidden"
        stale = spec("east-1", station="east")
        answer = await client.put("/v1/visits/east-1", content=stale, headers=key("f", 7) | lead)
        assert sort_of(answer) == "revision-stale"
        assert len(owner.commands) == sent
        good = await client.put("/v1/visits/east-1", content=stale, headers=key("g", 1) | lead)
        assert good.status_code == 200 and owner.commands[-1][1]["actor"] == "lead"


async def test_a_liaison_answers_for_its_units_only(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    hold, other = "east-1:day/meal:1", "west-1:day/meal:1"
    needs = [{"hold": hold, "service": "catering", "consent": {"asked_of": "lotus"}}]
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        scope = {"stations": ("east",), "units": ("catering/lotus",)}
        liaison = bearer(make_account(tmp_path, "lotus", Role.UNIT_LIAISON, **scope))  # type: ignore[arg-type]
        elsewhere = {**scope, "units": ("catering/crane",)}
        crane = bearer(make_account(tmp_path, "crane", Role.UNIT_LIAISON, **elsewhere))  # type: ignore[arg-type]
        owner.visits["east-1"] = {"visit": "east-1", "revision": 1, "station": "east",
                                  "needs": needs}  # fmt: skip
        owner.visits["west-1"] = {"visit": "west-1", "revision": 1, "station": "west",
                                  "needs": [{**needs[0], "hold": other}]}  # fmt: skip
        yes = {"service": "catering", "granted": True}

        async def answered(hold: str, who: dict[str, str], name: str) -> int:
            headers = {"Idempotency-Key": name, **who}
            told = await client.post(f"/v1/consents/{hold}", json=yes, headers=headers)
            return told.status_code

        assert await answered(hold, crane, "a") == 404
        assert await answered(other, liaison, "b") == 404
        assert await answered("No:such", liaison, "c") == 404
        assert owner.commands == []
        assert await answered(hold, liaison, "d") == 200
        assert owner.commands[0][1]["actor"] == "lotus"


async def test_the_stream_tells_each_its_own(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        lead = bearer(make_account(tmp_path, "lead", Role.STATION_LEAD, stations=("east",)))
        async with client.stream("GET", "/v1/events", headers=lead) as stream:
            heard: list[str] = []
            async for line in stream.aiter_lines():
                if "hello" in line:
                    for number, station in enumerate(("west", None, "east"), 1):
                        await owner.change(f"v-{number}", number, station)
                if line.startswith("data:") and '"visit":' in line:
                    heard.append(line)
                    break
        assert '"v-3"' in heard[0]
