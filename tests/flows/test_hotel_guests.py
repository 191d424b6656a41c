"""A hotel's page with its guests: a real guests service, the real console, bookings played.

Bookings itself is in `tests/hotels/test_hand_guests.py`; all together, as real processes, in
`tests/live/test_canaries.py`.
"""

from __future__ import annotations

import base64
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import httpx
import nats
import openpyxl
import orjson
from nats.aio.msg import Msg

from shared.contracts.hotel_desk import HotelPage, HotelSheet
from shared.contracts.hotel_guests import HotelStay, HotelStayShown, StayRooms
from shared.contracts.values import Text
from tests.rules.guest_case import row
from tests.support.console import running_console
from tests.support.guests import Officer, running_guests
from tests.support.nats import NatsServer
from tests.support.system import Planner

NAME = Text(zh="双床房", en="Twin")
STAY = HotelStay(
    order="rc1", visit="v-1", need="stay/rooms", hotel="garden", alone=True,
    arrival=date(2027, 9, 14), departure=date(2027, 9, 16),
    rooms=(StayRooms(kind="twin", name=NAME, rooms=1, pair=True),),
)  # fmt: skip
PAGE = HotelPage(
    found=True, order="rc1", hotel=Text(zh="园", en="Garden"), visit="v-1", edition=1,
    state="accepted",  # type: ignore[arg-type]
)  # fmt: skip


class Bookings:
    """One order, definite or not yet."""

    def __init__(self) -> None:
        self.firm = False
        self.asked: list[tuple[str, dict[str, Any]]] = []

    @asynccontextmanager
    async def answering(self, url: str) -> AsyncIterator[None]:
        client = await nats.connect(url)
        await client.subscribe("qry.bookings.>", cb=self.answer)
        await client.flush()
        yield
        await client.close()

    async def answer(self, arrived: Msg) -> None:
        name, body = arrived.subject.split(".")[2], orjson.loads(arrived.data)
        self.asked.append((name, body))
        found: Any = HotelStayShown(stay=STAY if self.firm else None)
        if name == "read_hotel_page":
            found = PAGE.model_copy(update={"firm": self.firm})
        if name == "read_rooming_sheet":
            book: Any = openpyxl.Workbook()
            for one in body["guests"]:
                book.active.append([one["guest"], None, one["room"], one["kind"]])
            out = io.BytesIO()
            book.save(out)
            content = base64.b64encode(out.getvalue()).decode()
            found = HotelSheet(found=True, order="rc1", edition=1, content=content)
        await arrived.respond(found.model_dump_json().encode())


def roster() -> list[dict[str, Any]]:
    here = {"room_need": "stay/rooms", "room_group": "r-1"}
    return [
        row(1, family_name="Quill", given_name="Ann", **here),
        row(2, family_name="Elsewhere", room_need="stay/rooms", hotel="other"),
        row(3, family_name="Unlodged"),
        row(4, family_name="王", given_name="小明", **here),
    ]


async def test_the_guests_of_a_definite_order(bus: NatsServer, tmp_path: Path) -> None:
    bookings, headers = Bookings(), {"Accept": "text/html", "Accept-Language": "en"}
    async with (
        bookings.answering(bus.url),
        running_console(bus.url, tmp_path) as address,
        httpx.AsyncClient(base_url=address, headers=headers, timeout=60) as http,
    ):
        planner = await Planner.connect(bus.url)
        async with running_guests(bus.url, f"sqlite:///{tmp_path / 'guests.db'}"):
            await _while_it_answers(bookings, Officer(planner), http)
        page = await http.get("/hotel/good.token")
        assert page.status_code == 200 and "cannot be shown now" in page.text
        assert (await http.get("/hotel/good.token/guests.xlsx")).status_code == 503
        await planner.close()


async def _while_it_answers(bookings: Bookings, officer: Officer, http: httpx.AsyncClient) -> None:
    page = await http.get("/hotel/good.token")
    assert 'id="guests"' not in page.text
    assert (await http.get("/hotel/good.token/guests.xlsx")).status_code == 404
    bookings.firm = True
    assert "Nobody is named yet" in (await http.get("/hotel/good.token")).text
    rows = (await officer.put("v-1", roster()))["rows"]
    one, four = rows[0]["guest"], rows[3]["guest"]
    bookings.asked.clear()

    page = await http.get("/hotel/good.token")
    assert page.headers["cache-control"] == "no-store"
    assert "Quill Ann" in page.text and "王小明" in page.text and "Twin" in page.text
    for hidden in ("Elsewhere", "Unlodged", "E00000001", "+86139"):
        assert hidden not in page.text
    answer = await http.get("/hotel/good.token/guests.xlsx")
    assert answer.status_code == 200 and answer.headers["cache-control"] == "no-store"
    book: Any = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [[cell.value for cell in line] for line in book.iter_rows()] == [
        [one, "Quill Ann", "1", "twin"], [four, "王小明", "1", "twin"],
    ]  # fmt: skip
    assert "Quill" not in str(bookings.asked), "bookings learns no name"

    last = (await officer.audit("v-1"))[-1]
    assert (last["act"], last["purpose"], last["outcome"]) == (
        "look", "hotel-registration", "shown",
    )  # fmt: skip
    assert (last["actor"], last["cause"], last["roles"]) == ("hotel:garden", "rc1", ["hotel"])
    assert last["guests"] == [one, four], "only these were looked at"
