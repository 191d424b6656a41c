"""The way by letter and signed link: people who read letters, open pages and answer there.

What was agreed to is in their diary, from letters and their own words alone; the page has to show
the same.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from services.bookings.by_hand.desk import HandDesk
from services.bookings.by_hand.service import hand_post
from services.bookings.hotels.links import HandLink
from shared.contracts.hotel_desk import (
    AnswerHotelPage,
    DeskState,
    HotelAsked,
    HotelLetter,
    HotelPage,
    HotelReason,
    RoomsLeft,
)
from tests.hotels.front import Front
from tests.hotels.ways.agreeing import Rooms
from tests.hotels.ways.way import HOUSE, Way

D, L = DeskState, HotelLetter
AGREED = (D.ACCEPTED, D.ASKED, D.REFUSED)


class ByHand(Way):
    """A hotel whose staff answer behind a link."""

    name, hotel = "by hand", "garden-hotel"
    cannot: ClassVar = {
        "test_the_hotel_cuts_a_night": "a word there is about a whole order",
    }

    def __init__(self, url: str, folder: Path) -> None:
        super().__init__(url, folder)
        keys = folder / "links.key"
        keys.write_text(base64.b64encode(bytes(range(32))).decode() + "\n")
        link = HandLink(hotel=self.hotel, system="by_hand", zone="Asia/Shanghai")
        post = hand_post([link], keys, "https://console.example.org/")
        self.front, self.desk = Front(url, link, post=post), HandDesk(post)
        self.read, self.others, self.lost = 0, 0, ""
        self.under_way: tuple[HotelAsked, int, dict[str, Any]] | None = None
        """An answer that arrives once it was given again."""
        self.diary: dict[str, Rooms] = {}
        self.firm_ones: set[str] = set()

    def leave(self, rooms: int) -> None:
        self.others = HOUSE - self._ours() - rooms

    def _ours(self) -> int:
        total: Rooms = sum(self.diary.values(), Counter())
        return max(total.values(), default=0)

    def _orders(self) -> dict[str, HotelAsked]:
        """The last letter of each order."""
        return {one.order: one for one in self.front.letters}

    async def page(self, letter: HotelAsked) -> HotelPage:
        token, now = letter.link.rsplit("/", 1)[1], self.front.now()
        return await self.front.run(lambda work: self.desk.show(work.connection, token, now))

    async def answer(self, letter: HotelAsked, edition: int, **said: Any) -> str:
        token = letter.link.rsplit("/", 1)[1]
        word = AnswerHotelPage(cause="page", actor="hotel", token=token, edition=edition, **said)
        done = await self.front.run(lambda work: self.desk.answer(work, word))
        return done.outcome

    async def hears(self) -> bool:
        letters, self.read = self.front.letters[self.read :], len(self.front.letters)
        for one in letters:
            if one.letter is L.CUT:
                self.diary[one.order] = rooms_of(one)
            elif one.letter is L.FIRM:
                self.firm_ones.add(one.order)
            elif one.letter is L.OFF:
                self.diary.pop(one.order, None)
        asked = [one for one in self._orders().values() if await self._waits(one)]
        if asked and not self.silent:
            await self.says()
        return bool(letters) or (bool(asked) and not self.silent)

    async def _waits(self, letter: HotelAsked) -> bool:
        page = await self.page(letter)
        if page.state is D.ACCEPTED and letter.order not in self.diary:
            # What was said was taken; only its answer never came back.
            self.diary[letter.order] = rooms_of(page)
        return page.state is D.ASKED

    async def says(self) -> None:
        for letter in self._orders().values():
            page = await self.page(letter)
            if page.state is D.ASKED:
                await self._say(letter, page)

    async def _say(self, letter: HotelAsked, page: HotelPage) -> None:
        wanted, has = rooms_of(page), self.diary.get(letter.order, Counter())
        free = HOUSE - self.others - self._ours()
        short = [key for key, rooms in wanted.items() if rooms - has[key] > free]
        if self.declining:
            said: dict[str, Any] = {"answer": D.REFUSED, "reason": HotelReason.TERMS}
        elif short:
            left = [RoomsLeft(night=day, kind=kind, rooms=free + has[day, kind])
                    for day, kind in short]  # fmt: skip
            said = {"answer": D.REFUSED, "reason": HotelReason.FULL, "left": left}
        else:
            said = {"answer": D.ACCEPTED}
        lost, self.lost = self.lost, ""
        if lost == "request":
            return  # It never came here: the page still asks.
        if lost == "late":
            self.under_way = (letter, page.edition, said)
            return
        assert await self.answer(letter, page.edition, **said) == "taken"
        if said["answer"] is D.ACCEPTED and not lost:
            self.diary[letter.order] = wanted
        if self.under_way is not None:
            late, edition, word = self.under_way
            assert await self.answer(late, edition, **word) == "taken"
            self.under_way = None

    async def receives(self) -> None:
        """Somebody opens the link, and takes the sheet along."""
        now = self.front.now()
        for letter in self._orders().values():
            token = letter.link.rsplit("/", 1)[1]
            assert (await self.page(letter)).state is D.ASKED
            sheet = await self.front.run(
                lambda work, t=token: self.desk.sheet(work.connection, t, now)
            )
            assert sheet.found

    async def says_again(self) -> None:
        for letter in self._orders().values():
            page = await self.page(letter)
            assert await self.answer(letter, page.edition, answer=page.state) == "taken"
            no = {"answer": D.REFUSED, "reason": HotelReason.FULL}
            assert await self.answer(letter, page.edition, **no) == "closed"
            assert await self.page(letter) == page

    async def says_of_older(self, change: Callable[[], None]) -> None:
        await self.work()
        (letter,) = self._orders().values()
        change()
        await self.work()
        said = await self.answer(letter, letter.edition, answer=D.ACCEPTED)
        assert said in ("stale", "closed")
        await self.work()

    async def takes_back(self) -> None:
        for letter in self._orders().values():
            page = await self.page(letter)
            assert await self.answer(letter, page.edition, answer=D.WITHDRAWN) == "taken"
            del self.diary[letter.order]
            assert await self.answer(letter, page.edition, answer=D.ACCEPTED) == "closed"

    async def shown(self) -> dict[str, Rooms]:
        found = {}
        for ours, letter in self._orders().items():
            page = await self.page(letter)
            if page.state in AGREED and (rooms := agreed_on(page)):
                found[ours] = rooms
        assert found == self.diary
        return found

    async def definite(self) -> set[str]:
        pages = {ours: await self.page(one) for ours, one in self._orders().items()}
        firm = {ours for ours, page in pages.items() if page.firm and ours in self.diary}
        assert firm == self.firm_ones & self.diary.keys()
        return firm

    def twice(self) -> list[str]:
        asked = [one for one in self.front.letters if one.letter is L.ASK]
        told = Counter((one.order, one.edition) for one in asked)
        return [ours for (ours, _edition), letters in told.items() if letters > 1]


def rooms_of(told: HotelAsked | HotelPage) -> Rooms:
    """Rooms that a letter or a page asks for."""
    return +Counter({(one.night, one.kind): one.rooms for one in told.rooms})


def agreed_on(page: HotelPage) -> Rooms:
    """Rooms that a page calls agreed to."""
    if page.state is D.ACCEPTED:
        return rooms_of(page)
    return +Counter({(one.night, one.kind): one.before or 0 for one in page.rooms})
