"""Visits whose hotels run their own systems: real services, a real bus, hotels over HTTP.

Two hotels of the sample city have systems (`tests.hotels`), all others have none. Both databases.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.bookings.orders.limits import HOTEL_LEASE_S
from shared.contracts.changes import ChangeUnit, PreviewChange, UnitChange
from shared.contracts.spec import VisitSpec
from tests.hotels.running import HotelProcess
from tests.support.nats import NatsServer
from tests.support.specs import DAY, hall, spec
from tests.support.system import Planner, System, act

SERVICES = ("visits", "bookings", "venues")
GRAND, SMALL = "hecheng-hotel", "hubin-hotel"


@pytest.fixture
def hotels(tmp_path: Path) -> Iterator[dict[str, HotelProcess]]:
    """Two processes with ten twin rooms each."""
    found: dict[str, HotelProcess] = {}
    try:
        for name in (GRAND, SMALL):
            (tmp_path / name).mkdir()
            found[name] = HotelProcess("haip", tmp_path / name).start()
        yield found
    finally:
        for process in found.values():
            process.stop()


@pytest.fixture
def system(
    stores: Callable[[str], str], tmp_path: Path, bus: NatsServer, hotels: dict[str, HotelProcess]
) -> System:
    links = [
        {**json.loads(process.link().model_dump_json()), "hotel": name, "gateway": name}
        for name, process in hotels.items()
    ]
    path = tmp_path / "links.yaml"
    path.write_text(yaml.safe_dump({"hotels": links}), "utf-8")
    env = {"REDCROWN_HOTELS": str(path), "REDCROWN_HOTEL_SWEEP_S": "2"}
    return System(tmp_path, bus.url, stores, **env)


def stay(visit: str, hotel: str, hall_name: str = "expo-forum", pairs: int = 4) -> VisitSpec:
    """Rooms in one hotel for a night, and a hall on the side."""
    rooms = {"id": "rooms", "kind": "room", "sharing_pairs": pairs, "hotel": hotel,
             "hotel_only": True}  # fmt: skip
    return spec(visit, rooms, hall(hall_name, "classroom"), last_day="2027-09-15", guests=8)


async def until(planner: Planner, visit: str, *phases: str, within_s: float = 90) -> dict[str, Any]:
    """The visit, as soon as it is in one of the phases."""
    view = None
    for _ in range(int(within_s / 0.1)):
        view = await planner.visit(visit)
        if view is not None and view["phase"] in phases:
            return view
        await asyncio.sleep(0.1)
    raise TimeoutError(view and (view["phase"], view["reasons"]))


async def blocks(hotel: HotelProcess, wanted: list[str]) -> None:
    """Wait until these are the states of all blocks at a hotel."""
    found: list[str] = []
    for _ in range(600):
        found = sorted(one["status"] for one in hotel.act("count")["blocks"])
        if found == wanted:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(found)


def need(view: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [one for one in view["needs"] if one["kind"] == kind]
    return dict(found)


async def test_yes_no_and_a_cancellation_by_the_hotel(
    planner: Planner, hotels: dict[str, HotelProcess]
) -> None:
    await planner.submit(stay("one", GRAND))
    await until(planner, "one", "ready")
    await blocks(hotels[GRAND], ["definite"])

    # Eight of its ten rooms are gone at the small one: nothing of ours is short, yet it says no.
    hotels[SMALL].act("others", kind=hotels[SMALL].link().codes.room_type("twin"), rooms=8)
    await planner.submit(stay("two", SMALL, "hecheng-hotel-hall"))
    view = await until(planner, "two", "blocked")
    no = need(view, "room")["refusal"]
    assert no["code"] == "hotel_full"
    assert "2 left" in no["sentence"]["en"] and "余 2 间" in no["sentence"]["zh"]
    assert no["alternatives"], "what would fit is said"
    await blocks(hotels[SMALL], ["cancelled"])

    # The first hotel cancels by itself what it had confirmed.
    hotels[GRAND].act("staff_blocks", status="cancelled")
    view = await until(planner, "one", "blocked")
    no = need(view, "room")["refusal"]
    assert no["code"] == "hotel_withdrew" and no["alternatives"]
    assert need(view, "hall")["state"] == "confirmed", "the rest of the arrangement is kept"

    # The way out that was offered is one.
    offered = [one["change"]["hotel"] for one in no["alternatives"]]
    changed = stay("one", next(name for name in offered if name not in hotels))
    await planner.submit(changed, revision=1)
    await until(planner, "one", "ready")


async def test_a_hotel_that_we_close_is_told(
    planner: Planner, hotels: dict[str, HotelProcess]
) -> None:
    await planner.submit(stay("one", GRAND))
    await until(planner, "one", "ready")
    await blocks(hotels[GRAND], ["definite"])
    reason = {"zh": "检修", "en": "repairs"}
    change = UnitChange(close={"first_night": DAY, "last_night": DAY, "reason": reason})
    asked = PreviewChange(cause="read", actor="test", unit=GRAND, change=change)
    told = await planner.ask(asked, "bookings")
    assert [one["visit"] for one in told["hits"]] == ["one"]
    command = ChangeUnit(
        **act(), unit=GRAND, expected_revision=told["revision"], change=change
    )  # fmt: skip
    await planner.send(command, "bookings")
    await planner.until(
        "one", lambda view: (need(view, "room")["refusal"] or {}).get("code") == "closed"
    )
    await blocks(hotels[GRAND], ["cancelled"])


async def test_a_hotel_that_is_down_harms_no_other(
    planner: Planner, hotels: dict[str, HotelProcess], system: System
) -> None:
    hotels[SMALL].faults(down=1)
    await planner.submit(stay("late", SMALL))
    await until(planner, "late", "waiting")
    await planner.submit(stay("fine", GRAND, "hecheng-hotel-hall"))
    await until(planner, "fine", "ready")
    await blocks(hotels[GRAND], ["definite"])
    assert (await planner.visit("late") or {})["phase"] == "waiting"

    # Killed while it waits: what was to be ordered is known after it, and ordered once.
    (bookings,) = [one for one in system.replicas if one.service == "bookings"]
    bookings.kill()
    hotels[SMALL].faults()
    bookings.start()
    system.await_ready()
    # Killed in the middle of a try, an order is its process's until the lease is over.
    await until(planner, "late", "ready", within_s=HOTEL_LEASE_S + 60)
    await blocks(hotels[SMALL], ["definite"])
    await blocks(hotels[GRAND], ["definite"])
