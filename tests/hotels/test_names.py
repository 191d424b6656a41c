"""Who comes to a hotel with a system: lists over HTTP, on both databases, crash by crash."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from services.bookings.guestlists import noting
from services.bookings.guestlists.tables import ROWS
from services.bookings.hotels.port import Sharers
from services.bookings.overview import troubles as overview
from services.bookings.overview.service import known_of
from shared.chassis.limits import HOTEL_SETTLE_S
from shared.chassis.work import Delivery
from shared.contracts.hotel_troubles import GuestsMissing, ReadHotelTroubles
from shared.contracts.lodged import LodgingChanged
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.hotels.test_overview import Looker
from tests.rules.booking_case import wish

A, B, C, D = (f"g-{letter * 26}" for letter in "abcd")


def rooms(pairs: int = 0, singles: int = 0, **details: Any) -> Any:
    return wish(pairs=pairs, singles=singles, hotel=HAIP, **details)


def there(hotel: HotelProcess) -> dict[str, str]:
    """Family names at the hotel, by our reference of their reservation: of all in the room."""
    found = [one for one in hotel.act("count")["stays"] if one["status"] != "cancelled"]
    assert len({one["reference"] for one in found}) == len(found), "nobody is booked twice"
    return {one["reference"][26:]: "+".join([one["guest"], *one["sharers"]]) for one in found}


def statuses(hotel: HotelProcess) -> dict[str, str]:
    """How reservations stand at the hotel, by family name."""
    found = hotel.act("count")["stays"]
    assert len({one["guest"] for one in found}) == len(found), "nobody is booked twice"
    return {one["guest"]: one["status"] for one in found}


def troubles(front: Front, visit: str | None = None) -> tuple[GuestsMissing, ...]:
    """Guests who are told as not come."""
    query = ReadHotelTroubles(cause="read", actor="ann", visit=visit)
    with front.desk.engine.connect() as connection:
        known = known_of(front.links)
        return overview.page(connection, known, query, front.now()).missing


async def changed(front: Front, *guests: str, **names: tuple[str, str | None] | None) -> None:
    """The roster is another one, and bookings hears of it."""
    for guest, row in names.items():
        key = f"g-{guest * 26}"
        if row is None:
            del front.guests.roster[key]
        else:
            front.guests.roster[key] = row
    about = tuple(f"g-{one * 26}" for one in (*guests, *names))
    event = LodgingChanged(cause="put", actor="ann", visit="v", guests=about)
    await front.run(lambda work: noting.lodging_changed(work, [Delivery(event, "in-1")]))


async def looked_at(front: Front) -> None:
    """The sweep has seen other numbers of rooms taken up."""
    ours = front.rows()[0].ours
    await front.run(lambda work: noting.moved(work, [ours]))


async def settled(front: Front) -> None:
    """Time passes until no write is open and no list is due."""
    for _look in range(60):
        await front.told_names()
        if all(one.due_at is None for one in front.lists()):
            return
        front.desk.later(HOTEL_SETTLE_S / 10)
    raise AssertionError([dict(one._mapping) for one in front.lists()])


@pytest_asyncio.fixture
async def plain(hotel: HotelProcess, tmp_path: Path) -> AsyncIterator[Front]:
    """On SQLite alone, for what the databases have no part in."""
    made = Front(f"sqlite:///{tmp_path / 'store.db'}", hotel.link())
    yield made
    await made.close()


async def test_a_definite_order_is_told_who_comes(front: Front, hotel: HotelProcess) -> None:
    front.guests.roster = {A: ("Quill", "r-1"), B: ("Reed", "r-1"), C: ("Sedge", None)}
    front.desk.place("v", h1=rooms(pairs=1, singles=1))
    await front.told_names()
    assert there(hotel) == {} and front.guests.looks == [], "nobody is named before it is definite"
    front.desk.confirm("v", "h1")
    await front.told_names()
    assert there(hotel) == {"r1": "Quill+Reed", "r2": "Sedge"}
    (order,) = front.rows()
    # HAIP takes whoever shares once the reservation is there: his name is not fetched before.
    looks = [(), (A, C), (), (A, B)]
    assert front.guests.looks == [(HAIP, order.ours, named) for named in looks]
    stays = [(one.guest, one.sharer, one.state, one.told, one.said) for one in front.stays()]
    assert stays == [(A, B, "there", True, ""), (C, "", "there", True, "")]
    assert front.intents() == []


async def test_a_changed_roster_changes_the_same_reservations(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    await front.firm(rooms(singles=3))
    await front.told_names()
    before = front.stays()
    await changed(front, c=("Sedge", None))
    await front.told_names()
    assert there(hotel) == {"r1": "Quill", "r2": "Reed", "r3": "Sedge"}

    await changed(front, a=None, d=("Tansy", None))
    await front.told_names()
    assert there(hotel) == {"r1": "Tansy", "r2": "Reed", "r3": "Sedge"}, "in the same place"
    assert front.stays()[0].theirs == before[0].theirs

    front.guests.looks.clear()
    await changed(front, b=("Reed-Rush", None))
    await front.told_names()
    assert there(hotel)["r2"] == "Reed-Rush"
    assert [named for _hotel, _order, named in front.guests.looks] == [(), (B,)]

    await changed(front, c=None)
    await front.told_names()
    assert there(hotel) == {"r1": "Tansy", "r2": "Reed-Rush"}, "nobody takes it: it is given back"
    assert [one.state for one in front.stays()] == ["there", "there", "over"]
    front.guests.looks.clear()
    await looked_at(front)
    await front.told_names()
    assert [named for _hotel, _order, named in front.guests.looks] == [()], "no name without need"


async def test_who_shares_a_room_is_named_in_its_reservation(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", "r-1"), B: ("Reed", "r-1"), C: ("Sedge", None)}
    await front.firm(rooms(pairs=2))
    await front.told_names()
    before = [one.theirs for one in front.stays()]
    assert there(hotel) == {"r1": "Quill+Reed", "r2": "Sedge"}

    front.guests.looks.clear()
    await changed(front, b=("Reed-Rush", "r-1"))
    await front.told_names()
    assert there(hotel)["r1"] == "Quill+Reed-Rush"
    assert [named for _hotel, _order, named in front.guests.looks] == [(), (A, B)]

    await changed(front, b=None, d=("Tansy", "r-1"))
    await front.told_names()
    assert there(hotel) == {"r1": "Quill+Tansy", "r2": "Sedge"}, "another shares it"

    await changed(front, a=None)
    await front.told_names()
    assert there(hotel) == {"r1": "Tansy", "r2": "Sedge"}, "whoever shared has the room now"

    await changed(front, c=("Sedge", "r-1"))
    await front.told_names()
    assert there(hotel) == {"r1": "Tansy+Sedge"}, "one room of the two goes on"
    assert [one.theirs for one in front.stays()] == before
    assert [one.state for one in front.stays()] == ["there", "over"]
    assert {one.told for one in front.stays("there")} == {True} and front.intents() == []


def losing(hotel: HotelProcess, real: Any, made: list[str], fault: str, write: int) -> Any:
    """Calls of which one POST is lost; `made` holds the paths of all."""

    async def call(method: str, path: str, **parts: Any) -> Any:
        if method == "POST":
            made.append(path)
            if len(made) == write:
                hotel.faults(**{fault: 1})
        return await real(method, path, **parts)

    return call


async def test_a_lost_name_of_whoever_shares_is_left_by_a_read_only(
    plain: Front, hotel: HotelProcess
) -> None:
    plain.guests.roster = {A: ("Quill", None)}
    await plain.firm(rooms(pairs=1))
    await plain.told_names()
    port = plain.orders.ports[HAIP]
    real = port.calls.call
    # A profile is made, then it joins the reservation: either may be lost.
    for fault, write in (("lose_answer", 1), ("lose_answer", 2), ("lose_request", 2)):
        made: list[str] = []
        port.calls.call = losing(hotel, real, made, fault, write)
        await changed(plain, a=("Quill", "r-1"), b=("Reed", "r-1"))
        await plain.orders.lists[HAIP].round()
        port.calls.call = real
        assert len(made) == write, "a lost write is not followed by another"
        await settled(plain)
        assert there(hotel) == {"r1": "Quill+Reed"} and plain.intents() == []
        await changed(plain, b=None)
        await plain.told_names()
        assert there(hotel) == {"r1": "Quill"}


async def test_a_crash_before_whoever_shares_is_named_loses_no_name(
    plain: Front, hotel: HotelProcess
) -> None:
    plain.guests.roster = {A: ("Quill", "r-1"), B: ("Reed", "r-1")}
    await plain.firm(rooms(pairs=1))
    await plain.orders.lists[HAIP].round()
    assert there(hotel) == {"r1": "Quill"}, "it is there, in one name"
    # What the round wrote at its end is lost, what it wrote before the call is not.
    lost = {"state": "asking", "theirs": None}
    await plain.run(lambda work: work.connection.execute(ROWS.update().values(**lost)))
    after = await plain.again()
    await settled(after)
    assert there(hotel) == {"r1": "Quill+Reed"}
    await after.close()


async def test_a_guest_who_goes_while_a_write_is_open_keeps_no_list_waiting(
    plain: Front, hotel: HotelProcess
) -> None:
    plain.guests.roster = {A: ("Quill", "r-1"), B: ("Reed", "r-1")}
    await plain.firm(rooms(pairs=1))
    await plain.told_names()
    await lose(plain, hotel, "replace_guest", "lose_request",
               changed(plain, b=None, c=("Sedge", "r-1")))  # fmt: skip
    await changed(plain, c=None, d=("Tansy", "r-1"))
    await settled(plain)
    assert there(hotel) == {"r1": "Quill+Tansy"} and plain.intents() == []


async def test_a_system_that_takes_one_name_leaves_the_others_to_people(
    plain: Front, hotel: HotelProcess
) -> None:
    port = plain.orders.ports[HAIP]
    port.capabilities = replace(port.capabilities, sharers=Sharers.NONE)
    plain.guests.roster = {A: ("Quill", "r-1"), B: ("Reed", "r-1"), C: ("Sedge", None)}
    await plain.firm(rooms(pairs=1, singles=1))
    await plain.told_names()
    assert there(hotel) == {"r1": "Quill", "r2": "Sedge"}
    (order,) = Looker(plain).orders().orders
    assert order.names is not None
    assert (order.names.there, order.names.unnamed, order.names.owned) == (2, 1, False)
    assert plain.guests.looks[-1][2] == (A, C), "nobody is fetched who is not sent"


async def test_a_refused_row_is_seen_and_asked_again(plain: Front, hotel: HotelProcess) -> None:
    plain.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    king = hotel.link().codes.room_type("king")
    await plain.firm(rooms(singles=2))
    hotel.act("others", kind=king, rooms=9)
    await plain.told_names()
    assert len(there(hotel)) == 1
    (refused,) = plain.stays("refused")
    assert refused.said == "no_availability"
    (some,) = plain.lists()
    assert some.owned and some.due_at is None and some.said == "no_availability"
    look = Looker(plain)
    (order,) = look.orders().orders
    assert order.names is not None and order.may_ask
    assert (order.names.rooms, order.names.there, order.names.owned) == (2, 1, True)
    assert [(one.guest, one.said) for one in order.names.troubled] == [
        (refused.guest, "no_availability")
    ]
    assert look.lines()[0].owned == 1
    hotel.act("others", kind=king, rooms=-9)
    await plain.run(lambda work: noting.again(work.connection, some.ours, work.now))
    await plain.told_names()
    assert sorted(there(hotel).values()) == ["Quill", "Reed"]
    assert not plain.lists()[0].owned and look.lines()[0].owned == 0


async def test_reservations_go_before_the_block_that_they_are_in(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None), B: ("Reed", None), C: ("Sedge", None)}
    # HAIP goes on counting cancelled rooms as picked up, and then makes no block smaller.
    hotel.act(
        "quirks", on=sorted(set(hotel.act("quirks_now")) - {"keep_picked", "first_night_only"})
    )
    await front.firm(rooms(singles=3))
    await front.told_names()
    front.desk.place("v", h2=rooms(singles=2))
    await front.told_names()
    front.desk.confirm("v", "h2")
    front.desk.release("v", "h1")
    await front.told_names()
    assert len(there(hotel)) == 2 and front.lists()[0].unplaced == 1
    (order,) = front.rows()
    assert '"king", 2,' in order.standing and order.due_at is None

    port = front.orders.ports[HAIP]
    real = port.cancel_block

    async def cancel(*arguments: Any) -> None:
        assert there(hotel) == {}, "a block that is gone keeps its reservations"
        await real(*arguments)

    port.cancel_block = cancel  # type: ignore[method-assign]
    front.desk.release("v", "h2")
    await front.told_names()
    assert there(hotel) == {}
    assert [one["status"] for one in hotel.act("count")["blocks"]] == ["cancelled"]
    assert front.rows()[0].ended and {one.state for one in front.stays()} == {"over"}


@pytest.mark.parametrize("fault", ["lose_answer", "lose_request"])
async def test_a_lost_list_is_left_by_a_read_only(
    plain: Front, hotel: HotelProcess, fault: str
) -> None:
    plain.guests.roster = {A: ("Quill", None)}
    await plain.firm(rooms(singles=1))
    # The guest's profile goes first; the list is the next write.
    await lose(plain, hotel, "import_rooming", fault)
    (row,) = plain.stays()
    assert row.state in ("asking", "there")
    if fault == "lose_request":
        for _look in range(3):
            plain.desk.later(HOTEL_SETTLE_S / 4)
            await plain.told_names()
        assert there(hotel) == {}, "it may still arrive: nothing is sent again"
    await settled(plain)
    assert there(hotel) == {"r1": "Quill"} and plain.intents() == []

    await lose(plain, hotel, "replace_guest", fault, changed(plain, a=None, b=("Reed", None)))
    await settled(plain)
    assert there(hotel) == {"r1": "Reed"} and plain.intents() == []
    assert plain.stays()[0].told

    await lose(plain, hotel, "cancel_stay", fault, changed(plain, b=None))
    await settled(plain)
    assert there(hotel) == {} and plain.intents() == []
    assert [one.state for one in plain.stays()] == ["over"]


async def lose(
    front: Front, hotel: HotelProcess, operation: str, fault: str, act: Any = None
) -> None:
    """One round in which an operation's last write is lost on the way there or back."""
    port = front.orders.ports[HAIP]
    real = getattr(port, operation)

    async def losing(*arguments: Any) -> Any:
        if operation == "import_rooming":
            made = port.room.profile

            async def then_lost(*some: Any) -> str:
                found = await made(*some)
                hotel.faults(**{fault: 1})
                return found

            port.room.profile = then_lost
            try:
                return await real(*arguments)
            finally:
                port.room.profile = made
        hotel.faults(**{fault: 1})
        return await real(*arguments)

    setattr(port, operation, losing)
    if act is not None:
        await act
    await front.orders.lists[HAIP].round()
    setattr(port, operation, real)


@pytest.mark.parametrize("when", ["before the call", "after the call"])
async def test_a_crash_books_nobody_twice(front: Front, hotel: HotelProcess, when: str) -> None:
    front.guests.roster = {A: ("Quill", None)}
    await front.firm(rooms(singles=1))
    port = front.orders.ports[HAIP]
    real = port.import_rooming

    class Killed(BaseException):
        pass

    async def dying(*arguments: Any) -> Any:
        if when == "after the call":
            await real(*arguments)
        raise Killed

    port.import_rooming = dying
    with pytest.raises(Killed):
        await front.told_names()
    after = await front.again()
    await settled(after)
    assert there(hotel) == {"r1": "Quill"} and after.intents() == []
    await after.close()


async def test_what_the_hotel_cancels_by_itself_is_a_persons(
    plain: Front, hotel: HotelProcess
) -> None:
    plain.guests.roster = {A: ("Quill", None)}
    await plain.firm(rooms(singles=1))
    await plain.told_names()
    worker, looks = plain.orders.lists[HAIP], len(plain.guests.looks)
    await worker.sweep()
    assert plain.lists()[0].due_at is None and len(plain.guests.looks) == looks
    hotel.act("staff", status="cancelled")
    await worker.sweep()
    assert len(plain.guests.looks) == looks, "the sweep needs nobody's name"
    await plain.told_names()
    (some,), (row,) = plain.lists(), plain.stays()
    assert (some.owned, some.said) == (True, "cancelled_by_hotel")
    assert (row.state, row.said) == ("refused", "cancelled_by_hotel")
    assert there(hotel) == {}, "it is not asked again before somebody says so"
    await plain.run(lambda work: noting.again(work.connection, some.ours, work.now))
    await plain.told_names()
    assert there(hotel) == {"r2": "Quill"}, "under another reference"


async def test_a_guest_who_does_not_come_is_told_and_not_booked_again(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    await front.firm(rooms(singles=2))
    await front.told_names()
    (row, _other), worker = front.stays(), front.orders.lists[HAIP]
    assert troubles(front) == ()
    hotel.act("staff", reference=row.stay, status="no_show")
    await worker.sweep()
    await front.told_names()
    (some,), (row, _other) = front.lists(), front.stays()
    assert (row.guest, row.state, row.said) == (A, "refused", "no_show")
    assert not some.owned and some.said == "" and some.due_at is None, "nobody has to act on a list"
    (one,) = troubles(front)
    assert (one.hotel, one.visit, one.guests) == (HAIP, "v", 1)
    assert troubles(front, visit="v") == (one,) and troubles(front, visit="w") == ()

    await changed(front, c=("Sedge", None))
    await front.told_names()
    await front.run(lambda work: noting.again(work.connection, some.ours, work.now))
    await front.told_names()
    shown = {name: state for name, state in statuses(hotel).items() if name in ("Quill", "Sedge")}
    assert shown["Quill"] == "no_show", "neither booked again nor given to another"

    hotel.act("staff", reference=row.stay, status="checked_in")
    await worker.sweep()
    await front.told_names()
    assert (front.stays()[0].state, front.stays()[0].said) == ("there", ""), "late, but there"
    assert troubles(front) == ()

    hotel.act("staff", reference=front.stays()[1].stay, status="no_show")
    await worker.sweep()
    await front.told_names()
    await changed(front, b=None, d=("Tansy", None))
    await front.told_names()
    _late, gone, new = front.stays()
    assert (gone.guest, gone.state) == (B, "over"), "another guest does not take it over"
    assert new.guest in (C, D) and troubles(front) == ()


async def test_without_the_guests_service_nothing_is_sent(
    plain: Front, hotel: HotelProcess
) -> None:
    plain.guests.away = True
    plain.guests.roster = {A: ("Quill", None)}
    await plain.firm(rooms(singles=1))
    await plain.told_names()
    (some,) = plain.lists()
    assert (some.said, some.owned, some.tries) == ("guests_away", False, 1)
    assert some.due_at is not None and some.due_at > plain.now() and there(hotel) == {}
    plain.guests.away = False
    await settled(plain)
    assert there(hotel) == {"r1": "Quill"}


async def test_who_is_in_the_house_stays_as_he_is(plain: Front, hotel: HotelProcess) -> None:
    plain.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    await plain.firm(rooms(singles=2))
    await plain.told_names()
    hotel.act("staff", reference=plain.stays()[0].stay, status="checked_in")
    await changed(plain, a=None, c=("Sedge", None))
    await plain.told_names()
    assert sorted(there(hotel).values()) == ["Quill", "Reed"], (
        "nobody takes a room over from inside"
    )
    (some,) = plain.lists()
    assert some.said == "block_full" and some.owned, "it is said that Sedge has no room"


async def test_a_name_that_changes_while_it_is_sent_is_sent_again(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    await front.firm(rooms(singles=2))
    real = front.guests.cards

    async def cards(stay: Any, guests: Any) -> Any:
        front.guests.cards = real  # type: ignore[method-assign]
        found = await real(stay, guests)
        await changed(front, a=("Quillwort", None))
        return found

    front.guests.cards = cards  # type: ignore[method-assign]
    await front.told_names()
    assert there(hotel) == {"r1": "Quillwort", "r2": "Reed"}
    front.guests.cards = cards  # type: ignore[method-assign]
    await changed(front, b=("Rush", None))
    await front.told_names()
    assert there(hotel) == {"r1": "Quillwort", "r2": "Rush"}
    assert [one.told for one in front.stays()] == [True, True]


async def test_after_an_older_store_nobody_is_booked_twice(
    plain: Front, hotel: HotelProcess
) -> None:
    plain.guests.roster = {A: ("Quill", None)}
    await plain.firm(rooms(singles=1))
    await plain.told_names()
    # The store is as it was before the list, and the roster is another one by now.
    await plain.run(lambda work: work.connection.execute(ROWS.delete()))
    await changed(plain, a=None, b=("Reed", None))
    await plain.told_names()
    assert there(hotel) == {"r1": "Reed"}
