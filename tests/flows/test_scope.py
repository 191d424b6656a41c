"""Whoever plans for one station finds no visit of another: whatever the route, it is not there.

The routes are those of the application itself, so one that forgets its scope fails here. Each gets
a request that is right for it: where the visit is of its own station, the same lead gets in.
Must not: know which routes there are; `REQUESTS` says of some what they need.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from services.console.pages.forms import KEY, TYPE
from services.console.roles import OPEN, ROUTES, Role
from tests.support import hostile
from tests.support.accounts import make_account
from tests.support.console import bearer, key, spec
from tests.support.crawl import routes
from tests.support.hostile import MARK
from tests.support.nats import NatsServer
from tests.support.siege import FILL, Siege, besieged

HOLD = FILL["hold"]
FORM = {
    "revision": "1", "proposal": "p-1", "reason": "why", "need": "day/hall",
    "change": "{}", "service": "venues", "hold": HOLD, "granted": "yes", "mode": "document",
    "starts_at": "2027-09-14T10:00", "hall": "",
}  # fmt: skip
"""What the forms of a visit's pages have, in one."""
REQUESTS: Mapping[tuple[str, str], dict[str, Any]] = {
    ("POST", "/v1/visits/{visit}/proposal/commit"): {"json": {"proposal": "p-1"}},
    ("POST", "/v1/consents/{hold:path}"): {"json": {"service": "venues", "granted": True}},
    ("GET", "/v1/visits/{visit}/roster"): {"params": {"purpose": "desk"}},
}
LEADS = (Role.STATION_LEAD, Role.UNIT_LIAISON)
"""The roles that see the visits of their stations alone."""
INVALID = {400, 401, 404, 405, 415, 422, 428, 500}


INSIDE = {("GET", "/v1/visits/{visit}/rooming-list"): "no firm rooms"}
"""What is said only by who has looked at the visit, which has nothing of that."""


@pytest_asyncio.fixture
async def siege(
    nats_server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Siege]:
    """Every visit is of the station `west`, and every text of it bears the mark."""
    monkeypatch.setitem(hostile.OF_CLASS, ("VisitView", "station"), "west")
    monkeypatch.setitem(hostile.OF_CLASS, ("NeedView", "hold"), HOLD)
    monkeypatch.setitem(hostile.OF_CLASS, ("PickupFile", "content"), "")
    monkeypatch.setitem(hostile.OF_CLASS, ("RosterView", "guests"), [{"guest": FILL["guest"]}])
    hostile.answer_of.cache_clear()
    try:
        async with besieged(nats_server.url, tmp_path) as made:
            yield made
    finally:
        hostile.answer_of.cache_clear()


async def asked(siege: Siege, route: tuple[str, str], token: str, station: str) -> httpx.Response:
    """The answer to a request that is right for a route, but perhaps for who sends it."""
    method, path = route
    known, extra, once = bearer(token), dict(REQUESTS.get(route, {})), f"{method}{path}"
    if method != "GET" and not path.startswith("/v1/"):
        text = spec("v-1", station=station).decode()
        extra["data"] = {**FORM, KEY: once, "document": text, "base": text}
        headers = {**known, "Content-Type": TYPE}
    elif method != "GET":
        headers = {**key(once, 1), **known}
        if "json" in extra:
            headers.pop("Content-Type")
        else:
            extra["content"] = spec("v-1", station=station)
    else:
        headers = known
    return await siege.client.request(method, siege.at(path), headers=headers, **extra)


async def test_a_visit_of_another_station_is_not_there(siege: Siege) -> None:
    about = [
        route for route in routes(siege.folder) if "{visit}" in route[1] or "{hold" in route[1]
    ]
    assert len(about) > 25 and not OPEN & {*about}
    east = make_account(siege.folder, "east-lead", *LEADS, stations=("east",))
    west = make_account(siege.folder, "west-lead", *LEADS, stations=("west",), units=("venues/u",))
    for route in about:
        told = await asked(siege, route, east, "east")
        assert told.status_code in (403, 404), (route, told.status_code, told.text[:2_000])
        assert MARK not in told.text, route
    assert siege.attacker.commands == []
    for route in about:
        if not ROUTES[route] & {*LEADS}:
            continue
        told = await asked(siege, route, west, "west")
        let_in = told.status_code not in INVALID or INSIDE.get(route, told.url.path) in told.text
        assert let_in, (route, told.status_code, told.text[:2_000])
    assert siege.attacker.commands != []
