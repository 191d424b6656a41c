"""Orders at a hotel of ours over HTTP, on both databases: what the suite in `ways` has not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, cast

import pytest

from services.bookings.hotels.haip.adapter import Haip
from services.bookings.hotels.model import BlockView
from services.bookings.hotels.writing import Office
from services.bookings.orders import opening
from shared.contracts.holds import HoldState
from tests.hotels.contract import Recorder
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.hotels.test_haip import CONTRACT
from tests.rules.booking_case import wish

S = HoldState


def rooms(pairs: int, **details: Any) -> Any:
    return wish(pairs=pairs, hotel=HAIP, **details)


def blocks(hotel: HotelProcess, *states: str) -> list[str]:
    return [one["status"] for one in hotel.act("count")["blocks"] if one["status"] in states]


@pytest.fixture
def wire(monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    """What the worker sends and gets, held against the vendor's file."""
    wire = Recorder(CONTRACT)
    seen = partial(Haip, transport=wire)
    monkeypatch.setitem(cast(dict[str, Any], opening.ADAPTERS), "haip", seen)
    yield wire
    assert wire.requests
    assert wire.violations == []


async def test_a_yes_of_the_hotel_is_the_consent(
    wire: Recorder, front: Front, hotel: HotelProcess
) -> None:
    placed = front.desk.place("v", h1=rooms(3))["h1"]
    assert placed.state is S.PENDING
    assert placed.consent is not None and placed.consent.asked_of == HAIP
    assert blocks(hotel, "tentative") == [], "nothing goes out in the transaction of the hold"
    await front.work()
    assert front.hold("h1").state is S.HELD
    assert blocks(hotel, "tentative") == ["tentative"]
    front.desk.confirm("v", "h1")
    await front.work()
    assert blocks(hotel, "definite") == ["definite"]
    front.desk.release("v", "h1")
    await front.work()
    assert [one["status"] for one in hotel.act("count")["blocks"]] == ["cancelled"]
    (row,) = front.rows()
    assert row.ended and row.due_at is None and front.intents() == []


async def test_a_hotel_without_a_link_is_not_asked(front: Front, hotel: HotelProcess) -> None:
    placed = front.desk.place("v", h1=wish(pairs=3, hotel="plain"))["h1"]
    assert placed.state is S.HELD
    assert placed.consent is None
    assert front.rows() == []


async def test_a_try_that_was_given_up_is_ordered_anew(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half of a block, then the hotel is down, then back: the half is cancelled, not filled."""
    front.desk.place("v", h1=rooms(3))
    office: Office = front.orders.workers[HAIP].carrier.link.desk.office
    real = type(office).written
    calls = iter([True])

    async def written(self: Office, operation: str, *rest: Any) -> BlockView:
        view = await real(self, operation, *rest)
        if operation == "hold_block" and next(calls, False):
            from services.bookings.hotels.errors import Unavailable

            raise Unavailable("the line broke")
        return view

    monkeypatch.setattr(Office, "written", written)
    await front.until(lambda: "h1" in front.told)
    assert front.hold("h1").state is S.HELD
    statuses = sorted(one["status"] for one in hotel.act("count")["blocks"])
    assert statuses == ["cancelled", "tentative"]
    assert [row.ended for row in front.rows()] == [True, False]


async def test_a_hotel_that_cuts_the_block_is_asked_again_and_then_believed(
    front: Front, hotel: HotelProcess
) -> None:
    await front.firm(rooms(6))
    worker = front.orders.workers[HAIP]
    hotel.act("staff_blocks", rooms=4)
    await worker.sweep()
    await front.work()
    assert '"twin", 6,' in front.rows()[0].standing, "healed by asking again"
    hotel.act("staff_blocks", rooms=4)
    hotel.act("others", kind=hotel.link().codes.room_type("twin"), rooms=9)
    await worker.sweep()
    await front.work()
    assert front.hold("h1").refusal is not None
    assert front.hold("h1").refusal.code == "hotel_withdrew"


async def test_a_sweep_of_a_hotel_that_is_down_concludes_nothing(
    front: Front, hotel: HotelProcess
) -> None:
    await front.firm(rooms(3))
    before = front.rows()
    hotel.faults(down=1)
    await front.orders.workers[HAIP].sweep()
    assert front.rows() == before


async def test_a_cancellation_that_never_gets_through_is_a_persons(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.bookings.orders.finishing.HOTEL_ORDER_TRIES", 4)
    front.desk.place("v", h1=rooms(3))
    await front.work()
    hotel.faults(down=1)
    front.desk.release("v", "h1")
    await front.until(lambda: front.rows()[0].owned)
    (row,) = front.rows()
    assert (row.state, row.said, row.due_at) == ("owned", "unavailable", None)


async def test_rooms_that_a_hotel_does_not_take_back_are_a_persons(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It says yes to a smaller block and keeps the old one: the rest will be billed."""
    await front.firm(rooms(6))
    front.desk.place("v", h2=rooms(2))
    await front.work()

    async def ignore(*_asked: object) -> None:
        return None

    port = front.orders.ports[HAIP]
    with monkeypatch.context() as deaf:
        deaf.setattr(type(port), "resize_block", ignore)
        front.desk.release("v", "h1")
        await front.work()
    (row,) = front.rows()
    assert (row.owned, row.state, row.due_at) == (True, "owned", None)
    assert '"twin", 6,' in row.standing and front.hold("h2").state is S.HELD
    front.desk.confirm("v", "h2")
    await front.work()
    (row,) = front.rows()
    assert '"twin", 2,' in row.standing and not row.owned


async def test_what_a_person_granted_is_still_ordered(front: Front, hotel: HotelProcess) -> None:
    hotel.faults(down=1)
    front.desk.place("v", h1=rooms(3))
    await front.work()
    assert front.desk.consent("h1", granted=True).holds["h1"].state is S.HELD
    hotel.faults()
    await front.until(lambda: bool(blocks(hotel, "tentative")))
    assert "h1" not in front.told


async def test_a_lease_that_was_lost_changes_nothing(front: Front, hotel: HotelProcess) -> None:
    front.desk.place("v", h1=rooms(3))
    worker = front.orders.workers[HAIP]
    from services.bookings.orders.taking import take

    first = await front.run(lambda work: take(work, HAIP))
    assert await front.run(lambda work: take(work, HAIP)) == (), "taken up once"
    front.desk.later(timedelta(hours=1).total_seconds())
    await front.run(lambda work: take(work, HAIP))
    result = await worker.carrier.carry_out(first[0])
    from services.bookings.orders.finishing import LeaseLostError

    with pytest.raises(LeaseLostError):
        await front.run(lambda work: worker.close.finish(work, first[0], result))
    assert "h1" not in front.told or front.hold("h1").state is S.REFUSED


async def test_two_hotels_must_both_agree(
    hotel: HotelProcess, tmp_path: Path, store_url: str
) -> None:
    (tmp_path / "second").mkdir()
    other = HotelProcess("haip", tmp_path / "second").start()
    second = other.link().model_copy(update={"hotel": "second", "gateway": "second"})
    front = Front(store_url, hotel.link(), second)
    try:
        other.faults(down=1)
        front.desk.place("v", h1=rooms(14, split=True))
        assert {row.hotel for row in front.rows()} == {HAIP, "second"}
        await front.work()
        await front.work("second")
        assert blocks(hotel, "tentative") == ["tentative"]
        assert "h1" not in front.told, "one of them has not answered"
        other.faults()
        await front.until(lambda: "h1" in front.told, "second")
        assert front.hold("h1").state is S.HELD

        other.act("others", kind=second.codes.room_type("twin"), rooms=10)
        front.desk.place("w", h2=rooms(14, split=True, arrive="2027-09-01T14:00",
                                       leave="2027-09-02T12:00"))  # fmt: skip
        await front.work()
        assert "h2" not in front.told
        await front.work("second")
        assert front.hold("h2").state is S.REFUSED
        await front.work()
        assert blocks(hotel, "tentative", "cancelled") == ["tentative", "cancelled"]
    finally:
        await front.close()
        other.stop()
