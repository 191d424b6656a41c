"""What operations see of hotels that must agree, on both databases."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from services.bookings.overview import lines, nights, orders
from services.bookings.overview.service import known_of
from shared.contracts.hotels import (
    HotelLine,
    HotelLinkState,
    HotelNights,
    HotelOrders,
    OrderState,
    ReadHotelNights,
    ReadHotelOrders,
    ReadHotels,
)
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import wish

ASKED = {"cause": "read", "actor": "ann"}
L, O = HotelLinkState, OrderState  # noqa: E741 - states are many


class Looker:
    """Who looks at a front."""

    def __init__(self, front: Front) -> None:
        self.front, self.known = front, known_of(front.links)

    def lines(self, **more: Any) -> tuple[HotelLine, ...]:
        with self.front.desk.engine.connect() as connection:
            query = ReadHotels(**ASKED, **more)
            return lines.page(connection, self.known, query, self.front.now()).hotels

    def orders(self, **more: Any) -> HotelOrders:
        with self.front.desk.engine.connect() as connection:
            query = ReadHotelOrders(**ASKED, hotel=HAIP, **more)
            return orders.page(connection, self.known, query, self.front.now())

    def nights(self, **more: Any) -> HotelNights:
        with self.front.desk.engine.connect() as connection:
            query = ReadHotelNights(**ASKED, hotel=HAIP, **more)
            return nights.page(connection, self.known, query, self.front.now())


async def test_a_hotel_from_its_first_order_to_a_lost_line(
    front: Front, hotel: HotelProcess
) -> None:
    look = Looker(front)
    (line,) = look.lines()
    assert (line.link, line.orders, line.next_arrival, line.answer_by) == (L.IDLE, 0, None, None)
    assert line.heard_at is None and line.cut_off is None and line.cut_off_known

    placed = front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))["h1"]
    (line,) = look.lines()
    assert (line.link, line.orders, line.waiting) == (L.IDLE, 1, 1)
    assert placed.consent is not None and line.answer_by == placed.consent.answer_by
    (order,) = look.orders().orders
    assert line.next_arrival == order.first_night
    assert (order.state, order.rooms, order.contracted, order.by_hand) == (O.ASKING, 2, None, False)
    assert order.answer_by == placed.consent.answer_by

    await front.work()
    (line,) = look.lines()
    assert (line.link, line.heard_at, line.failed_at) == (L.GOOD, front.now(), None)
    assert (line.waiting, line.next_arrival, line.answer_by) == (0, None, None)
    assert line.cut_off == order.first_night, "as the hotel shows it"
    (order,) = look.orders().orders
    assert (order.state, order.contracted, order.due_at) == (O.TENTATIVE, 2, None)

    front.desk.place("w", h2=wish(pairs=1, hotel=HAIP))
    hotel.faults(down=1)
    front.desk.later(60)
    await front.work()
    (line,) = look.lines()
    assert (line.link, line.failed_at, line.waiting) == (L.SILENT, front.now(), 1)
    assert line.heard_at is not None and line.heard_at < front.now() and line.tries == 1
    first, second = look.orders().orders
    assert (first.state, first.said) == (O.WAITING, "unavailable")
    assert second.state is O.TENTATIVE


async def test_orders_are_paged_with_those_that_need_somebody_first(front: Front) -> None:
    look = Looker(front)
    for number in range(4):
        front.desk.place(f"v{number}", **{f"h{number}": wish(pairs=1, hotel=HAIP)})
    await front.work()
    front.desk.place("last", h9=wish(pairs=1, hotel=HAIP))
    found: list[str] = []
    after: str | None = None
    for _page in range(5):
        page = look.orders(limit=2, after=after)
        found += [one.visit for one in page.orders]
        after = page.next
        if after is None:
            break
    assert found[0] == "last" and sorted(found) == ["last", "v0", "v1", "v2", "v3"]
    for rubbish in (
        "x",
        "1",
        "1|x|y",
        "||",
        "9|2027-02-30|a",
        "1|2027-02-03|\x00",
        f"{10**30}|2027-02-03|a",
    ):
        assert look.orders(limit=2, after=rubbish).orders is not None
    assert look.lines(after="9") == () and look.lines(after="") == look.lines()


async def test_ended_orders_are_there_when_asked_for(front: Front) -> None:
    front.desk.place("v", h1=wish(pairs=1, hotel=HAIP))
    await front.work()
    front.desk.release("v", "h1")
    await front.work()
    look = Looker(front)
    assert look.orders().orders == ()
    (order,) = look.orders(ended=True).orders
    assert order.ended and order.rooms == 0


async def test_pick_up_is_what_the_hotel_shows(front: Front, hotel: HotelProcess) -> None:
    await front.firm(wish(pairs=3, hotel=HAIP))
    look = Looker(front)
    (order,) = look.orders().orders
    page = look.nights(starts_on=order.first_night)
    cells = [(one.night, one.kind, one.wanted, one.contracted, one.picked) for one in page.nights]
    span = (order.last_night - order.first_night).days + 1
    assert cells == [(order.first_night + timedelta(days=n), "twin", 3, 3, 0) for n in range(span)]
    assert page.whole and page.next is None
    assert look.nights(starts_on=order.first_night, nights=1).next == order.first_night + timedelta(
        days=1
    )
    assert look.nights().nights == () and look.nights().next is not None
    assert look.nights(starts_on=date(9999, 12, 31)).nights == ()


async def test_a_hotel_out_of_the_file_is_not_forgotten(front: Front) -> None:
    front.desk.place("v", h1=wish(pairs=1, hotel=HAIP))
    look = Looker(front)
    look.known = known_of(())
    (line,) = look.lines()
    assert (line.hotel, line.system, line.link, line.orders) == (HAIP, "", L.GONE, 1)
    assert lines.rank(line) == 0 and not line.cut_off_known


def test_problems_come_first_then_the_nearer_arrival() -> None:
    name = {"zh": "店", "en": "H"}
    base = {"name": name, "system": "haip", "link": L.GOOD}
    some = [
        HotelLine(hotel="well", **base),
        HotelLine(hotel="asked", waiting=1, next_arrival=date(2027, 1, 1), **base),
        HotelLine(hotel="later", owned=1, next_arrival=date(2027, 3, 1), **base),
        HotelLine(hotel="sooner", differing=1, next_arrival=date(2027, 2, 1), **base),
        HotelLine(hotel="silent", **{**base, "link": L.SILENT}),
    ]
    some.sort(key=lines.place_of)
    assert [one.hotel for one in some] == ["sooner", "later", "silent", "asked", "well"]
