"""Letters to hotels that answer by hand: to whom, which overtakes which, and what they say."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from services.notifications import store, workbooks
from services.notifications.documents import Way
from services.notifications.hotels import Hotels
from services.notifications.orders import HotelOrder, order_of, rooms_of
from services.notifications.workbooks import with_workbook
from shared.contracts.hotel_desk import MAX_SHEET, HotelAsked, HotelLetter, RoomLine
from shared.contracts.notices import NoticeState
from tests.rules.notice_case import DESK, HOTEL, NOW, OTHER, Office, asked, both

L = HotelLetter
LINK = "https://console.example.org/hotel/abc.def"


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder: Path = tmp_path_factory.mktemp("notices")
    made = Office(f"sqlite:///{folder / 'store.db'}", [DESK, HOTEL, OTHER])
    yield made
    made.close()


@pytest.fixture
def office(kept: Office) -> Office:
    kept.reset()
    return kept


def letter(sequence: int, kind: HotelLetter = L.ASK, **more: Any) -> HotelAsked:
    nights = [date(2027, 8, 18) + timedelta(days=n) for n in range(3)]
    rooms = tuple(RoomLine(night=one, kind="twin", name=both("Twin"), rooms=4) for one in nights)
    fields = {
        "cause": "act-1", "actor": "bookings", "order": "rc1", "hotel": "hotel", "visit": "v",
        "name": both("Grand"), "edition": 1, "sequence": sequence, "letter": kind, "rooms": rooms,
        "answer_by": NOW + timedelta(hours=1), "zone": "Asia/Shanghai", "link": LINK, **more,
    }  # fmt: skip
    return HotelAsked.model_validate(fields)


def told(office: Office, *events: HotelAsked) -> None:
    office._handle(Hotels().write, events)


def states(office: Office) -> list[tuple[str, str]]:
    return [(one.recipient, one.state.value) for one in office.notices()]


def test_the_hotel_alone_is_asked_with_its_link(office: Office) -> None:
    told(office, letter(1))
    [one] = office.send_all()
    assert one.letter.recipient == "hotel"
    assert one.letter.subject.startswith("Please answer, rooms for visit v")
    assert LINK in one.letter.text and "2027-08-18 – 2027-08-20  Twin: 4" in one.letter.text
    assert "by: Tue 10 Aug 2027 09:00" in one.letter.text
    told(office, letter(1))
    assert office.send_all() == []


def test_a_letter_says_until_when_guests_are_named(office: Office) -> None:
    by = date(2027, 8, 8)
    told(office, letter(1), letter(2, L.FIRM, order="rc2", names_by=by))
    firm, asks = sorted((one.letter.text for one in office.send_all()), key=lambda one: "?" in one)
    assert "Guests are named by 2027-08-08" in firm and "named by" not in asks
    told(office, letter(3, L.OFF, order="rc2", names_by=by), letter(4, hotel="other", names_by=by))
    by_whom = {one.letter.recipient: one.letter.text for one in office.send_all()}
    assert "named by" not in by_whom["hotel"], "of rooms that are let go nobody is named"
    assert "2027-08-08 前（含当日）在链接页面上提供住客姓名" in by_whom["other"]


def test_in_chinese(office: Office) -> None:
    told(office, letter(1, hotel="other"))
    [one] = office.send_all()
    assert one.letter.subject == "请答复订房（v）：Grand（中）"
    assert "2027-08-18 – 2027-08-20　Twin（中）：4 间" in one.letter.text
    assert "逾期视为不同意" in one.letter.text and LINK in one.letter.text


def test_a_newer_letter_takes_the_place_of_one_that_has_not_left(office: Office) -> None:
    told(office, letter(1), letter(2, edition=2))
    [one] = office.send_all()
    assert "version 2" in one.letter.text
    assert states(office) == [("hotel", NoticeState.WITHHELD), ("hotel", NoticeState.SENT)]
    told(office, letter(1))
    assert office.send_all() == [], "an older one that comes late is not sent"


def test_another_order_of_the_visit_is_not_overtaken(office: Office) -> None:
    told(office, letter(1), letter(2, order="rc2"))
    assert len(office.send_all()) == 2


def test_who_was_never_asked_is_not_told_that_it_is_off(office: Office) -> None:
    told(office, letter(1), letter(2, L.OFF))
    assert office.send_all() == []
    told(office, letter(3))
    office.send_all()
    told(office, letter(4, L.OFF))
    [one] = office.send_all()
    assert "no longer needed" in one.letter.text


def test_the_desk_is_told_of_silence_without_the_link(office: Office) -> None:
    told(office, letter(1))
    office.send_all()
    told(office, letter(2, L.REMINDER, urgent=True))
    by = {one.letter.recipient: one.letter for one in office.send_all()}
    assert set(by) == {"hotel", "desk"}
    assert LINK in by["hotel"].text and LINK not in by["desk"].text
    assert by["desk"].subject.startswith("Not answered yet")


def test_without_a_contact_the_desk_has_it(office: Office) -> None:
    told(office, letter(1, hotel="unheard-of"))
    [one] = office.send_all()
    assert one.letter.recipient == "desk" and LINK in one.letter.text


def test_after_its_end_nobody_is_asked(office: Office) -> None:
    told(office, letter(1))
    office.later(3_700)
    assert office.send_all() == []


def test_agreed_before_is_said_of_what_changes(office: Office) -> None:
    line = RoomLine(night=date(2027, 8, 18), kind="twin", name=both("Twin"), rooms=6, before=4)
    told(office, letter(1, rooms=(line,), edition=2))
    [one] = office.send_all()
    assert "2027-08-18  Twin: 6 (agreed before: 4)" in one.letter.text


def test_a_question_that_its_owner_asks_is_not_asked_twice(office: Office) -> None:
    event = asked()
    assert event.hold.consent is not None
    kitchen = event.hold.consent.model_copy(update={"asked_of": "hotel", "asked_by_owner": True})
    hold = event.hold.model_copy(update={"consent": kitchen})
    office.consent(event.model_copy(update={"hold": hold}))
    assert office.send_all() == []
    plain = kitchen.model_copy(update={"asked_by_owner": False})
    office.consent(
        event.model_copy(update={"hold": event.hold.model_copy(update={"consent": plain})})
    )
    assert len(office.send_all()) == 1


# ------------------------------------------------------------------ the workbook in a letter


@pytest.mark.parametrize("kind", list(L))
def test_letters_that_ask_and_the_definite_one_carry_the_order(office: Office, kind: L) -> None:
    told(office, letter(1), letter(2, kind, order="rc2"))
    by_order = {one.letter.text.partition("Order ")[2][:3]: one.letter for one in office.send_all()}
    asked = by_order["rc1"]
    assert asked.rooms is not None and asked.workbook is None, "made when it is about to leave"
    assert asked.rooms.rooms == letter(1).rooms and asked.rooms.asks
    if kind is L.OFF:
        assert "rc2" not in by_order, "it was never asked"
        return
    carries = kind in (L.ASK, L.REMINDER, L.FIRM)
    assert (by_order["rc2"].rooms is not None) == carries
    assert ("attached" in by_order["rc2"].text) == carries
    assert ("by e-mail it is no answer" in by_order["rc2"].text) == (carries and kind is not L.FIRM)


def test_whoever_cannot_bring_it_back_gets_none(office: Office) -> None:
    told(office, letter(1))
    office.send_all()
    told(office, letter(2, L.REMINDER, urgent=True))
    by = {one.letter.recipient: one.letter for one in office.send_all()}
    assert by["hotel"].rooms is not None and by["desk"].rooms is None, "it has no link"
    assert "attached" not in by["desk"].text


def test_only_e_mail_carries_it(office: Office) -> None:
    ways = (*HOTEL.ways, Way(channel="webhook", address="http://127.0.0.1:9/hook"))
    with office.work() as work:
        store.save_contacts(work, [HOTEL.model_copy(update={"ways": ways})])
    told(office, letter(1))
    sent = {one.channel: one.letter for one in office.send_all()}
    assert set(sent) == {"email", "webhook"}
    assert sent["webhook"].rooms is None and "attached" not in sent["webhook"].text


def test_nights_are_told_together_and_carried_apart() -> None:
    """Two room types of one name are two lines all the same."""
    nights = [date(2027, 8, 18) + timedelta(days=n) for n in range(4)]
    lines = [
        RoomLine(night=one, kind=kind, name=both("Twin"), rooms=2, before=before)
        for number, one in enumerate(nights)
        for kind, before in (("both", 1), ("early" if number < 2 else "late", 2))
    ]
    kept = order_of(letter(1, rooms=tuple(lines)))
    assert len(kept.rooms) == 3
    order = rooms_of(HotelOrder.model_validate_json(kept.model_dump_json()))
    assert order is not None and list(order.rooms) == lines


def test_a_notice_from_before_there_were_workbooks_is_sent_without() -> None:
    old = order_of(letter(1)).model_dump(mode="json")
    for one in old["rooms"]:
        del one["kind"]
    assert rooms_of(HotelOrder.model_validate(old)) is None


def test_the_workbook_is_made_at_last_and_the_same_again(office: Office) -> None:
    told(office, letter(1))
    [one] = office.send_all()
    whole = with_workbook(one.letter)
    assert whole == with_workbook(one.letter) and whole.workbook is not None
    assert whole.workbook.name == "rc1-v1.xlsx"
    sheet = openpyxl.load_workbook(io.BytesIO(whole.workbook.content)).worksheets[0]
    cells = [str(cell.value) for row in sheet.iter_rows() for cell in row]
    assert "2027-08-20/twin" in cells and "第 1 版 version 1 · redcrown:rc1:v1" in cells


@pytest.mark.parametrize("broken", ["too large", "not made"])
def test_a_letter_waits_for_no_workbook(
    office: Office, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def made(_order: Any) -> bytes:
        if broken == "not made":
            raise RuntimeError("as it may be")
        return bytes(MAX_SHEET + 1)

    monkeypatch.setattr(workbooks, "workbook_of", made)
    told(office, letter(1))
    [one] = office.send_all()
    assert with_workbook(one.letter) == one.letter, "the page behind its link has it"
