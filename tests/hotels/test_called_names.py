"""Who comes to a hotel whose system calls us by AlpineBits, on both databases: booked rooms go out
as changes with the names of their guests, fetched when the hotel's system asks."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from services.bookings.by_call.tables import ROOMS
from services.bookings.guestlists import noting
from services.bookings.guestlists.listing import names_of
from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.calls import READ, REPORT
from shared.contracts.holds import HoldState
from shared.contracts.hotel_names import HotelNames
from tests.hotels.alpinebits.world import ids, read, report, told
from tests.hotels.test_called_orders import CALLS, LINK, Caller, hotel, rooms  # noqa: F401 - fixture
from tests.hotels.test_names import A, B, C, changed

S = HoldState
Sent = tuple[str, str | None]
"""`ResStatus` and the surname in it."""


def sent(root: Any) -> dict[str, Sent]:
    """What an answer says, by the id of the room."""
    found = {}
    for one in root.iter(xml.tag("HotelReservation")):
        surname = one.find(f".//{xml.tag('Surname')}")
        unique = one.find(xml.tag("UniqueID"))
        assert unique.get("Type") == ("15" if one.get("ResStatus") == "Cancelled" else "14")
        assert (one.find(f".//{xml.tag('RoomStay')}") is None) == (unique.get("Type") == "15")
        found[unique.get("ID")] = (one.get("ResStatus"), None if surname is None else surname.text)
    return found


def moment(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


async def asks(hotel: Caller, start: str | None = None) -> dict[str, Sent]:  # noqa: F811
    """All that is to be told, as the hotel's system fetches it now."""
    await hotel.front.told_names(CALLS)
    return sent(await hotel.ask(READ, read(start=start)))


async def takes(hotel: Caller) -> list[Sent]:  # noqa: F811
    """The same, taken over; in the order of the names."""
    found = await asks(hotel)
    on = [name for name, (status, _) in found.items() if status != "Cancelled"]
    off = [name for name in found if name not in on]
    assert told(await hotel.ask(REPORT, report(*on, ended=off))) == []
    return sorted(found.values(), key=str)


async def booked(hotel: Caller, pairs: int) -> list[str]:  # noqa: F811
    """Rooms that the hotel has booked and the visit has taken, by their ids."""
    hotel.front.desk.place("v", h1=rooms(pairs))
    await hotel.front.work(CALLS)
    found = [one for _, one in await hotel.fetched()]
    await hotel.says("Reserved", *found)
    hotel.front.desk.confirm("v", "h1")
    await hotel.front.told_names(CALLS)
    return found


def shown(hotel: Caller) -> HotelNames:  # noqa: F811
    """What the hotel's page has of who comes."""
    (row,) = hotel.front.rows()
    with hotel.front.desk.engine.connect() as connection:
        return names_of(connection, [row.ours], date.min)[row.ours]


async def test_a_booked_room_is_changed_to_have_its_guests_name(hotel: Caller) -> None:  # noqa: F811
    front = hotel.front
    front.guests.roster = {A: ("Ash", "r"), C: ("Cob", "r"), B: ("Bee", None)}
    first = await booked(hotel, 3)
    assert [guests for _, _, guests in front.guests.looks] == [()], "no name before it is asked for"
    assert (shown(hotel).rooms, shown(hotel).there) == (2, 0)
    answer = await hotel.ask(READ, read())
    found = sent(answer)
    assert sorted(found.values()) == [("Modify", "Ash"), ("Modify", "Bee")]
    assert set(found) < set(first), "the same orders, and nothing of the room without a guest"
    groups = {one.get("RoomStayGroupID") for one in answer.iter(xml.tag("RoomStay"))}
    assert len(groups) == 1
    (order,) = {order for _, order, _ in front.guests.looks}
    assert front.guests.looks[-1] == (CALLS, order, (A, B)), "only who is named"
    looks = len(front.guests.looks)
    assert told(await hotel.ask(REPORT, report(*found))) == []
    assert await takes(hotel) == [] and len(front.guests.looks) == looks, "a receipt is no news"
    assert (shown(hotel).rooms, shown(hotel).there, shown(hotel).said) == (2, 2, "")

    room = {name: one for one, (_, name) in found.items()}
    await changed(front, a=("Asher", "r"))
    assert await asks(hotel) == {room["Ash"]: ("Modify", "Asher")}
    assert await takes(hotel) == [("Modify", "Asher")], "until it is taken over"
    await changed(front, a=None, b=None, d=("Dow", None))
    assert await asks(hotel) == {room["Ash"]: ("Modify", "Cob"), room["Bee"]: ("Modify", "Dow")}
    assert len(await takes(hotel)) == 2
    await changed(front, d=None)
    assert await asks(hotel) == {room["Bee"]: ("Modify", None)}, "nobody has it"
    assert front.hold("h1").state is S.HELD and front.rows()[0].state == "definite"
    with front.desk.engine.connect() as connection:
        kept = str(connection.execute(text("select * from bookings_call_rooms")).all())
    assert not any(name in kept for name in ("Ash", "Bee", "Cob", "Dow")), "opaque ids only"


async def test_rooms_do_not_wait_for_names(hotel: Caller) -> None:  # noqa: F811
    front = hotel.front
    front.guests.roster = {A: ("Ash", None)}
    (room,) = await booked(hotel, 1)
    front.guests.away = True
    front.desk.place("v", h2=rooms(2))
    (new,) = (await asks(hotel)).items()
    assert new[0] != room and new[1] == ("Reserved", None)
    # Whoever asks by moments hears of it after the moment at which the name was not to be had.
    front.desk.later(60)
    assert set(await asks(hotel, moment(front.now() - timedelta(seconds=90)))) == {new[0]}
    front.guests.away = False
    front.desk.later(4)
    found = await asks(hotel, moment(front.now() - timedelta(seconds=5)))
    assert found == {room: ("Modify", "Ash")}
    assert await takes(hotel) == [("Modify", "Ash"), ("Reserved", None)]
    # Erased after the list was looked at, before the hotel asks: not named, and looked at again.
    front.desk.later(60)
    await changed(front, a=("Asher", None))
    await front.told_names(CALLS)
    del front.guests.roster[A]
    assert sent(await hotel.ask(READ, read())) == {}
    assert await takes(hotel) == [("Modify", None)]


async def test_a_refused_name_takes_no_room(hotel: Caller) -> None:  # noqa: F811
    front = hotel.front
    front.guests.roster = {A: ("Ash", None), B: ("Bee", None)}
    await booked(hotel, 2)
    found = {name: one for one, (_, name) in (await asks(hotel)).items()}
    await hotel.ask(REPORT, report(found["Bee"], refused=[found["Ash"]]))
    await front.told_names(CALLS)
    names = shown(hotel)
    assert (names.rooms, names.there, names.owned, names.said) == (2, 1, True, "declined")
    assert [(one.stay, one.guest, one.said) for one in names.troubled] == [
        (found["Ash"], A, "declined")
    ]
    assert front.hold("h1").state is S.HELD and not front.rows()[0].owned
    assert await takes(hotel) == [], "a no is a person's"
    # What the hotel says of the room meanwhile is about the room.
    await hotel.says("Modify", found["Ash"], day=4)
    await changed(front, b=("Beech", None))
    assert await takes(hotel) == [("Modify", "Beech")]
    assert shown(hotel).owned

    ours = front.rows()[0].ours
    assert await front.run(lambda work: noting.again(work.connection, ours, work.now))
    assert await takes(hotel) == [("Modify", "Ash")]
    assert (shown(hotel).there, shown(hotel).owned, shown(hotel).troubled) == (2, False, ())


async def test_a_type_without_a_code_keeps_booked_rooms(hotel: Caller) -> None:  # noqa: F811
    front = hotel.front
    front.guests.roster = {A: ("Ash", None)}
    (room,) = await booked(hotel, 1)
    hotel.door.desk.houses[CALLS] = LINK.model_copy(update={"room_types": {"king": "K"}}).house  # type: ignore[attr-defined]
    assert await asks(hotel) == {}
    await front.told_names(CALLS)
    assert front.hold("h1").state is S.HELD
    assert (shown(hotel).owned, shown(hotel).troubled[0].said) == (True, "mapping_missing")
    front.desk.release("v", "h1")
    assert await asks(hotel) == {room: ("Cancelled", None)}


async def test_rooms_without_a_name_go_first(hotel: Caller) -> None:  # noqa: F811
    front = hotel.front
    front.guests.roster = {A: ("Ash", None), B: ("Bee", None)}
    found = await booked(hotel, 3)
    names = {name: one for one, (_, name) in (await asks(hotel)).items()}
    await hotel.ask(REPORT, report(*names.values()))
    front.desk.place("v", h2=rooms(2))
    front.desk.release("v", "h1")
    (spare,) = set(found) - set(names.values())
    assert await asks(hotel) == {spare: ("Cancelled", None)}
    await hotel.ask(REPORT, report(ended=[spare]))
    await hotel.front.work(CALLS)
    front.desk.confirm("v", "h2")
    assert await takes(hotel) == [], "their guests keep the others"
    # Fewer than there are guests: one of them has none, and the hotel's other room stays his.
    front.desk.place("v", h3=rooms(1))
    front.desk.release("v", "h2")
    gone = await takes(hotel)
    assert gone == [("Cancelled", None)]
    front.desk.confirm("v", "h3")
    await front.told_names(CALLS)
    assert (shown(hotel).rooms, shown(hotel).unplaced) == (1, 1)
    # The hotel takes back a room in somebody's name: that is about the room.
    with front.desk.engine.connect() as connection:
        (last,) = connection.execute(ROOMS.select().where(ROOMS.c.guest.is_not(None))).all()
    await hotel.says("Cancelled", last.room, line="", day=9)
    no = front.hold("h3")
    assert no.refusal is not None and no.refusal.code == "hotel_withdrew"
    assert ids(await hotel.ask(READ, read())) == []
    with front.desk.engine.connect() as connection:
        left = connection.execute(ROOMS.select().where(ROOMS.c.guest.is_not(None))).all()
    assert left == [], "what is over is in nobody's name"
