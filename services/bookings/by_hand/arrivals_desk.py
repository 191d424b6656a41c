"""What the holder of a link says of the guests of its order, and what comes of it.

Owns: that one order's words are taken one after another, each with its record.
Must not: know or ask what a guest is called (ADR 29); tell why a link opens nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from services.bookings.by_hand.arrivals import Today, Told, Verdict, judge, shown, today_of
from services.bookings.by_hand.arrivals_tables import keep, told_of
from services.bookings.by_hand.staying import GuestDesk, stay_of
from services.bookings.by_hand.tables import Sheet, read
from shared.chassis.work import Work
from shared.contracts.hotel_arrivals import (
    Arrivals,
    ArrivalsSaid,
    LineOutcome,
    LineTold,
    ReadArrivals,
    SayArrivals,
)
from shared.contracts.hotel_guests import HotelStay

NOBODY = ArrivalsSaid(found=False)


@dataclass(frozen=True, slots=True)
class ArrivalDesk:
    """All definite orders of hotels that answer by hand."""

    desk: GuestDesk

    def show(self, connection: Connection, said: ReadArrivals, now: datetime) -> Arrivals:
        """How the guests of an order stand."""
        opened = self._opened(connection, said.token, now)
        if opened is None:
            return Arrivals(found=False)
        sheet, stay, today = opened
        known = told_of(connection, [sheet.ours])[sheet.ours]
        some = [known.get(one, Told(one)) for one in said.guests]
        return Arrivals(found=True, guests=tuple(shown(one, today, stay.arrival) for one in some))

    def preview(self, connection: Connection, said: SayArrivals, now: datetime) -> ArrivalsSaid:
        """What lines would come to. Changes nothing."""
        opened = self._opened(connection, said.token, now)
        if opened is None:
            return NOBODY
        sheet, stay, today = opened
        return _told(self._judged(connection, sheet, stay, said, today), stay, today)

    def say(self, work: Work, said: SayArrivals) -> ArrivalsSaid:
        """Take a hotel's word on its guests, line by line."""
        opened = self._opened(work.connection, said.token, work.now, lock=True)
        if opened is None:
            return NOBODY
        sheet, stay, today = opened
        verdicts = self._judged(work.connection, sheet, stay, said, today)
        keep(work, sheet, [one.now for one in verdicts if one.outcome is LineOutcome.TAKEN])
        return _told(verdicts, stay, today)

    def _judged(
        self, connection: Connection, sheet: Sheet, stay: HotelStay, said: SayArrivals, today: Today
    ) -> list[Verdict]:
        known = told_of(connection, [sheet.ours])[sheet.ours]
        return judge(said.lines, known, said.listed, today, stay.arrival)

    def _opened(
        self, connection: Connection, token: str, now: datetime, lock: bool = False
    ) -> tuple[Sheet, HotelStay, Today] | None:
        """The order, what it is for, and the hotel's day; None while its rooms are not definite."""
        opened, post = self.desk.desk.opened(connection, token, now), self.desk.desk.post
        if lock and opened is not None:
            # Two of the hotel's staff at once: the second waits, and is judged by what it finds.
            generation = opened.generation
            opened = read(connection, opened.ours, lock=True)
            opened = opened if opened and opened.generation == generation else None
        if opened is None or post is None:
            return None
        stay = stay_of(connection, opened, post)
        local = now.astimezone(ZoneInfo(post.zone(opened.hotel)))
        return None if stay is None else (opened, stay, today_of(local))


def _told(verdicts: list[Verdict], stay: HotelStay, today: Today) -> ArrivalsSaid:
    lines = tuple(
        LineTold(
            guest=one.now.guest, outcome=one.outcome, now=shown(one.now, today, stay.arrival),
            before=shown(one.before, today, stay.arrival),
        )
        for one in verdicts
    )  # fmt: skip
    return ArrivalsSaid(found=True, lines=lines)
