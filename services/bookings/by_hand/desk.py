"""What the holder of a link sees and says.

Owns: that a link opens one order only, and that a word counts for the version it was said of.
Must not: tell why a link opens nothing; all that do not are alike.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection, update

from services.bookings.by_hand.sheet import word_in
from services.bookings.by_hand.tables import Sheet, read, write
from services.bookings.by_hand.telling import Post
from services.bookings.hotels.model import RoomNight
from services.bookings.hotels.sheets.link import LinkRefused, check, read_keys
from services.bookings.orders.tables import ORDERS, due_now
from shared.chassis.work import Work
from shared.contracts.hotel_desk import (
    AnswerHotelPage,
    DeskState,
    HotelPage,
    HotelPageAnswered,
    HotelReason,
    HotelSheet,
    HotelSheetRead,
    PreviewHotelSheet,
)
from shared.sheets.rooms import RoomsOrder, workbook_of

S = DeskState
NOTHING = HotelPage(found=False)


@dataclass(frozen=True, slots=True)
class HandDesk:
    """All hotels that answer by hand. Without a `post` there are none, and no link opens."""

    post: Post | None = None

    def show(self, connection: Connection, token: str, now: datetime) -> HotelPage:
        """The page of a link."""
        sheet = self.opened(connection, token, now)
        return NOTHING if sheet is None else self._page(connection, sheet, now)

    def sheet(self, connection: Connection, token: str, now: datetime) -> HotelSheet:
        """The order as a workbook, while an answer is wanted or its rooms are definite."""
        opened = self.opened(connection, token, now)
        if opened is None:
            return HotelSheet(found=False)
        content = ""
        if opened.state is S.ASKED or _settled(opened):
            content = b64encode(workbook_of(self._order(connection, opened))).decode()
        return HotelSheet(found=True, order=opened.ours, edition=opened.version, content=content)

    def preview(
        self, connection: Connection, said: PreviewHotelSheet, now: datetime
    ) -> HotelSheetRead:
        """What a workbook says. Changes nothing."""
        opened = self.opened(connection, said.token, now)
        if opened is None or self.post is None:
            return HotelSheetRead(found=False)
        if opened.state is not S.ASKED:
            return HotelSheetRead(found=True, edition=opened.version, closed=True)
        try:
            content = b64decode(said.content, validate=True)
        except ValueError:
            return HotelSheetRead(found=False)
        return word_in(content, self._order(connection, opened))

    def _order(self, connection: Connection, opened: Sheet) -> RoomsOrder:
        """As the letter of this version carries it: see `notifications.orders`."""
        assert self.post is not None
        return RoomsOrder(
            self.post.name(connection, opened.hotel), opened.ours, opened.visit, opened.version,
            self.post.lines(connection, opened), self.post.zone(opened.hotel), opened.answer_by,
            asks=opened.state is S.ASKED,
        )  # fmt: skip

    def answer(self, work: Work, said: AnswerHotelPage) -> HotelPageAnswered:
        """Take a hotel's word. Its order is then due, and its holds are told by the same way as
        those of any other hotel."""
        found = self.opened(work.connection, said.token, work.now)
        sheet = found and read(work.connection, found.ours, lock=True)
        if sheet is None:
            return HotelPageAnswered(outcome="missing", page=NOTHING)
        outcome = judge(sheet, said)
        if outcome == "taken" and sheet.state is not said.answer:
            sheet = answered(sheet, said, work.now)
            write(work, sheet)
            mine = (ORDERS.c.ours == sheet.ours, ORDERS.c.ended.is_(False))
            work.connection.execute(update(ORDERS).where(*mine).values(**due_now(work.now)))
        return HotelPageAnswered(outcome=outcome, page=self._page(work.connection, sheet, work.now))

    def opened(self, connection: Connection, token: str, now: datetime) -> Sheet | None:
        """The order that a link opens; None for every link that opens none."""
        if self.post is None:
            return None
        found: list[Sheet] = []

        def generation_of(hotel: str, order: str) -> int | None:
            sheet = read(connection, order)
            if sheet is None or sheet.hotel != hotel:
                return None
            found.append(sheet)
            return sheet.generation

        try:
            check(read_keys(self.post.keys), token, now, generation_of)
        except LinkRefused:
            return None
        return found[0]

    def _page(self, connection: Connection, sheet: Sheet, now: datetime) -> HotelPage:
        assert self.post is not None
        # What was agreed to stays on the page; a date that is over is not asked for anew.
        agreed = sheet.state is S.ACCEPTED
        return HotelPage(
            found=True, order=sheet.ours, hotel=self.post.name(connection, sheet.hotel),
            visit=sheet.visit, edition=sheet.version, state=sheet.state, firm=sheet.firm,
            rooms=self.post.lines(connection, sheet), answer_by=sheet.answer_by,
            answered_at=sheet.answered_at, reason=sheet.reason,
            zone=self.post.zone(sheet.hotel),
            names_by=sheet.cut_off if agreed else self.post.names_by(sheet, now),
        )  # fmt: skip


def _settled(sheet: Sheet) -> bool:
    """Whether all that is wanted is agreed to, and definitely taken."""
    return sheet.state is S.ACCEPTED and sheet.firm


def judge(sheet: Sheet, said: AnswerHotelPage) -> str:
    """What an answer comes to: see `HotelPageAnswered`."""
    if said.edition != sheet.version:
        return "stale"
    if said.answer is S.REFUSED and (said.reason is None or not _fits(sheet, said)):
        return "invalid"
    if said.answer is sheet.state:
        return "taken"  # Said before: the same again is the same.
    moves = {(S.ASKED, S.ACCEPTED), (S.ASKED, S.REFUSED), (S.ACCEPTED, S.WITHDRAWN)}
    if said.answer not in (S.ACCEPTED, S.REFUSED, S.WITHDRAWN):
        return "invalid"
    return "taken" if (sheet.state, said.answer) in moves else "closed"


def _fits(sheet: Sheet, said: AnswerHotelPage) -> bool:
    """Whether what the hotel could give is of this order, and less than was asked for."""
    if not said.left:
        return True
    wanted = {(one.night, one.kind): one.rooms for one in sheet.rooms}
    left = {(one.night, one.kind): one.rooms for one in said.left}
    known = len(left) == len(said.left) and left.keys() <= wanted.keys()
    less = any(rooms < wanted.get(key, 0) for key, rooms in left.items())
    return known and less and said.reason is HotelReason.FULL


def answered(sheet: Sheet, said: AnswerHotelPage, now: datetime) -> Sheet:
    """The order with the hotel's word."""
    left = tuple(RoomNight(one.night, one.kind, one.rooms) for one in said.left)
    changed = replace(
        sheet, state=said.answer, answered_at=now, remind_at=None,
        reason=said.reason if said.answer is S.REFUSED else None, rooms_left=left,
    )  # fmt: skip
    if said.answer is S.ACCEPTED:
        return replace(changed, agreed=sheet.rooms, answer_by=None)
    return changed
