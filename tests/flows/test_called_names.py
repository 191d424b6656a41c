"""A guest's name on its way to a hotel whose system calls by AlpineBits: a real guests service, a
real bookings, the console and the bus between them. What names mean there is in `tests/hotels`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import yaml

from services.bookings.by_call import handing
from services.bookings.hotels.alpinebits.calls import READ
from services.bookings.main import BookingSettings, build
from services.console import bounds
from shared.chassis import limits
from tests.flows.test_guests import ids_of
from tests.flows.test_hotel_calls import SOON_S
from tests.hotels.alpinebits.world import PASSWORD, Client, read
from tests.hotels.front import Front
from tests.hotels.test_called_names import booked, sent
from tests.hotels.test_called_orders import CALLS, LINK, Caller
from tests.rules.guest_case import row
from tests.support.console import running_console
from tests.support.guests import Officer, running_guests
from tests.support.nats import NatsServer
from tests.support.system import Planner

NAME = "Canary-Plume"


async def definite(folder: Path, guest: str) -> str:
    """A store of bookings: a room that the hotel has booked, for this guest. Its order."""
    front = Front(f"sqlite:///{folder / 'bookings.db'}", LINK)
    try:
        front.guests.roster = {guest: ("nobody", None)}
        await booked(Caller(front, folder / "logins"), 1)
        return str(front.rows()[0].ours)
    finally:
        await front.close()


@asynccontextmanager
async def running_bookings(bus: str, folder: Path) -> AsyncIterator[None]:
    link = LINK.model_dump(mode="json", exclude_none=True)
    (folder / "links.yaml").write_text(yaml.safe_dump({"hotels": [link]}))
    service = build(
        BookingSettings(
            nats_url=bus, data_dir=folder, hotels=folder / "links.yaml",
            alpinebits_logins=folder / "logins",
        )
    )  # fmt: skip
    async with service.running():
        async with asyncio.timeout(SOON_S):
            while not service.ready:
                await asyncio.sleep(0.02)
        yield


async def test_a_name_goes_from_the_roster_to_the_hotel_and_nowhere_else(
    bus: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setattr(limits, "QUERY_TIMEOUT_S", SOON_S)
    monkeypatch.setattr(bounds, "ALPINEBITS_ANSWER_S", SOON_S)
    monkeypatch.setattr(handing, "NAMES_S", SOON_S)
    folder = tmp_path / "bookings"
    (folder / "logins").mkdir(parents=True)
    (folder / "logins" / CALLS).write_text(f"{CALLS}:{PASSWORD}\n")
    async with running_guests(bus.url, f"sqlite:///{tmp_path / 'guests.db'}"):
        planner = await Planner.connect(bus.url)
        officer = Officer(planner)
        lodged = row(1, family_name=NAME, room_need="stay/rooms", hotel=CALLS)
        (guest,) = ids_of(await officer.put("v", [lodged]))
        ours = await definite(folder, guest)
        async with (
            running_console(bus.url, tmp_path / "console") as address,
            running_bookings(bus.url, folder),
            httpx.AsyncClient(base_url=address, timeout=60) as http,
        ):
            # What changes while it is looked up goes out with a later call.
            found: dict[str, tuple[str, str]] = {}
            async with asyncio.timeout(SOON_S):
                while not found:
                    found = sent(await Client(http).ask(READ, read()))
                    await asyncio.sleep(0.2)
        assert list(found.values()) == [("Modify", NAME)]
        looks = [one for one in await officer.audit("v") if one["act"] == "look"]
        named = [one for one in looks if "family_name" in one["fields"]]
        assert {(one["actor"], one["cause"], *one["guests"], one["purpose"]) for one in named} == {
            (f"hotel:{CALLS}", ours, guest, "hotel-registration")
        }
        await planner.close()
    kept = b"".join(
        one.read_bytes()
        for one in tmp_path.rglob("*")
        if one.is_file() and "guests" not in one.name
    )
    assert guest.encode() in kept and NAME.encode() not in kept
    assert NAME not in "".join(capfd.readouterr())
