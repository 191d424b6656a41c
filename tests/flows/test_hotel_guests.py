"""A hotel's page with its guests: a real guests service, the real console, bookings played.

Bookings itself is in `tests/hotels/test_hand_guests.py`; all together, as real processes, in
`tests/live/test_canaries.py`.
"""

from __future__ import annotations

import base64
import html
import io
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import nats
import openpyxl
import orjson
from nats.aio.msg import Msg

from services.bookings.by_hand.arrivals import Told, judge, shown, today_of
from shared.contracts.guests import CountLodged
from shared.contracts.hotel_arrivals import Arrivals, ArrivalsSaid, LineTold, SayArrivals
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
        self.told: dict[str, Told] = {}

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
        good = body.get("token") == "good.token"
        if name in ("read_arrivals", "preview_arrivals", "say_arrivals"):
            await arrived.respond(self.arrivals(name, body).model_dump_json().encode())
            return
        found: Any = HotelStayShown(stay=STAY if self.firm and good else None)
        if name == "read_hotel_page":
            found = PAGE.model_copy(update={"firm": self.firm, "found": good})
        if name == "read_rooming_sheet":
            book: Any = openpyxl.Workbook()
            for one in body["guests"]:
                book.active.append([one["guest"], None, one["room"], one["kind"]])
            out = io.BytesIO()
            book.save(out)
            content = base64.b64encode(out.getvalue()).decode()
            found = HotelSheet(found=True, order="rc1", edition=1, content=content)
        await arrived.respond(found.model_dump_json().encode())

    def arrivals(self, name: str, body: dict[str, Any]) -> Arrivals | ArrivalsSaid:
        """As bookings judges it, on the evening of the arrival; kept in memory."""
        evening = today_of(datetime(2027, 9, 14, 21))
        if name == "read_arrivals":
            some = [self.told.get(one, Told(one)) for one in body["guests"]]
            guests = tuple(shown(one, evening, STAY.arrival) for one in some)
            return Arrivals(found=True, guests=guests)
        said = SayArrivals.model_validate(body)
        verdicts = judge(said.lines, self.told, said.listed, evening, STAY.arrival)
        if name == "say_arrivals":
            self.told |= {one.now.guest: one.now for one in verdicts}
        lines = tuple(
            LineTold(guest=one.now.guest, outcome=one.outcome,
                     now=shown(one.now, evening, STAY.arrival),
                     before=shown(one.before, evening, STAY.arrival))
            for one in verdicts
        )  # fmt: skip
        return ArrivalsSaid(found=True, lines=lines)


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
    await _rooms_are_not_definite(http)
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

    await _says_who_has_come(bookings, http, (one, four))
    await _the_roster_changes(bookings, officer, http, (one, four))


async def _rooms_are_not_definite(http: httpx.AsyncClient) -> None:
    """An older page or list leads to what became of the order; a stranger's link to nothing."""
    url, sheet = "/hotel/good.token", {"sheet": workbook([["姓名", "编号"]])}
    late = await http.get(f"{url}/guests.xlsx")
    assert late.status_code == 409 and "no list of guests.</p>" in late.text
    ways: dict[str, Any] = {"guests": {"data": {"page": "1"}}, "guests-sheet": {"files": sheet}}
    for way, given in ways.items():
        answer = await http.post(f"{url}/{way}", **given)
        assert answer.status_code == 409 and "Nothing was saved" in answer.text
        assert f'method="post" action="{url}"' in answer.text, "it can be taken back from there"
        stranger = await http.post(f"/hotel/bad.token/{way}", **given)
        assert stranger.status_code == 404 and "opens nothing" in stranger.text
    assert (await http.get("/hotel/bad.token/guests.xlsx")).status_code == 404


async def _says_who_has_come(
    bookings: Bookings, http: httpx.AsyncClient, guests: tuple[str, str]
) -> None:
    one, four = guests
    form = {f"seen.{one}": "0", f"state.{one}": "in_house", f"seen.{four}": "0",
            f"number.{one}": "812", f"was.{one}": "", f"with.{one}": f"{one} {four}"}  # fmt: skip
    url = "/hotel/good.token/guests"
    elsewhere = {"Origin": "https://evil.example"}
    assert (await http.post(url, data=form, headers=elsewhere)).status_code == 403
    assert (await http.post(url, data={f"seen.{one}": "x", f"state.{one}": "y"})).status_code == 422
    assert bookings.told == {}
    done = await http.post(url, data=form)
    assert (done.status_code, done.headers["location"]) == (
        303, "/hotel/good.token?said=arrivals_taken",
    )  # fmt: skip
    again = await http.post(url, data=form)
    assert again.headers["location"].endswith("said=arrivals_same")
    assert {one.number for one in bookings.told.values()} == {"812"}
    wrong = {**form, f"number.{one}": "Mr Wang", f"state.{one}": "no_show"}
    refused = await http.post(url, data=wrong)
    assert refused.status_code == 409 and "not a room number" in refused.text
    assert "somebody else said something since" in refused.text

    rows = [["姓名", "编号", "状态", "房号", "备注"],
            ["Quill Ann", one, "离店", None, "Quill is a friend of 王小明"],
            ["王小明", four, "in house", None, None]]  # fmt: skip
    bookings.asked.clear()
    look = await http.post("/hotel/good.token/guests-sheet", files={"sheet": workbook(rows)})
    assert look.status_code == 422, "the rows do not say which word they have seen"
    assert look.text.count("somebody else said something since") == 2
    for line, record in zip(rows, ("记录号", 1, 1), strict=True):
        line.append(record)  # type: ignore[arg-type]
    look = await http.post("/hotel/good.token/guests-sheet", files={"sheet": workbook(rows)})
    assert look.status_code == 200 and bookings.told[one].state == "in_house"
    lines = html.unescape(re.findall(r'name="lines" value="([^"]*)"', look.text)[0])
    done = await http.post(url, data={"lines": lines})
    assert done.status_code == 303
    assert {one.state.value for one in bookings.told.values()} == {"departed", "in_house"}
    for hidden in ("Quill", "王", "friend"):
        assert hidden not in str(bookings.asked), "bookings learns no name"
    bad = await http.post("/hotel/good.token/guests-sheet", files={"sheet": b"rubbish"})
    assert bad.status_code == 422 and "cannot be used" in bad.text


async def _the_roster_changes(
    bookings: Bookings, officer: Officer, http: httpx.AsyncClient, guests: tuple[str, str]
) -> None:
    """Whoever has an old page or an old list is told so, guest by guest."""
    one, four = guests
    query = CountLodged(cause="c", actor="a", roles=("service",), visits=("v-1", "v-2"))
    counted = await officer._planner.ask(query)
    assert [(n["need"], n["hotel"], n["guests"]) for n in counted["counts"]] == [
        ("stay/rooms", None, 2), ("stay/rooms", "other", 1),
    ]  # fmt: skip
    kept = [one for one in roster() if one["family_name"] != "Quill"]
    await officer.put("v-1", kept, 1)
    form = {f"seen.{one}": "2", f"state.{one}": "in_house"}
    gone = await http.post("/hotel/good.token/guests", data=form)
    assert gone.status_code == 409 and bookings.told[one].state == "departed"
    rows = [["编号", "入住情况"], [one, "已入住"], [four, "待入住"]]
    look = await http.post("/hotel/good.token/guests-sheet", files={"sheet": workbook(rows)})
    assert "not on the list any more" in look.text


def workbook(rows: list[list[Any]]) -> bytes:
    book: Any = openpyxl.Workbook()
    for line in rows:
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
