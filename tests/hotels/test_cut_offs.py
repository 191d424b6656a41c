"""Cut-offs of orders at a hotel of ours as a process: told before, counted once; both databases."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from icalendar import Calendar
from sqlalchemy import select

from services.bookings.orders.cut_offs import CUTS, note, passed
from services.bookings.overview import cuts as overview
from services.bookings.overview import pickup, troubles
from services.bookings.overview.service import known_of
from shared.contracts.holds import HoldState
from shared.contracts.hotel_pickup import (
    CutOutcome,
    HotelCuts,
    PickupForm,
    ReadHotelCuts,
    ReadPickup,
)
from shared.contracts.hotel_troubles import ReadHotelTroubles, RoomsAtRisk
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import wish

ASKED = {"cause": "read", "actor": "ann"}
CUT_OFF = date(2027, 8, 8)
PASSED = datetime(2027, 8, 8, 19, tzinfo=UTC)
"""The hotel's business date moves on at three in the morning of 9 August there."""


@pytest_asyncio.fixture
async def front(hotel: HotelProcess, store_url: str) -> AsyncIterator[Front]:
    link = hotel.link().model_copy(update={"cut_off_days": 10, "day_turns_at": 3})
    front = Front(store_url, link)
    yield front
    await front.close()


def rooms(pairs: int) -> Any:
    return wish(pairs=pairs, hotel=HAIP)


def to(front: Front, at: datetime) -> None:
    front.desk.later((at - front.now()).total_seconds())


async def swept(front: Front) -> None:
    await front.orders.workers[HAIP].sweep()
    await front.work()


def cuts(front: Front) -> list[Any]:
    with front.desk.engine.connect() as connection:
        return list(connection.execute(select(CUTS)))


def told(front: Front) -> list[tuple[str, int, int, int]]:
    return [(one.outcome, one.kept, one.taken, one.spare) for one in cuts(front)]


def shown(front: Front, **more: Any) -> HotelCuts:
    with front.desk.engine.connect() as connection:
        return overview.page(connection, ReadHotelCuts(**ASKED, hotel=HAIP, **more))


def at_risk(front: Front) -> tuple[RoomsAtRisk, ...]:
    query = ReadHotelTroubles(**ASKED)
    with front.desk.engine.connect() as connection:
        return troubles.page(connection, known_of(front.links), query, front.now()).at_risk


def picked(front: Front, **more: Any) -> list[str]:
    body = pickup_file(front, PickupForm.CSV, **more)
    return body.decode("utf-8-sig").splitlines()[1:]


def pickup_file(front: Front, form: PickupForm, **more: Any) -> bytes:
    query = ReadPickup(**ASKED, file=form, **more)
    with front.desk.engine.connect() as connection:
        found = pickup.file(connection, known_of(front.links), query, front.now())
    assert found.whole
    return b64decode(found.content)


async def test_a_hotel_takes_back_what_nobody_has_taken_up_and_the_visit_is_told_once(
    front: Front, hotel: HotelProcess
) -> None:
    await front.firm(rooms(3))
    assert front.rows()[0].cut_off == CUT_OFF, "the date is sent, and shown by the hotel"
    part = front.hold("h1").allotted["hotels"][0]
    assert part["cut_off"] == "2027-08-08T19:00:00+00:00"

    to(front, PASSED - timedelta(days=8, seconds=1))
    await swept(front)
    assert cuts(front) == [], "eight days before nothing is told"
    to(front, PASSED - timedelta(days=8))
    await swept(front)
    (near,) = cuts(front)
    assert (near.cut_off, near.at_risk, near.done_at) == (CUT_OFF, 6, None)
    (coming,) = shown(front).cuts
    assert (coming.cut_off, coming.wanted, coming.picked, coming.at_risk) == (CUT_OFF, 6, 0, 6)
    assert shown(front, done=True).cuts == ()
    (risk,) = at_risk(front)
    assert (risk.visit, risk.hotel, risk.passes_at) == ("v", HAIP, PASSED)
    assert (risk.contracted, risk.picked, risk.at_risk) == (6, 0, 6)

    to(front, PASSED - timedelta(seconds=1))
    await swept(front)
    assert cuts(front)[0].done_at is None, "on the date itself the rooms are ours"
    hotel.act("day", date="2027-08-09")
    to(front, PASSED)
    await swept(front)
    assert told(front) == [("taken", 0, 6, 0)]
    no = front.hold("h1")
    assert no.state is HoldState.REFUSED and no.refusal is not None
    assert no.refusal.code == "hotel_withdrew"
    assert front.rows()[0].ended
    assert shown(front).cuts == () and at_risk(front) == (), "it is lost: nothing is at risk"
    (came,) = shown(front, done=True).cuts
    assert (came.outcome, came.taken, came.visit) == (CutOutcome.TAKEN, 6, "v")

    done = cuts(front)
    front.desk.later(-40_000)
    await swept(front)
    front.desk.later(90_000)
    await swept(front)
    assert cuts(front) == done and len(front.rows()) == 1


@pytest.mark.parametrize(
    ("wanted", "shown", "came"),
    [(6, 4, ("taken", 8, 4, 0)), (3, 5, ("spare", 6, 0, 4))],
    ids=["asked for once more, and given", "given back"],
)
async def test_what_is_wanted_stays_and_nothing_else(
    front: Front, hotel: HotelProcess, wanted: int, shown: int, came: tuple[str, int, int, int]
) -> None:
    await front.firm(rooms(wanted))
    hotel.act("staff_blocks", rooms=shown)
    to(front, PASSED)
    await swept(front)
    await swept(front)
    assert told(front) == [came]
    assert hotel.act("count")["blocks"][0]["rooms"] == 2 * wanted
    assert front.hold("h1").refusal is None and front.rows()[0].drift == ""


async def test_two_replicas_and_a_death_count_it_once(front: Front, hotel: HotelProcess) -> None:
    await front.firm(rooms(3))
    to(front, PASSED)
    (link,) = front.orders.links.values()
    desk = front.orders.workers[HAIP].desk
    assert desk is not None

    async def seen() -> list[Any]:
        page, _ = await front.run(lambda work: passed(work, HAIP, link.terms, ""))
        return [(one, await desk.read(one.standing.ref)) for one in page]

    [(one, view)] = await seen()
    [(same, other)] = await seen()
    # The first dies before its commit: nothing is left of it.
    with pytest.raises(RuntimeError):
        await front.run(lambda work: (note(work, one, view), _die()))
    assert cuts(front) == []
    assert await front.run(lambda work: note(work, one, view))
    assert not await front.run(lambda work: note(work, same, other))
    assert told(front) == [("kept", 6, 0, 0)] and await seen() == []


def _die() -> None:
    raise RuntimeError("gone")


async def test_an_order_that_moves_meanwhile_is_looked_at_another_time(front: Front) -> None:
    front.desk.place("w", h3=rooms(1))
    await front.firm(rooms(3))
    to(front, PASSED)
    terms = front.orders.links[HAIP].terms
    page, _ = await front.run(lambda work: passed(work, HAIP, terms, ""))
    one = max(page, key=lambda one: one.standing.nights[0].contracted)
    front.desk.place("v", h2=rooms(5))
    assert not await front.run(lambda work: note(work, one, one.standing))
    page, _ = await front.run(lambda work: passed(work, HAIP, terms, ""))
    assert [other.ours for other in page if other.ours == one.ours] == [], "not at rest"
    await front.work()
    await swept(front)
    assert sorted(told(front)) == [("kept", 2, 0, 0), ("kept", 10, 0, 0)]
    # Two orders: pages of cut-offs, and pick-up of the hotel and of each visit.
    first = shown(front, done=True, limit=1)
    second = shown(front, done=True, limit=1, after=first.next)
    assert {first.cuts[0].visit, second.cuts[0].visit} == {"v", "w"} and second.next is None
    line = "grand-haip,twin twin,2027-08-18,{0},{0},0,{0},{1}"
    assert picked(front, hotel=HAIP)[:2] == [line.format(5, "v"), line.format(1, "w")]
    assert picked(front, visit="w")[0] == line.format(1, "w")
    assert len(picked(front, visit="w")) == 2 and picked(front, hotel="other") == []
    dates = Calendar.from_ical(pickup_file(front, PickupForm.ICS, visit="w")).walk("VEVENT")
    assert [one.decoded("dtstart").isoformat() for one in dates] == [
        row.split(",")[2] for row in picked(front, visit="w")
    ]
    assert len({str(one["uid"]) for one in dates}) == len(dates)
    assert picked(front) == [] and picked(front, hotel=HAIP, starts_on=date(2027, 8, 20)) == []


async def test_what_cannot_be_read_waits_a_day_and_is_then_a_persons(
    front: Front, hotel: HotelProcess
) -> None:
    await front.firm(rooms(3))
    to(front, PASSED)
    for day in (0, 1):
        hotel.faults(down=5)
        to(front, PASSED + timedelta(days=day, seconds=-day))
        await front.orders.workers[HAIP].sweep()
        assert [one.done_at for one in cuts(front)] == []
    to(front, PASSED + timedelta(days=1))
    hotel.faults(down=5)
    await front.orders.workers[HAIP].sweep()
    assert told(front) == [("owned", 0, 0, 0)]
    (row,) = front.rows()
    assert (row.owned, row.said, row.ended) == (True, "cut_off_passed", False)
    assert front.hold("h1").refusal is None, "nobody has said no"
