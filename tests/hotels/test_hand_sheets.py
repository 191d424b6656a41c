"""An order by hand as a spreadsheet: what goes out, and the word in what comes back."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest

from services.notifications.orders import HotelOrder, order_of, rooms_of
from shared.contracts.hotel_desk import (
    DeskState,
    HotelAsked,
    HotelReason,
    HotelSheet,
    HotelSheetRead,
    PreviewHotelSheet,
)
from shared.sheets.rooms import workbook_of
from tests.hotels.test_hand_orders import HAND, Hotel, firm, hotel, keys, rooms

D = DeskState
Fill = Callable[[Any, int], None]
__all__ = ["hotel", "keys"]
ANSWER, REF = 9, 1


async def sheet_of(hotel: Hotel) -> HotelSheet:
    token, now = hotel.token(), hotel.front.now()
    return await hotel.front.run(lambda work: hotel.desk.sheet(work.connection, token, now))


def filled(sent: HotelSheet, fill: Fill) -> bytes:
    """The workbook with `fill` applied to each line that asks, counted from 0."""
    book = openpyxl.load_workbook(io.BytesIO(base64.b64decode(sent.content)))
    sheet: Any = book.active
    rows = [one for one in sheet.iter_rows() if "/twin" in str(one[REF - 1].value)]
    for number, row in enumerate(rows):
        fill(row, number)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


async def read(hotel: Hotel, content: bytes, token: str | None = None) -> HotelSheetRead:
    said = PreviewHotelSheet(
        cause="p", actor="h", token=token or hotel.token(),
        content=base64.b64encode(content).decode(),
    )  # fmt: skip
    now = hotel.front.now()
    return await hotel.front.run(lambda work: hotel.desk.preview(work.connection, said, now))


def answer(*words: str) -> Fill:
    def fill(row: Any, number: int) -> None:
        row[ANSWER - 1].value = words[min(number, len(words) - 1)]

    return fill


def carried(letter: HotelAsked) -> bytes:
    """The workbook that a letter carries, by way of the notice that is kept of it."""
    kept = HotelOrder.model_validate_json(order_of(letter).model_dump_json())
    order = rooms_of(kept)
    assert order is not None, letter.letter
    return workbook_of(order)


async def asked(hotel: Hotel, pairs: int = 3) -> HotelSheet:
    hotel.front.desk.place("v", h1=rooms(pairs))
    await hotel.front.work(HAND)
    return await sheet_of(hotel)


async def test_all_accepted_is_a_yes_that_is_sent_by_the_hotel(hotel: Hotel) -> None:
    sent = await asked(hotel)
    found = await read(hotel, filled(sent, answer("接受 accepted")))
    assert (found.answer, found.edition, found.problems) == (D.ACCEPTED, 1, ())
    assert (await hotel.page()).state is D.ASKED, "reading changes nothing"
    assert await hotel.say(D.ACCEPTED, edition=found.edition) == "taken"


async def test_a_refused_line_is_a_no_that_names_it(hotel: Hotel) -> None:
    sent = await asked(hotel)
    found = await read(hotel, filled(sent, answer("满房", "ok")))
    assert found.answer is D.REFUSED and found.reason is HotelReason.FULL
    nights = sorted({one.night for one in hotel.letters[0].rooms})
    assert [(one.night, one.rooms) for one in found.left] == [(nights[0], 0)]
    told = {"reason": found.reason, "left": found.left}
    assert await hotel.say(D.REFUSED, **told) == "taken"
    no = hotel.front.hold("h1").refusal
    assert no is not None and f"{nights[0]} twin: 0 left" in no.sentence.en


@pytest.mark.parametrize("word", ["", "接受,不含早", "maybe"])
async def test_what_is_not_clear_is_no_answer(hotel: Hotel, word: str) -> None:
    sent = await asked(hotel)
    found = await read(hotel, filled(sent, answer("accepted", word)))
    assert found.found and found.answer is None and found.problems


async def test_a_missing_line_another_version_and_rubbish_are_no_answer(hotel: Hotel) -> None:
    sent = await asked(hotel)

    def lose(row: Any, number: int) -> None:
        for cell in row if number == 0 else ():
            cell.value = None
        row[ANSWER - 1].value = "accepted" if number else None

    assert (await read(hotel, filled(sent, lose))).answer is None
    assert (await read(hotel, b"PK\x03\x04 no workbook")).answer is None
    old = filled(sent, answer("accepted"))
    hotel.front.desk.place("v", h2=rooms(5))
    await hotel.front.work(HAND)
    found = await read(hotel, old)
    assert found.answer is None and found.edition == 2
    assert any("version 1" in one.text.en for one in found.problems)


async def test_a_link_that_opens_nothing_has_no_sheet(hotel: Hotel) -> None:
    sent = await asked(hotel)
    content = filled(sent, answer("accepted"))
    assert not (await read(hotel, content, "a.b")).found


async def test_an_order_that_waits_for_no_answer_says_so_of_a_sheet(hotel: Hotel) -> None:
    sent = await asked(hotel)
    await hotel.say(D.ACCEPTED)
    assert (await sheet_of(hotel)).content == ""
    late = await read(hotel, filled(sent, answer("accepted")))
    assert (late.found, late.closed, late.edition, late.answer) == (True, True, 1, None)


async def test_the_letter_carries_the_workbook_of_the_page(hotel: Hotel) -> None:
    """Of each version, and of the definite order; what is in it is of that version alone."""
    first = await asked(hotel, 4)
    assert carried(hotel.letters[0]) == base64.b64decode(first.content)
    assert await hotel.say(D.ACCEPTED) == "taken"
    hotel.front.desk.confirm("v", "h1")
    await hotel.front.work(HAND)
    definite = await sheet_of(hotel)
    assert (definite.found, definite.edition) == (True, 1)
    assert carried(hotel.letters[1]) == base64.b64decode(definite.content)
    assert definite.content != first.content, "there is nothing to answer any more"

    hotel.front.desk.place("v", h2=rooms(6))
    await hotel.front.work(HAND)
    second = await sheet_of(hotel)
    assert carried(hotel.letters[2]) == base64.b64decode(second.content)
    assert [one.edition for one in hotel.letters] == [1, 1, 2]
    found = await read(hotel, filled(first, answer("accepted")))
    assert found.answer is None and "version 1" in found.problems[0].text.en
    sent = HotelSheet(found=True, content=base64.b64encode(carried(hotel.letters[2])).decode())
    found = await read(hotel, filled(sent, answer("accepted")))
    assert (found.answer, found.edition) == (D.ACCEPTED, 2)
    assert await hotel.say(D.ACCEPTED, edition=2) == "taken"


async def test_a_sheet_of_a_definite_order_is_no_answer(hotel: Hotel) -> None:
    await firm(hotel, 3)
    definite = await sheet_of(hotel)
    late = await read(hotel, base64.b64decode(definite.content))
    assert late.closed and late.answer is None
    assert await hotel.say(D.WITHDRAWN) == "taken"
    assert (await sheet_of(hotel)).content == "", "nothing of it is definite any more"
