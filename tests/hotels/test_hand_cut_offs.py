"""Cut-offs of orders by hand, on both databases: dated by letter, told before, counted once."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest_asyncio
from sqlalchemy import select
from sqlmodel import Session

from services.bookings.by_hand import cut_offs
from services.bookings.by_hand.cutting import Sharers
from services.bookings.by_hand.service import hand_post
from services.bookings.hotels.links import HandLink
from services.bookings.orders.acting import Acting
from services.bookings.orders.cut_offs import CUTS
from services.bookings.overview import cuts as overview
from services.bookings.overview import orders, troubles
from services.bookings.overview.service import known_of
from shared.chassis.work import Delivery
from shared.contracts.hotel_desk import DeskState, HotelLetter
from shared.contracts.hotel_pickup import CutOutcome, HotelCut, ReadHotelCuts
from shared.contracts.hotel_troubles import ReadHotelTroubles, RoomsAtRisk
from shared.contracts.hotels import ActOnHotel, HotelAct, HotelOrders, ReadHotelOrders
from shared.contracts.message import CommandAnswered
from tests.hotels.front import Front
from tests.hotels.test_hand_orders import CONSOLE, HAND, Hotel, firm, keys, rooms

ASKED = {"cause": "read", "actor": "ann"}
CUT_OFF = date(2027, 8, 8)
PASSED = datetime(2027, 8, 8, 19, tzinfo=UTC)
"""The hotel's business date moves on at three in the morning of 9 August there."""
DAY = timedelta(days=1)
D, L = DeskState, HotelLetter
__all__ = ["keys"]


def made(url: str, keys: Path, days: int = 10) -> Hotel:
    link = HandLink(
        hotel=HAND, system="by_hand", zone="Asia/Shanghai", cut_off_days=days, day_turns_at=3
    )
    post = hand_post([link], keys, CONSOLE)
    return Hotel(Front(url, link, post=post), post)


@pytest_asyncio.fixture
async def hotel(store_url: str, keys: Path) -> AsyncIterator[Hotel]:
    hotel = made(store_url, keys)
    yield hotel
    await hotel.front.close()


def to(hotel: Hotel, at: datetime) -> None:
    hotel.front.desk.later((at - hotel.front.now()).total_seconds())


async def looked(hotel: Hotel) -> None:
    cuts = hotel.front.orders.hand_cuts
    assert cuts is not None
    await cuts.look()
    await hotel.front.work(HAND)


def lodge(hotel: Hotel, pairs: int, alone: int = 0) -> None:
    roster: dict[str, tuple[str, str | None]] = {}
    for number in range(pairs):
        roster |= {f"g-{number}-{half}": ("Canary", f"r-{number}") for half in "ab"}
    roster |= {f"g-{number}": ("Canary", None) for number in range(alone)}
    hotel.front.guests.roster = roster


def rows(hotel: Hotel) -> list[Any]:
    with hotel.front.desk.engine.connect() as connection:
        return list(connection.execute(select(CUTS)))


def shown(hotel: Hotel, **more: Any) -> tuple[HotelCut, ...]:
    with hotel.front.desk.engine.connect() as connection:
        return overview.page(connection, ReadHotelCuts(**ASKED, hotel=HAND, **more)).cuts


def at_risk(hotel: Hotel) -> tuple[RoomsAtRisk, ...]:
    front = hotel.front
    with front.desk.engine.connect() as connection:
        query = ReadHotelTroubles(**ASKED)
        return troubles.page(connection, known_of(front.links), query, front.now()).at_risk


def page(hotel: Hotel) -> HotelOrders:
    front, query = hotel.front, ReadHotelOrders(**ASKED, hotel=HAND)
    with front.desk.engine.connect() as connection:
        return orders.page(connection, known_of(front.links), query, front.now())


def undecided(hotel: Hotel) -> int:
    with Session(hotel.front.desk.engine) as session:
        return orders.undecided(session)


async def test_the_letter_names_a_date_and_what_is_agreed_keeps_it(
    hotel: Hotel,
    store_url: str,
    keys: Path,
) -> None:
    await firm(hotel, 3)
    assert hotel.kinds == [L.ASK, L.FIRM]
    assert [one.names_by for one in hotel.letters] == [CUT_OFF, CUT_OFF]
    assert (await hotel.page()).names_by == CUT_OFF
    part = hotel.front.hold("h1").allotted["hotels"][0]
    assert part["cut_off"] == "2027-08-08T19:00:00+00:00", "the gate that the visit shows"
    assert hotel.front.rows()[0].cut_off == CUT_OFF
    (coming,) = shown(hotel)
    assert (coming.cut_off, coming.wanted, coming.contracted) == (CUT_OFF, 6, 6)
    assert (coming.picked, coming.at_risk, coming.looked_at) == (None, None, None), "not near"
    line = page(hotel).line
    assert line is not None and (line.cut_off, line.cut_off_known) == (CUT_OFF, True)

    await hotel.front.close()
    changed = made(store_url, keys, days=3)
    try:
        changed.front.desk.place("v", h2=rooms(4))
        await changed.front.work(HAND)
        changed.front.desk.place("w", h3=rooms(1))
        await changed.front.work(HAND)
        more, new = changed.letters
        assert (more.edition, more.names_by) == (2, CUT_OFF), "agreed with the old file"
        assert (new.visit, new.names_by) == ("w", date(2027, 8, 15))
        to(changed, PASSED - timedelta(seconds=1))
        assert (await changed.page(changed.token(0))).names_by == CUT_OFF
        to(changed, PASSED)
        assert (await changed.page(changed.token(0))).names_by is None, "asked after its date"
    finally:
        await changed.front.close()


async def test_past_its_date_an_order_names_none(hotel: Hotel) -> None:
    to(hotel, PASSED)
    await firm(hotel, 1)
    assert [one.names_by for one in hotel.letters] == [None, None]
    await looked(hotel)
    assert shown(hotel) == () and rows(hotel) == []


async def test_what_has_no_guest_is_told_before_and_a_persons_after(hotel: Hotel) -> None:
    await firm(hotel, 4)
    to(hotel, PASSED - 8 * DAY - timedelta(seconds=1))
    await looked(hotel)
    assert rows(hotel) == [], "eight days before nothing is told"
    to(hotel, PASSED - 8 * DAY)
    lodge(hotel, pairs=2, alone=1)
    await looked(hotel)
    (coming,) = shown(hotel)
    assert (coming.picked, coming.at_risk, coming.done_at) == (6, 2, None), "pairs share a room"
    (risk,) = at_risk(hotel)
    assert (risk.visit, risk.hotel, risk.passes_at) == ("v", HAND, PASSED)
    assert (risk.contracted, risk.picked, risk.at_risk) == (8, 6, 2)

    hotel.front.guests.away = True
    await looked(hotel)
    (coming,) = shown(hotel)
    assert (coming.picked, coming.at_risk) == (None, None) and coming.looked_at is not None
    (risk,) = at_risk(hotel)
    assert (risk.picked, risk.at_risk) == (None, 2), "the alarm does not end by silence"
    hotel.front.guests.away = False

    to(hotel, PASSED - timedelta(seconds=1))
    await looked(hotel)
    assert rows(hotel)[0].done_at is None, "on the date itself the rooms are ours"
    to(hotel, PASSED)
    await looked(hotel)
    order = hotel.front.rows()[0]
    assert (order.owned, order.state, order.said) == (True, "owned", "names_missing")
    assert "1 on 2027-08-18 – 2027-08-19. The hotel may have sold" in order.drift
    assert "2027-08-18 – 2027-08-19 1 间" in order.drift_zh
    assert undecided(hotel) == 1 and at_risk(hotel) == () and shown(hotel) == ()
    (done,) = shown(hotel, done=True)
    assert (done.outcome, done.kept, done.done_at) == (CutOutcome.OWNED, 6, hotel.front.now())
    assert hotel.front.hold("h1").refusal is None, "nothing is lost by itself"

    before = rows(hotel)
    hotel.front.desk.later(3600)
    await looked(hotel)
    assert rows(hotel) == before and hotel.kinds == [L.ASK, L.FIRM]


async def test_whom_a_person_asks_again_gets_the_letter_once_more(hotel: Hotel) -> None:
    await firm(hotel, 1)
    acting = Acting(hotel.front.orders.links, hotel.front.orders.hands, letters=True)
    ours = hotel.letters[0].order
    asked = 0

    async def again() -> str:
        nonlocal asked
        asked += 1
        told = ActOnHotel(cause="c", actor="ann", command=f"c-{asked}", hotel=HAND, order=ours,
                          act=HotelAct.ASK_AGAIN, reason="they keep them")  # fmt: skip

        def handle(work: Any) -> str:
            acting.act(work, [Delivery(told, told.command)])
            return CommandAnswered.model_validate_json(work.outgoing.pop()["body"]).outcome

        outcome: str = await hotel.front.run(handle)
        await hotel.front.work(HAND)
        return outcome

    assert await again() == "conflict" and not page(hotel).orders[0].may_ask
    to(hotel, PASSED)
    await looked(hotel)
    assert page(hotel).orders[0].may_ask
    assert await again() == "accepted"
    assert hotel.kinds == [L.ASK, L.FIRM, L.FIRM] and hotel.letters[-1].names_by is None
    order = hotel.front.rows()[0]
    assert (order.owned, order.state, order.drift) == (False, "definite", "")
    await looked(hotel)
    assert not hotel.front.rows()[0].owned, "it counted once"
    assert await hotel.say(D.WITHDRAWN) == "taken"
    no = hotel.front.hold("h1").refusal
    assert no is not None and no.code == "hotel_withdrew"


async def test_a_hotel_that_has_sold_them_takes_them_back_on_its_page(hotel: Hotel) -> None:
    await firm(hotel, 1)
    to(hotel, PASSED)
    await looked(hotel)
    assert (await hotel.page()).names_by == CUT_OFF and undecided(hotel) == 1
    assert await hotel.say(D.WITHDRAWN) == "taken"
    no = hotel.front.hold("h1").refusal
    assert no is not None and no.code == "hotel_withdrew"
    assert undecided(hotel) == 0 and hotel.front.rows()[0].ended


async def test_all_named_is_kept_and_two_replicas_count_it_once(hotel: Hotel) -> None:
    await firm(hotel, 2)
    to(hotel, PASSED)
    assert hotel.front.orders.hand_cuts is not None
    terms = hotel.front.orders.hand_cuts.terms
    some, _next = await hotel.front.run(lambda work: cut_offs.near(work, terms, ""))
    lodge(hotel, pairs=1, alone=1)
    await looked(hotel)
    (done,) = shown(hotel, done=True)
    assert (done.outcome, done.kept) == (CutOutcome.KEPT, 4)
    assert not hotel.front.rows()[0].owned
    hotel.front.desk.later(60)
    nobody = {some[0].order.ours: Sharers()}
    await hotel.front.run(lambda work: cut_offs.note(work, some, nobody))
    assert shown(hotel, done=True) == (done,) and not hotel.front.rows()[0].owned


async def test_guests_that_nobody_tells_of_are_waited_for_a_day(hotel: Hotel) -> None:
    await firm(hotel, 1)
    hotel.front.guests.away = True
    to(hotel, PASSED + DAY - timedelta(seconds=1))
    await looked(hotel)
    assert not hotel.front.rows()[0].owned and rows(hotel)[0].done_at is None
    to(hotel, PASSED + DAY)
    await looked(hotel)
    assert "nobody could say" in hotel.front.rows()[0].drift and undecided(hotel) == 1


async def test_what_is_being_asked_is_waited_for(hotel: Hotel) -> None:
    await firm(hotel, 1)
    to(hotel, PASSED)
    hotel.front.desk.place("v", h2=rooms(2))
    await hotel.front.work(HAND)
    await looked(hotel)
    assert rows(hotel)[0].done_at is None and rows(hotel)[0].named == 0
    assert await hotel.say(D.ACCEPTED) == "taken"
    await looked(hotel)
    assert "2 on 2027-08-18" in hotel.front.rows()[0].drift


async def test_without_a_date_nothing_of_it_happens(store_url: str, keys: Path) -> None:
    hotel = made(store_url, keys, days=0)
    try:
        await firm(hotel, 1)
        to(hotel, datetime(2027, 8, 17, tzinfo=UTC))
        await looked(hotel)
        assert [one.names_by for one in hotel.letters] == [None, None]
        assert rows(hotel) == [] and shown(hotel) == ()
        line = page(hotel).line
        assert line is not None and not line.cut_off_known
    finally:
        await hotel.front.close()
