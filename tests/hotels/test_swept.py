"""What only a comparison with the hotel sees: rooms booked twice, guests who were sent elsewhere,
what a feed with a gap left out, and an older answer that changes nothing."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from deploy.cli.hotels import _guests
from services.bookings.guestlists import noting
from services.bookings.guestlists.sweeping import _is_news
from services.bookings.guestlists.worker import ListWorker
from services.bookings.hotels.haip import adapter as haip
from services.bookings.hotels.model import BlockView, GuestCard, Ref, StayChange, StayOrder
from services.bookings.hotels.states import StayState
from services.bookings.listening.turns import FEEDS
from services.bookings.listening.wiring import listeners
from services.bookings.orders.tables import ORDERS
from services.bookings.overview import troubles
from services.bookings.overview.service import known_of
from services.console.templating import module
from shared.contracts.hotel_names import HotelNames
from shared.contracts.hotel_troubles import HotelTroubles, ReadHotelTroubles
from shared.contracts.values import Money
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.hotels.test_overview import Looker
from tests.rules.booking_case import wish

A, B = (f"g-{letter * 26}" for letter in "ab")
QUIET = {"cause": "read", "actor": "ann"}


@pytest.fixture(scope="module")
def hotel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HotelProcess]:
    """One for all tests here: each has nights of its own."""
    process = HotelProcess("haip", tmp_path_factory.mktemp("hotel"))
    try:
        yield process.start()
    finally:
        process.stop()


def rooms(day: int, **wanted: int) -> Any:
    """Two nights of September."""
    arrive, leave = f"2027-09-{day:02}T14:00", f"2027-09-{day + 2:02}T12:00"
    return wish(hotel=HAIP, arrive=arrive, leave=leave, **wanted)


@pytest_asyncio.fixture
async def front(hotel: HotelProcess, tmp_path: Path) -> AsyncIterator[Front]:
    """A hotel that has a status for guests whom it sends elsewhere."""
    link = hotel.link()
    states = {**link.codes.stay_states, "walked": StayState.WALKED}
    codes = link.codes.model_copy(update={"stay_states": states})
    made = Front(f"sqlite:///{tmp_path / 'store.db'}", link.model_copy(update={"codes": codes}))
    yield made
    await made.close()


async def swept(front: Front) -> None:
    """A sweep of all, and what the lists make of it."""
    await front.orders.workers[HAIP].sweep()
    await front.orders.lists[HAIP].sweep()
    await front.told_names()


def names(front: Front) -> HotelNames:
    (order,) = Looker(front).orders().orders
    assert order.names is not None and order.may_ask == order.names.owned
    return order.names


def said(front: Front) -> tuple[bool, str]:
    (some,) = front.lists()
    return some.owned, some.said


async def one_less(front: Front, reference: str) -> None:
    """The hotel's staff cancel one of the reservations with a reference."""
    port = front.orders.ports[HAIP]
    block = Ref(front.rows()[0].ours)
    twins = [one for one in await port.read_rooming(block) if one.ref.ours == reference]
    await port.cancel_stay(twins[0].ref, "it was there twice")


async def test_a_room_that_is_booked_twice_is_a_persons_until_one_is_left(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    await front.firm(rooms(1, singles=2))
    hotel.faults(book_twice=1)
    await front.told_names()
    await swept(front)
    await swept(front)
    await swept(front)
    (row,) = [one for one in front.stays() if one.said == "doubled"]
    assert said(front) == (True, "doubled") and Looker(front).lines()[0].owned == 1
    told = names(front)
    assert (told.there, told.owned) == (1, True) and told.differs is not None
    assert [(one.stay, one.said) for one in told.troubled] == [(row.stay, "doubled")]
    for language, words in (("en", "the hotel has it more than once"), ("zh", "酒店有多笔预订")):
        page = str(module("hotels/parts.html", language).names(told, front.now()))
        assert words in page and getattr(told.differs, language) in page
    assert told.differs.en in _guests(told.model_dump(mode="json"))

    front.guests.roster.pop(row.guest)
    await front.run(lambda work: noting.again(work.connection, row.ours, work.now))
    await front.told_names()
    assert said(front) == (True, "doubled")
    assert len(hotel.stays(row.stay)) == 2, "nothing is written to either"
    looks = len(front.guests.looks)
    await swept(front)
    assert len(front.guests.looks) == looks, "nothing is new"

    await one_less(front, row.stay)
    await swept(front)
    assert said(front) == (False, "") and names(front).differs is None
    assert hotel.stays(row.stay) == [], "nobody is lodged in it: now it is given back"
    assert Looker(front).lines()[0].owned == 0


async def test_a_reservation_that_is_not_ours_is_told_while_it_is_there(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None)}
    await front.firm(rooms(4, singles=2))
    await front.told_names()
    (order,), (row,) = front.rows(), front.stays()
    port, price = front.orders.ports[HAIP], Money(amount=row.fen)
    other = StayOrder("theirs", "king", "agreed", row.arrival, row.departure, price)
    await port.pick_up(Ref(order.ours), other, GuestCard("Sam", "Sedge"))
    await swept(front)
    assert said(front) == (True, "foreign")
    told = names(front)
    assert told.differs is not None and "do not know" in told.differs.en and told.there == 1
    hotel.act("staff", reference="theirs", status="cancelled")
    await swept(front)
    assert said(front) == (False, "")


def test_when_a_list_that_is_a_persons_is_looked_at_again() -> None:
    assert _is_news({"missing"}, "") and not _is_news((), "")
    assert not _is_news({"doubled", "missing"}, "doubled") and _is_news({"missing"}, "doubled")
    assert _is_news((), "foreign") and _is_news({"foreign", "doubled"}, "foreign")


def told_troubles(front: Front) -> HotelTroubles:
    with front.desk.engine.connect() as connection:
        query = ReadHotelTroubles(**QUIET)
        return troubles.page(connection, known_of(front.links), query, front.now())


async def test_a_guest_who_is_sent_to_another_house_is_told_as_such(
    front: Front, hotel: HotelProcess
) -> None:
    front.guests.roster = {A: ("Quill", None), B: ("Reed", None)}
    await front.firm(rooms(7, singles=2))
    await front.told_names()
    row = front.stays()[0]
    hotel.act("staff", reference=row.stay, status="walked")
    await swept(front)
    assert said(front) == (False, ""), "nobody has to act on a list"
    assert [(one.state, one.said) for one in front.stays()] == [
        ("refused", "walked"),
        ("there", ""),
    ]
    told = told_troubles(front)
    assert told.missing == () and [(one.hotel, one.walked) for one in told.walked] == [(HAIP, 1)]
    for language, words in (("en", "sent to another house: 1"), ("zh", "1 位住客已转至他店")):
        assert words in str(module("visit/parts.html", language).trouble(told.walked[0]))
        assert "trouble" not in str(module("hotels/parts.html", language).names(
            names(front), front.now()))  # fmt: skip
    await swept(front)
    assert len(hotel.stays(row.stay)) == 1, "neither booked again nor given to another"

    hotel.act("staff", reference=row.stay, status="no_show")
    await swept(front)
    assert front.stays()[0].said == "no_show" and told_troubles(front).walked == ()
    hotel.act("staff", reference=row.stay, status="checked_in")
    await swept(front)
    assert front.stays()[0].said == "" and told_troubles(front).missing == ()


async def test_after_a_gap_of_a_feed_reservations_are_compared_too(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    front.guests.roster = {A: ("Quill", None)}
    await front.firm(rooms(10, singles=1))
    await front.told_names()
    one = listeners(front.orders, front.run, 15.0)[HAIP]
    front.desk.later(15)
    await one.round()
    # The room is taken up on all its nights as before: the block shows nothing of it.
    row = front.stays()[0]
    longer = StayChange(departure=row.departure + timedelta(days=1))
    await front.orders.ports[HAIP].change_stay(Ref(row.stay, row.theirs), longer)
    front.desk.place("w", h2=rooms(14, pairs=1))
    await front.work()
    monkeypatch.setattr(haip, "EVENTS", (1, 2))
    front.desk.later(15)
    with monkeypatch.context() as patched:
        patched.setattr(ListWorker, "sweep", unable)
        await one.round()
    assert stale(front) is not None, "only a part of it was compared"
    front.desk.later(15)
    await one.round()
    assert stale(front) is None and front.lists()[0].due_at is not None
    await front.told_names()
    assert said(front) == (True, "conflict")


async def unable(self: ListWorker) -> bool:
    return False


def stale(front: Front) -> Any:
    with front.desk.engine.connect() as connection:
        return connection.execute(select(FEEDS.c.stale_since)).scalar()


async def test_an_older_answer_of_a_hotel_withdraws_nothing(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await front.firm(rooms(18, pairs=6))
    worker, port = front.orders.workers[HAIP], front.orders.ports[HAIP]
    hotel.act("staff_blocks", rooms=4)
    lagging = await port.read_block(Ref(front.rows()[0].ours))
    await worker.sweep()
    await front.work()
    (before,) = front.rows()
    assert '"twin", 6,' in before.standing and before.due_at is None, "it gave them once more"

    async def read(ref: Ref) -> BlockView:
        return replace(lagging, ref=replace(lagging.ref, ours=ref.ours))

    monkeypatch.setattr(port, "read_block", read)
    await worker.sweep()
    assert front.rows() == [before]
    # Whoever has it looked at hears nothing else.
    looked = {"due_at": front.now(), "look": True}
    await front.run(lambda work: work.connection.execute(update(ORDERS).values(**looked)))
    await front.work()
    (after,) = front.rows()
    assert (after.standing, after.state) == (before.standing, before.state)
