"""Which booked room of a hotel whose system fetches is for whom, and what is told of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.bookings.by_call.deciding import Case, decide, declined_name, request, said_no
from services.bookings.by_call.naming import named
from services.bookings.by_call.rooms import Room
from services.bookings.guestlists.matching import Place
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.orders import Status
from services.bookings.hotels.alpinebits.reports import Refusal
from services.bookings.hotels.alpinebits.shelf import Slip
from services.bookings.hotels.alpinebits.words import Word
from services.bookings.hotels.model import RoomNight
from services.bookings.orders.deciding import Step
from services.bookings.orders.tables import Asked
from shared.contracts.holds import HoldState

NOW = datetime(2027, 9, 1, 8, tzinfo=UTC)
HOUSE = House("garden", "123", {"D": "twin", "K": "king"})


def room(number: int, guest: str | None = None, kind: str = "king", **more: Any) -> Room:
    """Booked; one with a guest has been told and taken over in its second revision."""
    revision = 2 if guest else 1
    slip = Slip(f"{kind}{number}", revision, NOW, handed=revision, settled=revision)
    made = Room(slip, "garden", "rc", kind, number, date(2027, 9, 14), date(2027, 9, 16), 1, NOW,
                agreed=True, modified=guest is not None, guest=guest,
                told=guest is not None)  # fmt: skip
    return replace(made, **more)


def refused(one: Room) -> Room:
    return replace(one, slip=replace(one.slip, refusal=Refusal(one.slip.id, 3, 450, "")))


def match(wanted: list[Place], *rooms: Room) -> tuple[list[tuple[str, str | None, int]], int]:
    """Each room with its guest and revision, and how many have none."""
    found, roomless = named(rooms, wanted, NOW)
    assert named(found, wanted, NOW)[0] == found, "done again it changes nothing"
    for one, before in zip(found, rooms, strict=True):
        assert one == before or (one.modified and one.told), "what changes is told"
    return [(one.slip.id, one.guest, one.slip.revision) for one in found], roomless


def test_who_stays_keeps_the_room_and_who_comes_gets_the_room_of_who_went() -> None:
    wanted = [Place("king", ("c",)), Place("king", ("b",))]
    assert match(wanted, room(1), room(2, "a"), room(3, "b")) == (
        [("king1", None, 1), ("king2", "c", 3), ("king3", "b", 2)], 0,
    )  # fmt: skip


def test_a_room_that_nobody_has_any_more_is_told_without_a_name() -> None:
    assert match([], room(1, "a"), room(2)) == ([("king1", None, 3), ("king2", None, 1)], 0)
    (left,), _ = named([room(1, "a")], [], NOW)
    assert match([], left)[0] == [("king1", None, 3)], "once"
    sent = request(left)
    assert (sent.status, sent.guest) == (Status.MODIFY, None)


def test_whoever_gets_another_type_leaves_one_room_and_gets_another() -> None:
    wanted = [Place("twin", ("a", "b"))]
    assert match(wanted, room(1, "a"), room(1, kind="twin")) == (
        [("king1", None, 3), ("twin1", "a", 2)], 0,
    )  # fmt: skip
    pair = room(1, "b", "twin")
    assert match(wanted, pair) == ([("twin1", "b", 2)], 0), "of two, who was named before"


def test_nobody_is_named_for_a_room_that_is_not_booked() -> None:
    new = room(1, agreed=False)
    gone = room(2, slip=replace(room(2).slip, cancelled=True))
    assert match([Place("king", ("a", "b"))], new, gone) == (
        [("king1", None, 1), ("king2", None, 1)], 2,
    )  # fmt: skip


def test_a_new_name_is_told_and_a_refused_one_only_when_it_is_asked_for() -> None:
    wanted = [Place("king", ("a",))]
    assert match(wanted, room(1, "a", told=False)) == ([("king1", "a", 3)], 0)
    no = refused(room(1, "a"))
    assert declined_name(no) and match(wanted, no) == ([("king1", "a", 2)], 0)
    again, _ = named([replace(no, told=False)], wanted, NOW)
    assert again[0].slip.revision == 3 and not declined_name(again[0])
    assert not declined_name(refused(room(1))), "that is about the room"


def test_what_is_refused_of_a_guest_takes_no_room_but_a_word_does() -> None:
    no = refused(room(1, "a"))
    assert said_no(refused(room(1)), HOUSE) and not said_no(no, HOUSE)
    off = replace(no, slip=replace(no.slip, word=Word("king1", Status.CANCELLED)))
    assert said_no(off, HOUSE) and said_no(replace(no, unsaid=True), HOUSE) is False
    rooms, result = decide(Case("rc", HOUSE, (), [no, room(2, "b", unsaid=True)], {}, NOW))
    assert [(one.slip.cancelled, one.slip.waits, one.unsaid, one.guest) for one in rooms] == [
        (True, True, False, None)
    ] * 2, "called off, and told so"
    assert result.step is Step.AWAIT
    _, result = decide(Case("rc", HOUSE, (), [off, room(2, "b")], {}, NOW))
    assert result.step is Step.LOST


def test_rooms_without_a_name_are_called_off_first() -> None:
    night = RoomNight(date(2027, 9, 14), "king", 1)
    asks = (Asked("h", HoldState.CONFIRMED, (night,)),)
    some = [room(1), room(2, "a"), room(3, "b")]
    rooms, result = decide(Case("rc", HOUSE, asks, some, {}, NOW))
    assert [one.slip.id for one in rooms if not one.slip.cancelled] == ["king2"]
    assert result.step is Step.REST
