"""What operations do about a hotel, on both databases: nothing is lost, and nothing asked twice."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from pydantic import ValidationError
from sqlalchemy import update
from sqlmodel import Session

from services.bookings.by_hand.desk import HandDesk
from services.bookings.by_hand.service import hand_post
from services.bookings.by_hand.telling import Post
from services.bookings.orders.acting import Acting, page
from services.bookings.orders.tables import ORDERS
from services.bookings.overview.orders import undecided
from shared.chassis.work import Delivery, Work
from shared.contracts.holds import HoldState
from shared.contracts.hotel_desk import AnswerHotelPage, DeskState, HotelLetter
from shared.contracts.hotels import ActOnHotel, HotelAct, ListHotelActs
from shared.contracts.message import CommandAnswered
from tests.hotels.front import HAIP, Front
from tests.hotels.running import HotelProcess
from tests.rules.booking_case import wish

A, S = HotelAct, HoldState


class Desk:
    """Operations, beside a front."""

    def __init__(self, front: Front, post: Post, hotel: HotelProcess) -> None:
        self.front, self.post, self.hotel = front, post, hotel
        self.acting = Acting(front.orders.links, front.orders.hands, letters=True)
        self.count = 0
        self.said = ""
        """What is wrong, in words."""

    async def act(self, act: HotelAct, command: str = "", **more: Any) -> tuple[str, str]:
        """The outcome, and the code of what is wrong."""
        self.count += 1
        name = command or f"c{self.count}"
        told = ActOnHotel(
            cause=name, actor="ann", command=name, act=act, reason="because",
            **{"hotel": HAIP, **more},
        )  # fmt: skip

        def handle(work: Work) -> tuple[str, str]:
            self.acting.act(work, [Delivery(told, name)])
            answer = CommandAnswered.model_validate_json(work.outgoing.pop()["body"])
            self.said = answer.problems[0].message if answer.problems else ""
            return answer.outcome, answer.problems[0].code if answer.problems else ""

        done: tuple[str, str] = await self.front.run(handle)
        return done

    async def pause(self, minutes: int = 60) -> tuple[str, str]:
        return await self.act(A.PAUSE, paused_until=self.front.now() + timedelta(minutes=minutes))

    async def yes(self) -> None:
        """The hotel agrees to the newest letter."""
        letter = self.front.letters[-1]
        said = AnswerHotelPage(
            cause="p", actor="h", token=letter.link.rsplit("/", 1)[1], edition=letter.edition,
            answer=DeskState.ACCEPTED,
        )  # fmt: skip
        desk = HandDesk(self.post)
        await self.front.run(lambda work: desk.answer(work, said))

    def blocks(self) -> int:
        """Blocks that the hotel's system has."""
        return len(self.hotel.act("count")["blocks"])


@pytest_asyncio.fixture
async def desk(hotel: HotelProcess, store_url: str, tmp_path: Path) -> AsyncIterator[Desk]:
    keys = tmp_path / "links.key"
    keys.write_text(base64.b64encode(bytes(range(32))).decode() + "\n")
    link = hotel.link()
    post = hand_post([link], keys, "https://console.example.org")
    front = Front(store_url, link, post=post)
    yield Desk(front, post, hotel)
    await front.close()


async def test_while_a_link_is_paused_orders_wait_and_then_go_out(desk: Desk) -> None:
    front = desk.front
    assert await desk.pause() == ("accepted", "")
    front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))
    await front.work()
    assert front.rows()[0].state == "asking" and desk.blocks() == 0
    assert await desk.act(A.RESUME) == ("accepted", "")
    await front.work()
    assert front.hold("h1").state is S.HELD and desk.blocks() == 1
    assert await desk.act(A.RESUME) == ("conflict", "not_paused")


async def test_a_pause_ends_by_itself(desk: Desk) -> None:
    front = desk.front
    await desk.pause(minutes=5)
    front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))
    await front.work()
    front.desk.later(301)
    await front.work()
    assert front.hold("h1").state is S.HELD


async def test_what_was_never_sent_goes_by_letter_and_is_asked_once(desk: Desk) -> None:
    front = desk.front
    desk.hotel.faults(down=1)
    front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))
    await front.work()
    assert front.rows()[0].state == "waiting", "the line is down: nothing was sent"
    assert await desk.act(A.BY_HAND) == ("accepted", "")
    await front.work()
    assert [one.letter for one in front.letters] == [HotelLetter.ASK]
    assert front.rows()[0].state == "asked"
    desk.hotel.faults()
    # Back to the link: what went out by letter stays with its letter.
    assert await desk.act(A.BY_LINK) == ("accepted", "")
    await front.work()
    assert desk.blocks() == 0
    await desk.yes()
    await front.work()
    assert front.hold("h1").state is S.HELD and desk.blocks() == 0
    front.desk.place("w", h2=wish(pairs=1, hotel=HAIP))
    await front.work()
    assert front.hold("h2").state is S.HELD and desk.blocks() == 1
    front.desk.later(3600)
    await front.orders.workers[HAIP].sweep()
    assert {row.state for row in front.rows()} == {"tentative"}, "a letter is not looked for there"


async def test_what_was_sent_stays_with_the_link_and_is_read(desk: Desk) -> None:
    front = desk.front
    await front.firm(wish(pairs=2, hotel=HAIP))
    desk.hotel.faults(lose_request=1)
    front.desk.place("w", h2=wish(pairs=1, hotel=HAIP))
    await front.work()
    assert "unknown" in {row.state for row in front.rows()}, [row.state for row in front.rows()]
    assert await desk.act(A.BY_HAND) == ("accepted", "")
    desk.hotel.faults()
    front.desk.later(120)
    await front.work()
    assert front.letters == [], "it may have arrived: nobody is asked a second time"
    assert front.hold("h2").state is S.HELD and desk.blocks() == 2
    front.desk.release("v", "h1")
    await front.work()
    assert front.letters == []


async def test_paused_and_by_hand_letters_go_and_the_link_rests(desk: Desk) -> None:
    front = desk.front
    await front.firm(wish(pairs=2, hotel=HAIP))
    await desk.pause()
    await desk.act(A.BY_HAND)
    front.desk.place("v", h2=wish(pairs=4, hotel=HAIP))
    front.desk.place("w", h3=wish(pairs=1, hotel=HAIP))
    await front.work()
    assert [one.visit for one in front.letters] == ["w"]
    assert "h2" not in front.told or front.hold("h2").state is S.PENDING


async def test_holds_of_a_link_set_aside_are_asked_by_our_letter_alone(desk: Desk) -> None:
    front = desk.front
    placed = front.desk.place("v", h1=wish(pairs=2, hotel=HAIP))["h1"]
    assert placed.consent is not None and not placed.consent.asked_by_owner
    await desk.act(A.BY_HAND)
    await front.run(front.orders.refresh)
    placed = front.desk.place("w", h2=wish(pairs=1, hotel=HAIP))["h2"]
    assert placed.consent is not None and placed.consent.asked_by_owner
    await desk.act(A.BY_LINK)
    await front.run(front.orders.refresh)
    placed = front.desk.place("x", h3=wish(pairs=1, hotel=HAIP))["h3"]
    assert placed.consent is not None and not placed.consent.asked_by_owner


async def owned(desk: Desk) -> str:
    """A firm block that the hotel does not have any more is a person's."""
    front = desk.front
    await front.firm(wish(pairs=2, hotel=HAIP))
    await front.run(
        lambda work: work.connection.execute(
            update(ORDERS).values(state="owned", owned=True, said="missing", due_at=None)
        )
    )
    return str(front.rows()[0].ours)


def waiting_for_a_person(desk: Desk) -> int:
    """What the service's beat says, and an alarm goes by."""
    with Session(desk.front.desk.engine) as session:
        return undecided(session)


async def test_asking_again_reads_first(desk: Desk) -> None:
    front, ours = desk.front, await owned(desk)
    desk.hotel.act("staff_blocks", status="cancelled")
    assert await desk.act(A.ASK_AGAIN, order=ours) == ("accepted", "")
    await front.work()
    assert front.rows()[0].state == "withdrawn", "read: the hotel has cancelled it"
    no = front.hold("h1")
    assert no.state is S.REFUSED and no.refusal is not None
    assert no.refusal.code == "hotel_withdrew" and desk.blocks() == 1


async def test_asking_again_what_still_stands_asks_for_nothing(desk: Desk) -> None:
    front, ours = desk.front, await owned(desk)
    assert waiting_for_a_person(desk) == 1
    assert await desk.act(A.ASK_AGAIN, order=ours) == ("accepted", "")
    await front.work()
    assert waiting_for_a_person(desk) == 0
    row = front.rows()[0]
    assert (row.state, row.owned, row.look) == ("definite", False, False)
    assert desk.blocks() == 1
    assert await desk.act(A.ASK_AGAIN, order=ours) == ("conflict", "not_open")


async def test_what_cannot_be_done_says_why(desk: Desk) -> None:
    assert await desk.act(A.PAUSE) == ("invalid", "no_end")
    assert await desk.pause(minutes=0) == ("conflict", "over")
    assert await desk.pause(minutes=13 * 60) == ("invalid", "too_long")
    assert await desk.act(A.BY_LINK) == ("conflict", "as_it_is")
    assert await desk.act(A.ASK_AGAIN, order="rc0") == ("missing", "no_such_order")
    assert await desk.act(A.ASK_AGAIN) == ("missing", "no_such_order")
    assert await desk.act(A.PAUSE, hotel="plain") == ("missing", "no_such_hotel")
    desk.acting = Acting(desk.acting.links, (), letters=False)
    assert await desk.act(A.BY_HAND) == ("invalid", "no_letters")
    desk.acting = Acting((), (HAIP,), letters=True)
    assert await desk.pause() == ("invalid", "no_link") and "by hand" in desk.said
    desk.acting = Acting((), (HAIP,), letters=True, calls=(HAIP,))
    assert await desk.pause() == ("invalid", "no_link") and "fetches its orders" in desk.said


async def test_acts_are_kept_once_each_and_paged(desk: Desk) -> None:
    front = desk.front
    assert await desk.act(A.BY_HAND, command="one") == ("accepted", "")
    assert await desk.act(A.BY_HAND, command="one") == ("accepted", ""), "the same is the same"
    front.desk.later(1)
    await desk.act(A.BY_LINK, command="two")
    found: list[str] = []
    after: str | None = None
    for _page in range(3):
        query = ListHotelActs(cause="read", actor="ann", hotel=HAIP, limit=1, after=after)
        with front.desk.engine.connect() as connection:
            told = page(connection, query)
        found += [one.command for one in told.acts]
        after = told.next
        if after is None:
            break
    assert found == ["two", "one"]
    for rubbish in ("x", "|", "2027-01-01|\x00", f"{datetime.max.isoformat()}-01:00|x"):
        with pytest.raises(ValidationError):
            ListHotelActs(cause="read", actor="ann", hotel=HAIP, after=rubbish)
