"""Orders at a hotel where a person answers, on both databases: letters, links, and their word."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from typer.testing import CliRunner

from services.bookings.by_hand.desk import HandDesk
from services.bookings.by_hand.reminding import Reminding
from services.bookings.by_hand.service import hand_post
from services.bookings.by_hand.telling import Post
from services.bookings.hotels.links import HandLink
from services.bookings.hotels.sheets.link import Grant, issue
from services.bookings.orders.__main__ import app
from shared.contracts.holds import HoldState
from shared.contracts.hotel_desk import (
    AnswerHotelPage,
    DeskState,
    HotelAsked,
    HotelLetter,
    HotelPage,
    HotelPageAnswered,
    HotelReason,
    RoomsLeft,
)
from tests.hotels.front import Front
from tests.rules.booking_case import NOW, wish

HAND = "garden-hotel"
CONSOLE = "https://console.example.org"
S, D, L = HoldState, DeskState, HotelLetter


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    path = tmp_path / "links.key"
    path.write_text(base64.b64encode(bytes(range(32))).decode() + "\n")
    return path


class Hotel:
    """The hotel's side: it reads letters and opens links."""

    def __init__(self, front: Front, post: Post) -> None:
        self.front, self.desk, self.reminding = front, HandDesk(post), Reminding(post)

    @property
    def letters(self) -> list[HotelAsked]:
        return self.front.letters

    @property
    def kinds(self) -> list[HotelLetter]:
        return [one.letter for one in self.letters]

    def token(self, number: int = -1) -> str:
        address, token = self.letters[number].link.rsplit("/", 1)
        assert address == f"{CONSOLE}/hotel"
        return token

    async def page(self, token: str | None = None) -> HotelPage:
        opened = token or self.token()
        now = self.front.now()
        return await self.front.run(lambda work: self.desk.show(work.connection, opened, now))

    async def say(self, answer: DeskState, token: str | None = None, **more: Any) -> str:
        token = token or self.token()
        edition = more.pop("edition", None) or (await self.page(token)).edition or 1
        said = AnswerHotelPage(
            cause="page", actor="hotel", token=token, edition=edition, answer=answer, **more
        )
        done: HotelPageAnswered = await self.front.run(lambda work: self.desk.answer(work, said))
        await self.front.work(HAND)
        return done.outcome

    async def remind(self) -> None:
        await self.front.run(self.reminding.remind)


@pytest_asyncio.fixture
async def hotel(
    store_url: str, keys: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hotel]:
    monkeypatch.setenv("REDCROWN_STORE_URL", store_url)
    link = HandLink(hotel=HAND, system="by_hand", zone="Asia/Shanghai")
    post = hand_post([link], keys, f"{CONSOLE}/")
    front = Front(store_url, link, post=post)
    yield Hotel(front, post)
    await front.close()


def rooms(pairs: int, **details: Any) -> Any:
    return wish(pairs=pairs, hotel=HAND, **details)


async def test_a_letter_asks_and_a_yes_is_the_consent(hotel: Hotel) -> None:
    front = hotel.front
    placed = front.desk.place("v", h1=rooms(3))["h1"]
    assert placed.state is S.PENDING and placed.consent is not None
    assert placed.consent.asked_by_owner, "nobody else is to write to the hotel"
    await front.work(HAND)
    (letter,) = hotel.letters
    assert (letter.letter, letter.hotel, letter.visit, letter.edition) == (L.ASK, HAND, "v", 1)
    assert {one.rooms for one in letter.rooms} == {3}
    assert letter.answer_by == placed.consent.answer_by
    assert front.rows()[0].state == "asked" and "h1" not in front.told

    page = await hotel.page()
    assert page.found and page.state is D.ASKED and page.rooms == letter.rooms
    assert await hotel.say(D.ACCEPTED) == "taken"
    assert front.hold("h1").state is S.HELD
    assert front.rows()[0].state == "tentative"
    front.desk.confirm("v", "h1")
    await front.work(HAND)
    assert hotel.kinds == [L.ASK, L.FIRM]
    assert front.rows()[0].state == "definite" and (await hotel.page()).firm
    assert CliRunner().invoke(app, ["again", letter.order]).exit_code == 0
    await front.work(HAND)
    assert hotel.kinds == [L.ASK, L.FIRM], "carried out again, it says nothing new"
    front.desk.release("v", "h1")
    await front.work(HAND)
    assert hotel.kinds == [L.ASK, L.FIRM, L.OFF]
    assert front.rows()[0].ended and (await hotel.page()).state is D.OFF
    assert await hotel.say(D.ACCEPTED) == "closed"


async def test_a_no_says_why_and_what_fits(hotel: Hotel) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(3))
    await front.work(HAND)
    night = hotel.letters[0].rooms[0].night
    left = (RoomsLeft(night=night, kind="twin", rooms=1),)
    assert await hotel.say(D.REFUSED) == "invalid", "a no has a reason"
    more = (RoomsLeft(night=night, kind="twin", rooms=3),)
    assert await hotel.say(D.REFUSED, reason=HotelReason.FULL, left=more) == "invalid"
    other = (RoomsLeft(night=date(2027, 1, 1), kind="twin", rooms=0),)
    assert await hotel.say(D.REFUSED, reason=HotelReason.FULL, left=other) == "invalid"
    assert await hotel.say(D.REFUSED, reason=HotelReason.FULL, left=left) == "taken"
    no = front.hold("h1")
    assert no.state is S.REFUSED and no.refusal is not None
    assert no.refusal.code == "hotel_full"
    assert f"{night} twin: 1 left" in no.refusal.sentence.en
    assert no.refusal.alternatives[0].change["hotel"] == "plain"
    assert hotel.kinds == [L.ASK], "who said no is not told that it is off"
    assert front.rows()[0].ended


@pytest.mark.parametrize(
    ("reason", "words"), [(HotelReason.CLOSED, "it is closed then"), (HotelReason.OTHER, "refuses")]
)
async def test_other_reasons_are_told_in_our_words(
    hotel: Hotel, reason: HotelReason, words: str
) -> None:
    hotel.front.desk.place("v", h1=rooms(3))
    await hotel.front.work(HAND)
    assert await hotel.say(D.REFUSED, reason=reason) == "taken"
    no = hotel.front.hold("h1").refusal
    assert no is not None and no.code == "hotel_refused" and words in no.sentence.en


async def firm(hotel: Hotel, pairs: int) -> None:
    hotel.front.desk.place("v", h1=rooms(pairs))
    await hotel.front.work(HAND)
    assert await hotel.say(D.ACCEPTED) == "taken"
    hotel.front.desk.confirm("v", "h1")
    await hotel.front.work(HAND)


async def test_more_is_a_new_edition_and_the_old_answer_counts_no_more(hotel: Hotel) -> None:
    front = hotel.front
    await firm(hotel, 4)
    front.desk.place("v", h2=rooms(6))
    await front.work(HAND)
    letter = hotel.letters[-1]
    assert (letter.letter, letter.edition) == (L.ASK, 2)
    assert {(one.before, one.rooms) for one in letter.rooms} == {(4, 6)}
    assert await hotel.say(D.ACCEPTED, edition=1) == "stale"
    assert front.told["h1"].state is not S.REFUSED
    # The first link opens the same order, as it is now.
    assert (await hotel.page(hotel.token(0))).edition == 2
    assert await hotel.say(D.REFUSED, reason=HotelReason.FULL) == "taken"
    assert front.hold("h2").state is S.REFUSED
    row = front.rows()[0]
    assert '"twin", 4,' in row.standing and not row.owned and not row.ended
    page = await hotel.page()
    assert (page.state, page.edition, page.firm) == (D.ACCEPTED, 3, True)
    assert hotel.kinds == [L.ASK, L.FIRM, L.ASK, L.CUT]
    assert [one.rooms for one in hotel.letters[-1].rooms] == [4, 4], "what stands is told last"


async def test_rooms_that_become_definite_while_more_is_asked_for_are_told_so(hotel: Hotel) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(4))
    await front.work(HAND)
    assert await hotel.say(D.ACCEPTED) == "taken"
    front.desk.confirm("v", "h1")
    front.desk.place("v", h2=rooms(6))
    await front.work(HAND)
    assert await hotel.say(D.REFUSED, reason=HotelReason.FULL) == "taken"
    assert hotel.kinds == [L.ASK, L.ASK, L.FIRM]
    assert [one.rooms for one in hotel.letters[-1].rooms] == [4, 4]


async def test_what_was_asked_for_more_is_given_up_before_an_answer(hotel: Hotel) -> None:
    front = hotel.front
    await firm(hotel, 4)
    front.desk.place("v", h2=rooms(6))
    await front.work(HAND)
    front.desk.release("v", "h2")
    await front.work(HAND)
    assert hotel.kinds[-1] is L.CUT and hotel.letters[-1].edition == 3
    assert await hotel.say(D.ACCEPTED, edition=2) == "stale"


async def test_a_silent_hotel_is_reminded_twice_and_then_it_is_a_no(hotel: Hotel) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(3))
    await front.work(HAND)
    for after_s, wanted in ((890, 1), (20, 2), (500, 2), (100, 3), (200, 3)):
        front.desk.later(after_s)
        await hotel.remind()
        assert len(hotel.letters) == wanted, after_s
    assert hotel.kinds == [L.ASK, L.REMINDER, L.REMINDER]
    assert [one.urgent for one in hotel.letters] == [False, False, True]
    sent = [one.sequence for one in hotel.letters]
    assert sent == sorted(set(sent)), "they grow, and by the clock: a restored store counts on"
    assert sent[0] == int(NOW.timestamp())
    front.desk.later(200)
    assert front.desk.expire()["h1"].state is S.REFUSED
    await front.work(HAND)
    assert hotel.kinds[-1] is L.OFF
    assert await hotel.say(D.ACCEPTED) == "closed"


async def test_who_has_answered_is_not_reminded(hotel: Hotel) -> None:
    hotel.front.desk.place("v", h1=rooms(3))
    await hotel.front.work(HAND)
    await hotel.say(D.ACCEPTED)
    hotel.front.desk.later(1700)
    await hotel.remind()
    assert hotel.kinds == [L.ASK]


async def test_a_link_that_is_not_ours_not_whole_or_too_old_opens_nothing(
    hotel: Hotel, keys: Path
) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(3))
    front.desk.place("w", h9=rooms(2))
    await front.work(HAND)
    good, ours = hotel.token(0), hotel.letters[0].order
    body, signature = good.split(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    told[1] = hotel.letters[1].order
    other = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    later = datetime(2099, 1, 1, tzinfo=UTC)
    forged = [
        "", "x", body, f"{body}.", f"{other}.{signature}", f"{good}A", good[:-2],
        issue([bytes(32)], Grant(HAND, ours, later, 0)),
        issue([bytes(range(32))], Grant("plain", ours, later, 0)),
        issue([bytes(range(32))], Grant(HAND, "rc0", later, 0)),
        issue([bytes(range(32))], Grant(HAND, ours, later, 1)),
    ]  # fmt: skip
    now = front.now()
    for token in forged:
        found = await front.run(lambda work, t=token: hotel.desk.show(work.connection, t, now))
        assert found == HotelPage(found=False), token
        said = AnswerHotelPage(cause="p", actor="h", token=token, edition=1, answer=D.ACCEPTED)
        done = await front.run(lambda work, s=said: hotel.desk.answer(work, s))
        assert (done.outcome, done.page.found) == ("missing", False)
    assert (await hotel.page(good)).order == ours
    await front.work(HAND)
    assert front.told == {}, "nothing was granted"
    front.desk.now = datetime(2027, 8, 18, 15, 59, tzinfo=UTC)
    assert (await hotel.page(good)).found, "until the day of arrival is over there"
    front.desk.later(61)
    assert not (await hotel.page(good)).found


async def test_a_revoked_link_opens_nothing_and_a_new_one_is_sent(hotel: Hotel) -> None:
    front = hotel.front
    front.desk.place("v", h1=rooms(3))
    await front.work(HAND)
    old, ours = hotel.token(), hotel.letters[0].order
    assert CliRunner().invoke(app, ["revoke", ours]).exit_code == 0
    assert not (await hotel.page(old)).found
    assert await hotel.say(D.ACCEPTED, old) == "missing"
    await front.work(HAND)
    assert hotel.kinds == [L.ASK, L.LINK] and hotel.token() != old
    assert await hotel.say(D.ACCEPTED) == "taken"
    assert front.hold("h1").state is S.HELD
    assert CliRunner().invoke(app, ["revoke", "rc0"]).exit_code == 1


async def test_keys_are_replaced_without_breaking_links_that_are_out(
    hotel: Hotel, keys: Path
) -> None:
    hotel.front.desk.place("v", h1=rooms(3))
    await hotel.front.work(HAND)
    old = keys.read_text()
    keys.write_text(base64.b64encode(bytes(32)).decode() + "\n" + old)
    assert (await hotel.page()).found
    keys.write_text(base64.b64encode(bytes(32)).decode() + "\n")
    assert not (await hotel.page()).found


@pytest.mark.parametrize("address", [None, "", "console", "ftp://x", "https://x/?a=b"])
def test_without_an_address_nothing_starts(keys: Path, address: str | None) -> None:
    with pytest.raises(ValueError, match="REDCROWN_CONSOLE_URL"):
        hand_post([], keys, address)
    with pytest.raises(ValueError, match="KEYS"):
        hand_post([], None, CONSOLE)


def test_a_link_says_nothing_in_a_log(keys: Path) -> None:
    said = AnswerHotelPage(cause="p", actor="h", token="secret", edition=1, answer=D.ACCEPTED)
    assert "secret" not in repr(said)
