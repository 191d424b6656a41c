"""A console among hostile owners, with hostile alarms and feeds of its own, and one who may all.

Must not: know what is tested.
"""

from __future__ import annotations

import asyncio
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import httpx

from services.console import alarm_rules, alarm_store
from services.console.alarm_look import Look
from services.console.door import Console
from services.console.picture import Picture
from services.console.roles import ROUTES, Role
from shared.contracts.values import Text
from tests.support.accounts import make_account
from tests.support.browser import session_of
from tests.support.console import CONSOLES, client_of, running_console
from tests.support.hostile import KEY, PROSE, TEXT, Attacker, attacking

STREAMS = ("/stream", "/v1/events")
"""They do not end."""
EVIL = Text(zh=PROSE, en=PROSE)
FILL = {
    "visit": "v-1", "service": "venues", "group": quote(KEY, safe=""), "message": "m-1",
    "replay": quote(KEY, safe=""), "consumer": quote(KEY, safe=""), "hold": "v-1:day/hall:1",
    "command": "c-" + "0" * 40, "guest": "g-" + "0" * 26, "feed": "feed-0", "secret": "x",
    "kind": "plan", "unit": "u", "token": "a.b",
    "hotel": "u", "order": "rc0", "form": "csv",
}  # fmt: skip
"""What stands in addresses."""
CHOSEN = {"replay": "?message=m-1", "discard": "?message=m-1", "restore": "?message=m-1"}
"""Pages that show nothing without a choice."""


@dataclass
class Siege:
    """The console, and a browser's client whose account has every role."""

    address: str
    folder: Path
    attacker: Attacker
    client: httpx.AsyncClient
    session: str
    alarm: str
    calendar: str

    @property
    def own(self) -> dict[str, str]:
        """What a form of the console's own page sends."""
        return {"Origin": self.address}

    def at(self, path: str) -> str:
        """The address of a route."""
        fill = {**FILL, "alarm": self.alarm}
        made = re.sub(r"\{([^}:]+)(:path)?\}", lambda found: fill[found[1]], path)
        last = path.rpartition("/")[2]
        return made + (CHOSEN.get(last, "") if path.startswith("/parked/{service}/") else "")

    def pages(self) -> list[str]:
        """The address of every page that is not served to programs."""
        some = [path for method, path in ROUTES if method == "GET" and path not in STREAMS]
        return [self.at(one) for one in some if not one.startswith("/v1/")]


@asynccontextmanager
async def besieged(bus: str, folder: Path) -> AsyncIterator[Siege]:
    """Everything runs, and hostile texts are everywhere that the contracts let them be."""
    password = secrets.token_urlsafe(16)
    async with attacking(bus) as attacker, running_console(bus, folder, wait_s=2.0) as address:
        make_account(folder, "ann", *Role, units=("venues/u",), password=password)
        console = CONSOLES[address]
        alarm = await _alarm(console)
        session = await session_of(address, "ann", password)
        async with client_of(address, "") as client:
            client.cookies.set("redcrown", session, domain="127.0.0.1")
            calendar = await _feed(client, address)
            await _beats(attacker, console)
            yield Siege(address, folder, attacker, client, session, alarm, calendar)


async def _alarm(console: Console) -> str:
    """A hostile alarm that was silenced for a hostile reason; its id."""
    rule = alarm_rules.PARKED
    one = Look(rule, TEXT[:150], 9.0, EVIL, EVIL, "venues", KEY, KEY, "v-1")
    await console.service.writer.run(lambda work: alarm_store.add(work, [one]))
    found = (await console.service.read(alarm_store.standing))[0]
    until = console.service.clock.now().replace(year=2099)
    await console.service.writer.run(
        lambda work: alarm_store.silence(work, found.id, KEY, until, PROSE)
    )
    return found.id


async def _feed(client: httpx.AsyncClient, address: str) -> str:
    """The path of a calendar of a hostile hall."""
    made = await client.post(
        "/v1/feeds", json={"kind": "hall", "target": KEY}, headers={"Origin": address}
    )
    assert made.status_code == 201, made.text
    return str(made.json()["address"]).removeprefix(address)


async def _beats(attacker: Attacker, console: Console) -> None:
    """The picture shows a hostile service."""
    async with asyncio.timeout(20):
        while not [one for one in _picture(console).flows if one.service == "venues"]:
            await attacker.beat("venues")
            await asyncio.sleep(0.1)


def _picture(console: Console) -> Picture:
    return console.board.picture(console.service.clock.now())
