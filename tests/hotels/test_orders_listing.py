"""What an operator sees of linked hotels, and asking again for what a person owned."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml
from typer.testing import CliRunner

from services.bookings.documents import Hotel
from services.bookings.hotels.links import AlpineLink, HandLink, HotelLink, Link
from services.bookings.hotels.mapping import CodeMap
from services.bookings.orders.__main__ import app
from services.bookings.orders.unmapped import STATUSES, lacking
from shared.contracts.holds import HoldState
from tests.hotels.contract import SPECS
from tests.hotels.front import HAIP, Front
from tests.hotels.linking import DIALECTS, link_to
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import hotel_doc, kind_doc, wish

RUNNER = CliRunner()


@pytest_asyncio.fixture
async def front(
    hotel: HotelProcess, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Front]:
    monkeypatch.setenv("REDCROWN_STORE_URL", store_url)
    front = Front(store_url, hotel.link())
    yield front
    await front.close()


def said(*words: str) -> list[str]:
    result = RUNNER.invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


async def test_hotels_and_orders_are_listed_and_asked_again(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.bookings.orders.finishing.HOTEL_ORDER_TRIES", 2)
    front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))
    front.desk.place("w", h2=wish(pairs=2, hotel=HAIP))
    (line,) = said("hotels")
    assert "link idle" in line and "waiting 2" in line
    hotel.faults(down=1)
    await front.work()
    (line,) = said("hotels")
    assert "link no answer" in line and "waiting 2" in line
    await front.until(lambda: all(row.owned for row in front.rows()))
    first, more = said("list", "--limit", "1")
    assert "owned said=unavailable" in first
    assert more.startswith("more: --after rc")
    (second,) = said("list", "--after", first.split()[0])
    assert second.split()[0] > first.split()[0]

    hotel.faults()
    said("again", first.split()[0])
    said("again", second.split()[0])
    await front.work()
    assert {row.state for row in front.rows()} == {"tentative"}
    assert front.hold("h1").state is front.hold("h2").state is HoldState.HELD
    assert RUNNER.invoke(app, ["again", "rc0"]).exit_code == 1


# What has no counterpart


def without(link: HotelLink, table: str, *codes: str) -> HotelLink:
    """A link whose code map lacks these."""
    whole = link.codes.model_dump()
    kept = {name: value for name, value in whole[table].items() if name not in codes}
    lesser = CodeMap.model_validate(whole | {table: kept})
    return link.model_copy(update={"codes": lesser})


def told(link: Link, *kinds: str) -> list[str]:
    document = hotel_doc(link.hotel, *(kind_doc(one, 10) for one in kinds or ("twin", "king")))
    hotels = {link.hotel: Hotel.model_validate(document)}
    found = lacking([link], hotels)
    assert {one.hotel for one in found} <= {link.hotel}
    return [one.what for one in found]


@pytest.mark.parametrize("system", sorted(DIALECTS))
def test_each_status_that_a_system_has_is_missed_when_it_is_not_mapped(
    system: str, tmp_path: Path
) -> None:
    link = link_to(system, "http://127.0.0.1:1", tmp_path)
    assert told(link) == []
    blocks, stays = STATUSES[system]
    assert {*link.codes.stay_states} <= {*stays}, "a status that the vendor's file does not have"
    for one in link.codes.stay_states:
        assert told(without(link, "stay_states", one)) == [f"stay status {one} of the hotel"]
    for one, state in link.codes.block_states.items():
        (said,) = told(without(link, "block_states", one))
        known = f"block status {one} of the hotel"
        assert said == (known if blocks else f"block state {state} has no status of the hotel")
    assert told(link, "twin", "king", "suite")[0] == "room type suite"


def documented(path: str, *names: str) -> list[str]:
    """An enum in a vendor's file."""
    found: Any = json.loads((SPECS / path).read_text(encoding="utf-8"))
    for name in names:
        found = found[name]
    return sorted(found["enum"])


def test_the_statuses_are_those_of_the_vendors_files() -> None:
    blocks, stays = STATUSES["haip"]
    file = "haip/haip.extract.openapi.json"
    dto = ("components", "schemas", "UpdateBlockDto", "properties", "status")
    assert sorted(blocks) == documented(file, *dto)
    assert sorted(stays) == haip_stay_statuses(file)
    file = "ohip/rsv.extract.json"
    assert sorted(STATUSES["ohip"][1]) == documented(file, "definitions", "pMS_ResStatusType")


def haip_stay_statuses(file: str) -> list[str]:
    whole = json.loads((SPECS / file).read_text(encoding="utf-8"))
    parameters = whole["paths"]["/api/v1/reservations"]["get"]["parameters"]
    (status,) = (one for one in parameters if one["name"] == "status")
    return sorted(status["schema"]["enum"])


async def test_what_is_unmapped_is_listed_and_is_a_failure(
    front: Front, hotel: HotelProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert RUNNER.invoke(app, ["unmapped"]).exit_code == 2, "there is no file"
    file = tmp_path / "links.yaml"
    monkeypatch.setenv("REDCROWN_HOTELS", str(file))

    def write(*links: HotelLink) -> None:
        data = {"hotels": [one.model_dump(mode="json") for one in links]}
        file.write_text(yaml.safe_dump(data), "utf-8")

    write(hotel.link())
    assert said("unmapped") == []
    strange = hotel.link().model_copy(update={"hotel": "elsewhere"})
    write(without(hotel.link(), "stay_states", "stayover"), strange)
    result = RUNNER.invoke(app, ["unmapped"])
    assert (result.exit_code, result.output.splitlines()) == (1, [
        "elsewhere: there is no such hotel in the inventory",
        f"{HAIP}: stay status stayover of the hotel",
    ])  # fmt: skip
    file.write_text("hotels: [{hotel: grand}]", "utf-8")
    assert RUNNER.invoke(app, ["unmapped"]).exit_code == 2


def test_a_hotel_whose_system_calls_us_is_looked_at_too() -> None:
    link = AlpineLink(
        hotel="garden", system="alpinebits", zone="Asia/Shanghai", their_hotel="123",
        room_types={"twin": "DZ", "loft": "LO"},
    )  # fmt: skip
    assert told(link) == ["room type king has no code", "code LO leads to no room type"]
    hand = HandLink(hotel="garden", system="by_hand", zone="Asia/Shanghai")
    assert told(hand) == []
