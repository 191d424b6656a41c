"""An older answer of a hotel is no news: it settles no write, and no cut-off counts by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from services.bookings.hotels.block_desk import BlockDesk
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.model import BlockView, NightCount, Ref, RoomNight
from services.bookings.hotels.port import Capabilities
from services.bookings.hotels.states import BlockState
from services.bookings.hotels.terms import Terms
from services.bookings.hotels.writing import Office
from services.bookings.orders import cutting_off
from services.bookings.orders.carrying import Carrier
from services.bookings.orders.cut_offs import Passed
from services.bookings.orders.tables import Asked, Order
from shared.contracts.holds import HoldState
from tests.hotels.memory import Book, Roster, TurnedClock

NIGHT = date(2027, 9, 1)
LONG_AGO = datetime(2027, 8, 1, tzinfo=UTC)


def block(many: int, minute: int) -> BlockView:
    nights = (NightCount(NIGHT, "twin", many, many, 0),)
    at = LONG_AGO + timedelta(minutes=minute)
    return BlockView(Ref("rc", "B1", NIGHT), BlockState.DEFINITE, nights, NIGHT, at)


class Lagging:
    """A hotel that shows a block as it was."""

    capabilities = Capabilities("lagging", blocks=True, counts_pick_up=True)

    async def read_block(self, ref: Ref) -> BlockView:
        return block(3, 0)


async def test_an_older_answer_settles_no_write_and_counts_for_no_cut_off() -> None:
    office = Office("h", Lagging(), Book(), TurnedClock(), Roster())  # type: ignore[arg-type]
    desk, intent = BlockDesk(office), Intent("h", "resize_block", "rc")
    await office.journal.intend(intent, LONG_AGO)
    rooms_wanted = (RoomNight(NIGHT, "twin", 5),)
    asks = (Asked("h1", HoldState.HELD, rooms_wanted),)
    order = Order("rc", "h", "v", NIGHT, 1, 0, LONG_AGO, rooms_wanted, block(4, 1), "", False, asks,
                  intent=(intent, LONG_AGO, True))  # fmt: skip
    result = await Carrier(desk, "agreed", Terms("Asia/Shanghai")).carry_out(order)
    assert result.unknown and result.standing == block(4, 1), "nothing is sent again for it"

    counted: list[Any] = []

    async def run(act: Any) -> bool:
        counted.append(act)
        return True

    passed = Passed("rc", "h", NIGHT, block(4, 1), False, False)
    assert not await cutting_off._carried_out(desk, passed, run) and counted == []
    assert await cutting_off._carried_out(desk, replace(passed, standing=block(4, 0)), run)
    assert await cutting_off._carried_out(desk, replace(passed, overdue=True), run)
    assert [act.keywords["seen"] for act in counted] == [block(3, 0), None], "a person looks"
