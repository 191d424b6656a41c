"""Who shares and who gets which room type, and the names that are written into a workbook."""

from __future__ import annotations

import io
from datetime import date
from typing import Any

import openpyxl
import pytest

from services.console.lodging import Sleeper, full_name, sleepers
from services.console.pages.hotel_guests import named
from shared.contracts.hotel_guests import HotelStay, StayRooms
from shared.contracts.values import Text

SINGLE, TWIN = (
    StayRooms(kind=kind, name=Text(zh=kind, en=kind), rooms=rooms, pair=pair)
    for kind, rooms, pair in (("king", 1, False), ("twin", 2, True))
)
STAY = HotelStay(
    order="rc1", visit="v", need="stay/rooms", hotel="garden-hotel", alone=True,
    arrival=date(2027, 9, 14), departure=date(2027, 9, 16), rooms=(SINGLE, TWIN),
)  # fmt: skip


def guest(number: int, group: str | None = None) -> dict[str, Any]:
    return {"guest": f"g-{number}", "family_name": "F", "given_name": "G", "room_group": group}


def kinds(some: list[Sleeper]) -> list[tuple[str, str, str | None, bool]]:
    return [
        (one.guest, one.room, one.rooms.kind if one.rooms else None, one.shared) for one in some
    ]


def test_pairs_get_rooms_for_two_whoever_is_first() -> None:
    found = sleepers(STAY, [guest(1), guest(2), guest(3, "a"), guest(4, "b"), guest(5, "a")])
    assert kinds(found) == [
        ("g-1", "1", "king", False), ("g-2", "2", "twin", False),
        ("g-3", "3", "twin", True), ("g-5", "3", "twin", True), ("g-4", "4", None, False),
    ]  # fmt: skip


def test_who_is_alone_takes_no_room_from_a_pair() -> None:
    one_twin = STAY.model_copy(update={"rooms": (TWIN.model_copy(update={"rooms": 1}),)})
    found = sleepers(one_twin, [guest(1), guest(2, "a"), guest(3, "a")])
    assert [kind for _, _, kind, _ in kinds(found)] == [None, "twin", "twin"]


def test_three_share_no_room_that_there_is() -> None:
    found = sleepers(STAY, [guest(1, "a"), guest(2, "a"), guest(3, "a"), guest(4, "b")])
    assert [kind for _, _, kind, _ in kinds(found)] == [None, None, None, "king"]


@pytest.mark.parametrize(
    ("family", "given", "name"), [("王", "小明", "王小明"), ("Smith", "Ann", "Smith Ann"),
                                  ("Li", "小明", "Li 小明")],
)  # fmt: skip
def test_family_names_come_first(family: str, given: str, name: str) -> None:
    assert full_name({"family_name": family, "given_name": given}) == name


def test_nothing_printed_names_anybody() -> None:
    person = {"guest": "g-01hzzzzzzzzzzzzzzzzzzzzzz1", "family_name": "Quill",
              "nationality": "CHN"}  # fmt: skip
    (one,) = sleepers(STAY, [guest(1) | person])
    assert "Quill" in one.name and "Quill" not in repr(one) and "CHN" not in repr(one)
    assert one.nameless().model_dump().keys() == {"guest", "room", "kind"}


def test_a_name_in_a_workbook_is_text_whatever_it_looks_like() -> None:
    book = openpyxl.Workbook()
    for row in (["Ref", "Name"], ["g-1", None], ["g-2", None], ["other", "kept"]):
        book.active.append(row)  # type: ignore[union-attr]
    out = io.BytesIO()
    book.save(out)
    content = named(out.getvalue(), {"g-1": "王小明", "g-2": "=cmd"})
    sheet: Any = openpyxl.load_workbook(io.BytesIO(content)).active
    assert [cell.value for cell in sheet["B"]] == ["Name", "王小明", "'=cmd", "kept"]
    assert {cell.data_type for cell in sheet["B"]} == {"s"}
