"""Feeds in the running service: polled in turns, stored before they are acted on, then looked at.

The hotel is a process of ours over HTTP; HAIP on both databases, OHIP's destructive poll on one.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update
from typer.testing import CliRunner

from services.bookings.hotels.book import HINTS
from services.bookings.hotels.haip import adapter as haip
from services.bookings.hotels.merging import newer
from services.bookings.hotels.model import BlockView, Hint, Ref
from services.bookings.hotels.states import BlockState
from services.bookings.listening import looking, turns
from services.bookings.listening.limits import FEED_SILENT_S
from services.bookings.listening.listener import Listener
from services.bookings.listening.looking import Held, Sorted
from services.bookings.listening.turns import FEEDS, Turn
from services.bookings.listening.wiring import listeners
from services.bookings.orders.__main__ import app
from services.bookings.orders.switching import SWITCHES
from services.bookings.orders.tables import ORDERS, view_of, view_text
from services.bookings.overview.lines import all_lines
from services.bookings.overview.service import known_of
from shared.contracts.holds import HoldState
from shared.contracts.hotel_troubles import HotelFeed
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import wish

S = HoldState
OHIP = "grand-ohip"
EVERY_S = 15.0
AT = datetime(2027, 8, 1, 8, tzinfo=UTC)


def listener(front: Front, hotel: str = HAIP) -> Listener:
    return listeners(front.orders, front.run, EVERY_S)[hotel]


async def heard(front: Front, hotel: str = HAIP) -> None:
    """The next poll, and what the orders make of it."""
    front.desk.later(EVERY_S)
    one = listener(front, hotel)
    while await one.round():
        pass
    await front.work(hotel)


def count(front: Front, *where: Any) -> int:
    with front.desk.engine.connect() as connection:
        found = connection.execute(select(func.count()).select_from(HINTS).where(*where))
        return int(found.scalar_one())


def stale(front: Front, hotel: str = HAIP) -> datetime | None:
    with front.desk.engine.connect() as connection:
        wanted = select(FEEDS.c.stale_since).where(FEEDS.c.hotel == hotel)
        found: datetime | None = connection.execute(wanted).scalar()
        return found


def feed(front: Front, hotel: str = HAIP) -> HotelFeed | None:
    """As people see it."""
    known = known_of(front.links, fed=front.orders.fed)
    with front.desk.engine.connect() as connection:
        return all_lines(connection, known, front.now())[hotel].feed


async def take(front: Front, hotel: str = HAIP, destructive: bool = True) -> Turn | None:
    found: Turn | None = await front.run(lambda work: turns.take(work, hotel, EVERY_S, destructive))
    return found


async def test_a_block_that_the_hotel_changed_is_seen_at_the_next_poll(
    front: Front, hotel: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    await front.firm(wish(pairs=6, hotel=HAIP))
    await heard(front)
    before = front.rows()
    assert count(front) > 0 and count(front, HINTS.c.done.is_(False)) == 0
    assert feed(front) == HotelFeed(polled_at=front.now(), answered_at=front.now())
    assert stale(front) is None

    hotel.act("staff_blocks", rooms=4)
    await heard(front)
    (row,) = front.rows()
    assert row.wanted > before[0].wanted and '"twin", 6,' in row.standing, "asked once more"

    # A gap: more happened than the feed shows, and the oldest of it was ours.
    monkeypatch.setattr(haip, "EVENTS", (1, 2))
    hotel.act("staff_blocks", status="cancelled")
    front.desk.place("w", h2=wish(pairs=1, hotel=HAIP, arrive="2027-09-01T14:00",
                                  leave="2027-09-02T12:00"))  # fmt: skip
    await front.work()
    await heard(front)
    assert front.hold("h1").refusal is not None
    assert front.hold("h1").refusal.code == "hotel_withdrew"
    assert front.hold("h2").state is S.HELD and stale(front) is None

    answered = front.now()
    hotel.faults(down=1)
    front.desk.later(FEED_SILENT_S)
    await heard(front)
    told = feed(front)
    assert told is not None and told.silent
    assert (told.polled_at, told.answered_at) == (front.now(), answered)


async def test_turns(front: Front, store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    first = await take(front)
    assert first is not None and first.poll
    assert await take(front) is None, "another has it"
    await front.run(lambda work: turns.give(work, HAIP, first, False))
    early = await take(front)
    assert early is not None and not early.poll and early.stale_since is None
    # It dies in its turn: the next one knows that an answer may have been lost with it.
    front.desk.later(3_600)
    late = await take(front)
    assert late is not None and late.poll and late.stale_since == front.now()
    await front.run(lambda work: turns.give(work, HAIP, early, True))
    assert await take(front) is None, "a turn that was lost ends nothing"
    await front.run(lambda work: turns.give(work, HAIP, late, False))
    assert stale(front) == front.now()
    monkeypatch.setenv("REDCROWN_STORE_URL", store_url)
    told = CliRunner().invoke(app, ["feeds"])
    since = front.now().isoformat(timespec="seconds")
    assert told.output == f"{HAIP}: polled {since}; answered never; stale since {since}\n"

    until = front.now() + timedelta(minutes=5)
    paused = {"hotel": HAIP, "paused_until": until, "by_hand": False}
    await front.run(lambda work: work.insert_if_missing(SWITCHES, [paused]))
    front.desk.later(60)
    assert await take(front) is None, "the link is paused"
    front.desk.later(600)
    assert await take(front) is not None


@pytest.fixture
def opera(tmp_path: Path) -> Iterator[HotelProcess]:
    process = HotelProcess("ohip", tmp_path)
    try:
        yield process.start()
    finally:
        process.stop()


@pytest_asyncio.fixture
async def ohip(opera: HotelProcess, tmp_path: Path) -> AsyncIterator[Front]:
    front = Front(f"sqlite:///{tmp_path / 'store.db'}", opera.link())
    yield front
    await front.close()


async def test_a_destructive_poll(
    ohip: Front, opera: HotelProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    ohip.desk.place("v", h1=wish(pairs=6, hotel=OHIP))
    await ohip.work(OHIP)
    await heard(ohip, OHIP)

    class Killed(BaseException):
        pass

    async def dying(self: Listener) -> Any:
        raise Killed

    # Stored before it is acted on: the queue is empty there, and a new process knows all of it.
    opera.act("staff_blocks", rooms=4)
    with monkeypatch.context() as patched:
        patched.setattr(Listener, "_look", dying)
        with pytest.raises(Killed):
            await heard(ohip, OHIP)
    assert opera.act("count")["queue"] == 0
    assert count(ohip, HINTS.c.done.is_(False)) > 0
    after = await ohip.again()
    await after.run(turns.give_back)
    wanted = after.rows()[0].wanted
    await heard(after, OHIP)
    assert after.rows()[0].wanted > wanted and count(after, HINTS.c.done.is_(False)) == 0
    assert stale(after, OHIP) is None
    wanted = after.rows()[0].wanted
    opera.act("staff_blocks", rooms=5)
    await heard(after, OHIP)
    assert after.rows()[0].wanted > wanted, "seen by the poll alone"

    # An answer that is lost on its way took events with it: everything is compared.
    opera.act("staff_blocks", status="cancelled")
    opera.faults(garbage=1)
    await heard(after, OHIP)
    assert opera.act("count")["queue"] == 0 and stale(after, OHIP) is not None
    assert "h1" not in {n for n, one in after.told.items() if one.state is S.REFUSED}
    await heard(after, OHIP)
    assert after.hold("h1").refusal is not None
    assert after.hold("h1").refusal.code == "hotel_withdrew"
    assert stale(after, OHIP) is None
    await after.close()


async def test_an_order_at_work_keeps_its_hint(front: Front, hotel: HotelProcess) -> None:
    await front.firm(wish(pairs=6, hotel=HAIP))
    await heard(front)
    hotel.act("staff_blocks", rooms=5)
    hotel.act("staff_blocks", rooms=4)
    await front.run(lambda work: work.connection.execute(update(ORDERS).values(due_at=work.now)))
    front.desk.later(EVERY_S)
    await listener(front).round()
    assert count(front, HINTS.c.done.is_(False)) == 1, "the newest of two"
    await front.run(lambda work: work.connection.execute(update(ORDERS).values(due_at=None)))
    await heard(front)
    assert count(front, HINTS.c.done.is_(False)) == 0
    assert '"twin", 6,' in front.rows()[0].standing

    # A hint that a hotel's odd answer left unread is not lost: everything is compared for it.
    hotel.act("staff_blocks", status="cancelled")
    one = listener(front)
    front.desk.later(EVERY_S)
    turn = await take(front, destructive=False)
    assert turn is not None
    await one._poll()
    await front.run(lambda work: turns.give(work, HAIP, turn, False))
    hotel.faults(garbage=1)
    await one.round()
    await front.work()
    assert front.hold("h1").refusal is not None
    assert stale(front) is None


def view(at: datetime | None, state: BlockState = BlockState.DEFINITE) -> BlockView:
    return BlockView(Ref("ours", "B1", AT.date()), state, (), None, at)


def hint(event: str, minutes: int = 0, theirs: str = "B1", entity: str = "block") -> Hint:
    return Hint(event, entity, theirs, AT + timedelta(minutes=minutes))


def test_older_data_of_the_hotel_overwrites_nothing() -> None:
    held = view(AT)
    assert newer(held, view(AT + timedelta(seconds=1), BlockState.CANCELLED))
    assert not newer(held, view(AT - timedelta(seconds=1), BlockState.CANCELLED))
    assert newer(held, view(AT, BlockState.CANCELLED)), "hotels count in whole seconds"
    assert newer(held, view(None)) and newer(view(None), view(AT))
    assert newer(held, None), "a block that is gone has no time"
    assert view_of("ours", AT.date(), view_text(held)) == held


def test_what_costs_no_read() -> None:
    held = {"B1": Held(view(AT), True), "B2": Held(replace(view(None), ref=Ref("o", "B2")), False)}
    assert not looking.tells_news(hint("e", -1), held), "it was read after that"
    assert looking.tells_news(hint("e"), held), "hotels count in whole seconds"
    assert looking.tells_news(hint("e", theirs="B2"), held), "it has no time of its own"
    assert not looking.tells_news(hint("e", 1, "foreign"), held)


def test_which_hints_are_over() -> None:
    found, held = Sorted(), {"B1": Held(view(AT), True), "B2": Held(view(AT), False)}
    for number, block in enumerate(["B1", "B2", "B1", "B2", "B3", None]):
        found.put(hint(f"e{number}", number), block, held)
    assert sorted(found.ended(["B1"])) == ["e0", "e1", "e2", "e4", "e5"]
    assert sorted(found.ended([])) == ["e0", "e1", "e4", "e5"]


async def test_hints_are_forgotten_in_the_end(front: Front) -> None:
    old, new = front.now() - timedelta(days=31), front.now()
    rows = [
        {"hotel": HAIP, "event": name, "entity": "block", "theirs": "B", "at": at, "done": done}
        for name, at, done in (("a", old, True), ("b", old, False), ("c", new, True))
    ]
    await front.run(lambda work: work.insert_if_missing(HINTS, rows))
    assert await front.run(turns.forget) is False
    assert count(front) == 2 and count(front, HINTS.c.event == "a") == 0
