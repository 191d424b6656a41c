"""Who has come: which words of a hotel are taken, and what a form or a returned list says."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.by_hand.arrivals import STAYING, TOLD, Told, by_night, judge, today_of, ways
from services.bookings.hotels.states import STAY_MOVES, StayState
from services.console import rooming_list
from services.console.arrivals import number_in, packed, pages_of, rooms_of, said_in, unpacked
from services.console.arrivals_sheet import (
    AS_ORDERED,
    GONE,
    NO_NUMBER,
    OTHER_NAME,
    SheetRead,
    read_sheet,
)
from services.console.arrivals_sheet import (
    ROOMS as LIST_OF_ROOMS,
)
from services.console.lodging import Sleeper
from services.console.problems import ProblemError
from services.console.roles import Principal, Role
from shared.contracts.hotel_arrivals import Arrival, ArrivalSaid, ArrivalState, LineOutcome
from shared.contracts.hotel_desk import RoomLine
from shared.contracts.hotel_guests import HotelStay, RoomedGuest, StayRooms
from shared.contracts.values import Text
from shared.contracts.visits import NeedView, VisitView
from shared.sheets.rooms import RoomsOrder, workbook_of

A, S, L = ArrivalState, StayState, LineOutcome
DAY = date(2027, 9, 14)
IDS = [f"g-01hzzzzzzzzzzzzzzzzzzzzzz{n}" for n in range(1, 6)]
ONE, TWO, THREE, FOUR, LOST = IDS
LISTED = [
    RoomedGuest(guest=guest, room=room) for guest, room in ((ONE, "1"), (TWO, "1"), (THREE, "2"))
]
ROOMS = {one.guest: one.room for one in LISTED}
EVENING = today_of(datetime(2027, 9, 14, 21))


def said(guest: str = ONE, seen: int = 0, **more: Any) -> ArrivalSaid:
    return ArrivalSaid(guest=guest, seen=seen, **more)


def known(*some: Told) -> Mapping[str, Told]:
    return {one.guest: one for one in some}


def outcomes(lines: list[ArrivalSaid], *told: Told, today: Any = EVENING) -> list[LineOutcome]:
    return [one.outcome for one in judge(lines, known(*told), LISTED, today, DAY)]


# -------------------------------------------------------------------- what is taken


def test_a_guest_comes_goes_and_a_mistake_of_the_day_is_taken_back() -> None:
    told = Told(ONE)

    def say(state: ArrivalState, today: Any = EVENING) -> LineOutcome:
        nonlocal told
        line = said(seen=told.version, state=state)
        (verdict,) = judge([line], known(told), LISTED, today, DAY)
        told = verdict.now
        return verdict.outcome

    assert say(A.DEPARTED) is L.ILLEGAL, "nobody leaves who did not come"
    assert say(A.IN_HOUSE) is L.TAKEN
    assert say(A.NO_SHOW) is L.ILLEGAL
    assert say(A.CONFIRMED) is L.TAKEN, "checked in by mistake"
    assert told.came_on is None
    assert say(A.IN_HOUSE) is L.TAKEN
    next_day = today_of(datetime(2027, 9, 15, 9))
    assert say(A.CONFIRMED, next_day) is L.ILLEGAL, "yesterday's word stands"
    assert say(A.DEPARTED, next_day) is L.TAKEN
    assert say(A.IN_HOUSE, next_day) is L.TAKEN and told.came_on == DAY
    assert say(A.DEPARTED, next_day) is L.TAKEN and told.version == 6


@pytest.mark.parametrize("state", sorted(TOLD))
def test_ways_are_the_legal_moves_and_the_way_back(state: StayState) -> None:
    later = today_of(datetime(2027, 9, 16, 12))
    legal = {one for one in STAY_MOVES[state] if one in TOLD}
    told = Told(ONE, state, was=S.CONFIRMED, moved_on=EVENING.business)
    assert set(ways(told, later, DAY)) == legal
    assert set(ways(told, EVENING, DAY)) == legal | {S.CONFIRMED}
    assert ways(told, today_of(datetime(2027, 9, 13, 23)), DAY) == ()


def test_before_the_day_of_arrival_only_room_numbers_are_taken() -> None:
    before = today_of(datetime(2027, 9, 13, 23))
    lines = [said(number="812"), said(THREE, state=A.IN_HOUSE)]
    assert outcomes(lines, today=before) == [L.TAKEN, L.EARLY]


def test_two_at_the_desk_overwrite_nothing_unseen() -> None:
    theirs = Told(ONE, S.IN_HOUSE, "812", version=1)
    assert outcomes([said(state=A.NO_SHOW)], theirs) == [L.STALE]
    assert outcomes([said(number="810")], theirs) == [L.STALE]
    assert outcomes([said(state=A.IN_HOUSE, number="812")], theirs) == [L.UNCHANGED]
    assert outcomes([said(seen=1, state=A.DEPARTED)], theirs) == [L.TAKEN]


def test_a_line_with_a_problem_takes_nothing_from_the_others() -> None:
    lines = [said(LOST, state=A.IN_HOUSE), said(ONE, state=A.IN_HOUSE), said(TWO), said(TWO)]
    assert outcomes(lines) == [L.GONE, L.TAKEN, L.DOUBLED, L.DOUBLED]


def test_one_room_has_one_number_and_one_number_one_room() -> None:
    assert outcomes([said(ONE, number="812"), said(TWO, number="812")]) == [L.TAKEN, L.TAKEN]
    assert outcomes([said(ONE, number="812"), said(TWO, number="813")]) == [L.CLASH, L.CLASH]
    there = Told(THREE, number="812", version=1)
    assert outcomes([said(ONE, number="812")], there) == [L.CLASH]
    gone = replace(there, state=S.DEPARTED)
    assert outcomes([said(ONE, number="812")], gone) == [L.TAKEN], "the room is free again"
    back = replace(gone, was=S.IN_HOUSE, moved_on=EVENING.business)
    mine = Told(ONE, number="812", version=1)
    assert outcomes([said(THREE, 1, state=A.IN_HOUSE)], back, mine) == [L.CLASH]
    swapped = [said(ONE, 1, number="9"), said(THREE, 1, number="812"), said(TWO, number="8")]
    assert outcomes(swapped, mine, Told(THREE, number="9", version=1)) == [L.CLASH] * 3
    off = Told(LOST, number="812", version=1)
    assert outcomes([said(ONE, number="812")], off) == [L.TAKEN], "who is off the list has none"
    assert outcomes([said(THREE, 1, number="")], there) == [L.TAKEN]


def test_nights_in_house_and_not_come() -> None:
    nights = [DAY + timedelta(days=n) for n in range(3)]
    some = [
        Told(ONE, S.IN_HOUSE, came_on=DAY),
        Told(TWO, S.DEPARTED, came_on=DAY, left_on=nights[2]),
        Told(THREE, S.NO_SHOW),
        Told(FOUR, S.IN_HOUSE, came_on=nights[1]),
    ]
    found = by_night(some, nights, today_of(datetime(2027, 9, 16, 20)))
    assert [one.in_house for one in found] == [2, 3, 2]
    assert [one.no_show for one in found] == [1, 1, 1]
    found = by_night(some, nights, EVENING)
    assert [one.in_house for one in found] == [2, None, None], "of nights to come nobody knows"


def test_who_comes_after_midnight_comes_for_the_night_before() -> None:
    at_one = today_of(datetime(2027, 9, 15, 1))
    (verdict,) = judge([said(state=A.IN_HOUSE)], {}, LISTED, at_one, DAY)
    assert verdict.now.came_on == DAY
    early = today_of(datetime(2027, 9, 16, 4))
    (left,) = judge([said(seen=1, state=A.DEPARTED)], known(verdict.now), LISTED, early, DAY)
    assert left.now.left_on == date(2027, 9, 16)


LINES = st.builds(
    ArrivalSaid, guest=st.sampled_from(IDS), seen=st.integers(0, 3),
    state=st.sampled_from([None, *A]), number=st.sampled_from([None, "", "1", "2"]),
)  # fmt: skip


@given(st.lists(st.lists(LINES, max_size=5), max_size=6))
def test_whatever_is_said_rooms_never_clash_and_versions_only_grow(
    days: list[list[ArrivalSaid]],
) -> None:
    told: dict[str, Told] = {}
    for lines in days:
        for one in judge(lines, told, LISTED, EVENING, DAY):
            assert one.now.version == one.before.version + (one.outcome is L.TAKEN)
            told[one.now.guest] = one.now
        numbered = {one for one in told.values() if one.number and one.state in STAYING}
        rooms = {(one.number, ROOMS[one.guest]) for one in numbered}
        assert len({number for number, _ in rooms}) == len(rooms), "one number, one room"
        assert len({room for _, room in rooms}) == len(rooms), "one room, one number"
    assert set(told) <= set(IDS) and LOST not in {one.guest for one in told.values() if one.version}


# -------------------------------------------------------------------- the form

TWIN = StayRooms(kind="twin", name=Text(zh="双床房", en="Twin"), rooms=1, pair=True)
STAY = HotelStay(
    order="rc1", visit="v", need="stay/rooms", hotel="garden", alone=True, arrival=DAY,
    departure=DAY + timedelta(days=2), rooms=(TWIN,),
)  # fmt: skip
GUESTS = [
    Sleeper(ONE, "王小明", "CHN", "1", True, TWIN),
    Sleeper(TWO, "Quill Ann", "GBR", "1", True, TWIN),
    Sleeper(THREE, "陈静", "CHN", "2", False, None),
]


def test_only_touched_fields_say_anything() -> None:
    fields = [
        (f"number.{ONE}", "８１２房"), (f"was.{ONE}", ""), (f"with.{ONE}", f"{ONE} {TWO}"),
        (f"seen.{ONE}", "1"), (f"state.{ONE}", "in_house"), (f"seen.{TWO}", "0"),
        (f"state.{TWO}", ""), (f"number.{THREE}", "9"), (f"was.{THREE}", "9"),
        (f"seen.{THREE}", "4"), (f"state.{THREE}", ""), ("page", "1"),
    ]  # fmt: skip
    lines, wrong = said_in(fields)
    assert wrong == []
    assert lines == [said(ONE, 1, state=A.IN_HOUSE, number="812"), said(TWO, number="812")]
    lines, wrong = said_in([(f"number.{ONE}", "Mr Wang"), (f"was.{ONE}", ""), (f"seen.{ONE}", "0")])
    assert lines == [] and wrong == [ONE]
    with pytest.raises(ValueError):
        said_in([(f"seen.{ONE}", "0"), (f"state.{ONE}", "gone")])


@pytest.mark.parametrize(
    ("typed", "number"),
    [("812", "812"), ("a1203", "A1203"), ("8-1203", "8-1203"), ("12B", "12B"), (" ", ""),
     ("Wang", None), ("WANG-1", None), ("王小明", None), ("AB", None), ("1" * 9, None)],
)  # fmt: skip
def test_no_name_fits_into_a_room_number(typed: str, number: str | None) -> None:
    assert number_in(typed) == number


def test_lines_of_a_sheet_are_carried_in_one_field() -> None:
    lines = [said(ONE, 3, state=A.IN_HOUSE, number="812"), said(TWO, number=""),
             said(THREE, state=A.NO_SHOW)]  # fmt: skip
    assert unpacked(packed(lines).strip().replace("\n", "\r\n")) == lines
    with pytest.raises(ValueError):
        unpacked("<script>")


def test_rooms_are_paged_whole() -> None:
    some = [Sleeper(f"g-{n:026d}", "N", "", str(n // 2), True, TWIN) for n in range(250)]
    pages = pages_of(rooms_of(some, {}))
    assert [sum(len(room.guests) for room in page) for page in pages] == [100, 100, 50]
    assert pages_of([]) == [[]]


def test_a_number_that_not_all_in_a_room_have_is_said_anew() -> None:
    (room, alone) = rooms_of(GUESTS, {ONE: Arrival(guest=ONE, number="812", version=1)})
    assert (room.number, room.was, room.owner) == ("812", "", ONE)
    assert alone.number == "" and len(room.guests) == 2


# -------------------------------------------------------------------- the spreadsheet


def sheet(*rows: list[Any], merge: str = "") -> bytes:
    book: Any = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    if merge:
        book.active.merge_cells(merge)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


HEAD = ["入住状态", "房间号", "姓名", "编号", "记录号", "入住日期"]


def told(read: SheetRead) -> list[Any]:
    return [row.line or row.problems for row in read.rows]


def test_columns_anywhere_chinese_headings_merged_cells_and_dates() -> None:
    read = read_sheet(
        sheet(
            ["鹤城宾馆"], HEAD, ["已入住", "812", "王小明", ONE, 2, "2027年9月14日"],
            ["in house", None, "Quill Ann", TWO.upper(), 0, datetime(2027, 9, 14)],
            ["未到店 no-show", None, "陈静", THREE, None, "14/9/2027"], merge="B3:B4",
        ),
        STAY, GUESTS,
    )  # fmt: skip
    assert read.problems == () and read.missing == () and read.silent == 0
    assert told(read) == [
        said(ONE, 2, state=A.IN_HOUSE, number="812"), said(TWO, state=A.IN_HOUSE, number="812"),
        said(THREE, state=A.NO_SHOW),
    ]  # fmt: skip
    assert [row.at for row in read.rows] == ["3", "4", "5"]


def test_a_list_from_before_the_roster_changed_says_so_by_row() -> None:
    read = read_sheet(sheet(HEAD, ["入住", "1", "旧人", LOST, 0]), STAY, GUESTS)
    assert told(read) == [(GONE,)]
    assert read.missing == ("王小明", "Quill Ann", "陈静")


def test_rows_that_cannot_be_right_are_not_taken() -> None:
    read = read_sheet(
        sheet(
            HEAD, ["in house", "812", "陈静", ONE, 0], ["sleeping", None, "", TWO, 0],
            ["in house", "VILLA", "", THREE, 0],
        ),
        STAY, GUESTS,
    )  # fmt: skip
    first, second, third = told(read)
    assert first == (OTHER_NAME,), "columns sorted apart from each other"
    assert "not a state of a stay" in second[0].en and third == (NO_NUMBER,)


def test_other_dates_are_told_and_not_taken() -> None:
    read = read_sheet(sheet(HEAD, ["入住", "", "", ONE, 0, "2027-09-15"]), STAY, GUESTS)
    assert read.rows[0].note == AS_ORDERED and read.rows[0].line == said(ONE, state=A.IN_HOUSE)


def test_a_file_of_another_order_or_of_nothing_is_not_used() -> None:
    stamped = sheet(["redcrown:rc2:v1"], HEAD, ["入住", "", "", ONE, 0])
    for content in (stamped, b"", b"PK rubbish", sheet(["a", "b"])):
        read = read_sheet(content, STAY, GUESTS)
        assert read.problems and read.rows == ()


def test_the_list_of_rooms_is_told_apart_from_that_of_guests() -> None:
    """Both go to the same hotel, and it may take one for the other."""
    line = RoomLine(night=DAY, kind="twin", name=Text(zh="双", en="Twin"), rooms=2, before=2)
    order = RoomsOrder(line.name, STAY.order, "v", 1, (line,), "Asia/Shanghai", asks=False)
    read = read_sheet(workbook_of(order), STAY, GUESTS)
    assert (read.problems, read.rows) == ((LIST_OF_ROOMS,), ())


# -------------------------------------------------------------------- our own list


def need(name: str, state: str, *hotels: str) -> dict[str, Any]:
    rooms = [{"type": "twin", "rooms": 1, "use": "pair"}]
    parts = [{"hotel": one, "rooms": rooms} for one in hotels]
    window = {"starts_at": "2027-09-14T12:00:00Z", "ends_at": "2027-09-16T12:00:00Z"}
    return {
        "need": f"stay/{name}", "kind": "room", "service": "bookings", "state": state,
        "item": {"zh": "住", "en": "stay"}, "window": window,
        "allotted": {"hotels": parts, "check_in": "2027-09-14", "check_out": "2027-09-16"},
    }  # fmt: skip


async def listed_for(
    monkeypatch: pytest.MonkeyPatch, *roles: Role, units: tuple[str, ...] = (), **more: Any
) -> list[list[Any]]:
    """The list that somebody gets of a visit in two hotels; one of its needs is not firm."""
    needs = tuple(
        NeedView.model_validate(one)
        for one in (need("rooms", "confirmed", "garden", "plain"), need("more", "held", "late"))
    )
    view = VisitView.model_construct(visit="v", needs=needs, starts_at=datetime(2027, 9, 14))
    purposes = []

    async def nothing(*_: Any) -> None:
        return None

    async def said_there(*_: Any) -> dict[str, Any]:
        told = {"need": "stay/rooms", "hotel": "garden", "guest": ONE, "state": "in_house",
                "number": "812"}  # fmt: skip
        return {"guests": [told]}

    async def guests(_parts: Any, stay: HotelStay, asked: Any) -> list[Sleeper]:
        purposes.append(asked)
        name = "=1+1" if stay.hotel == "plain" else "王小明"
        return [Sleeper(ONE if stay.hotel == "garden" else TWO, name, "CHN", "1", False, TWIN)]

    monkeypatch.setattr(rooming_list, "read_names", nothing)
    monkeypatch.setattr(rooming_list, "ask", said_there)
    monkeypatch.setattr(rooming_list, "lodged_for", guests)
    parts: Any = SimpleNamespace(service=SimpleNamespace(new_id=lambda: "act"))
    who = Principal("p", frozenset(roles), units=frozenset(units))
    found = await rooming_list.rooming_list(parts, who, view, more.get("hotel"))
    assert {one["purpose"] for one in purposes} == {"rooming"}
    assert all("document_number" not in one["fields"] for one in purposes)
    body = await rooming_list.as_file(found, rooming_list.Form.CSV)
    return [line.split(",") for line in body.decode("utf-8-sig").splitlines()[1:]]


async def test_the_list_has_firm_rooms_with_what_hotels_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    garden, plain = await listed_for(monkeypatch, Role.PLANNER)
    assert [garden[0], garden[2], garden[7], garden[8]] == [
        "garden", "王小明", "812", "已入住 in house",
    ]  # fmt: skip
    assert [plain[0], plain[2], plain[7], plain[8]] == ["plain", "'=1+1", "", "未知 not known"]
    only = await listed_for(monkeypatch, Role.STATION_LEAD, hotel="plain")
    assert [line[0] for line in only] == ["plain"]


async def test_a_liaison_gets_the_list_of_its_own_hotel(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = await listed_for(monkeypatch, Role.UNIT_LIAISON, units=("bookings/garden",))
    assert [line[0] for line in mine] == ["garden"]
    with pytest.raises(ProblemError, match="no firm rooms"):
        await listed_for(monkeypatch, Role.UNIT_LIAISON, units=("catering/garden",))
