"""Bookings with linked hotels in a simulated process: the real orders, workers, book and kernel.

Must not: choose what a hotel does (`hotel_acts`) or judge what came of it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from sqlalchemy import bindparam, select

from services.bookings.by_hand.reminding import Reminding
from services.bookings.hotels.links import AlpineLink, HotelLink
from services.bookings.orders.acting import Acting
from services.bookings.orders.deciding import covers
from services.bookings.orders.tables import ASKS, rooms_of
from services.bookings.orders.wiring import Orders
from shared.chassis.work import Work
from shared.contracts.holds import AnswerConsent, ConfirmHolds, PlaceHolds, ReleaseHolds
from shared.contracts.hotels import ActOnHotel
from shared.holds.hearing import Word
from tests.simulation.callers import Caller
from tests.simulation.hotel_cuts import DAYS, ZONE, watched
from tests.simulation.hotel_keys import post
from tests.simulation.hotel_switches import paused_until
from tests.simulation.hotels import ROOMS, Hotel

if TYPE_CHECKING:
    from tests.simulation.process import Process


_BEHIND = select(ASKS.c.hotel, ASKS.c.ours, ASKS.c.rooms).where(ASKS.c.hold == bindparam("hold"))


class Front:
    """The orders of one life of bookings."""

    def __init__(
        self,
        process: Process,
        hotels: Mapping[str, Hotel | Caller],
        told: Callable[[str], None],
    ) -> None:
        """`told` is given what is seen to be wrong on the way."""
        assert process.part.kernel is not None
        self._hotels, self._told = hotels, told
        self._process, self.busy = process, set[str]()
        """Hotels whose worker is at it."""
        self._rested: dict[str, tuple[datetime, tuple[int, int]]] = {}
        """Until when a link was paused when its worker looked in vain, and at what."""
        linked = {name: one for name, one in hotels.items() if isinstance(one, Hotel)}
        links = [_link(name) if name in linked else call_link(name) for name in hotels]
        with patch("services.bookings.orders.wiring.opened", lambda *_: dict(linked)):
            letters = post(process.part.kernel._stock)
            self.orders = Orders(links, letters)
        lodgers = [one.lodgers for one in hotels.values() if isinstance(one, Caller)]
        self.orders.staff(process.writer.run, process, lodgers[0] if lodgers else None)
        for name, worker in self.orders.workers.items():
            worker.close = replace(worker.close, hear=self._hear)
            if name in linked:
                worker.run = watched(worker.run, linked[name], told)
        kernel, part = self.orders.kernel, process.part
        assert part.kernel is not None
        # The city is the same with and without links.
        kernel._stock = self.orders._stock = part.kernel._stock
        part.kernel = kernel
        acting = Acting(self.orders.links, self.orders.hands, letters=True)
        part.handlers |= {
            PlaceHolds: kernel.place, ConfirmHolds: kernel.confirm, ReleaseHolds: kernel.release,
            AnswerConsent: kernel.answer_consent, ActOnHotel: acting.act,
        }  # fmt: skip
        part.jobs |= {
            "expire": kernel.expire, "refresh": self.orders.refresh,
            "hand": Reminding(letters).remind,
        }  # fmt: skip
        part.job_queries["hand"] = "SELECT min(remind_at) FROM bookings_hand_orders"

    def _hear(self, work: Work, words: Sequence[Word]) -> None:
        """The kernel hears of a hotel's yes only what that hotel has shown."""
        for word in words:
            if word.refusal is None:
                for hotel, ours, rooms in work.connection.execute(_BEHIND, {"hold": word.hold}):
                    shown = self._hotels[hotel].shown.get(ours, ())
                    if not any(covers(view, rooms_of(rooms)) for view in shown):
                        self._told(f"{word.hold} was granted, and {hotel} never showed it")
        self.orders.kernel.hear(work, words)

    def ring(self) -> None:
        """Have every hotel's worker look, where some order is due; once for what is written, where
        a link is paused."""
        for name in self.orders.workers:
            if name not in self.busy and self.due(name):
                rests = paused_until(self._process).get(name)
                if rests is not None:
                    looked = rests, self._process.store.stamp
                    if self._rested.get(name) == looked:
                        continue
                    self._rested[name] = looked
                self._spawn(name, self._rounds(name))
        for name in self.orders.lists:
            if f"names {name}" not in self.busy and self._list_due(name):
                self._spawn(f"names {name}", self._names(name))

    def lists_due(self) -> list[tuple[str, datetime]]:
        """When lists of guests may be taken up, by hotel."""
        rows = self._process.store.ask(
            "SELECT hotel, due_at, coalesce(leased_until, due_at)"
            " FROM bookings_hotel_lists WHERE due_at IS NOT NULL"
        )
        moments = [
            (name, datetime.fromisoformat(max(due, free)).replace(tzinfo=UTC))
            for name, due, free in rows
        ]
        rests = {name: worker.rests_until for name, worker in self.orders.lists.items()}
        return [(name, max(at, rests[name] or at)) for name, at in moments]

    def _list_due(self, hotel: str) -> bool:
        now = self._process.now()
        return any(name == hotel and at <= now for name, at in self.lists_due())

    async def _names(self, name: str) -> None:
        try:
            await self.orders.lists[name].round()
        finally:
            self.busy.discard(f"names {name}")

    def due(self, hotel: str) -> bool:
        """Whether some order is due now, and nobody has it."""
        now = self._process.now().replace(tzinfo=None).isoformat(" ", "microseconds")
        return bool(
            self._process.store.ask(
                "SELECT 1 FROM bookings_hotel_orders WHERE hotel = ? AND due_at <= ?"
                " AND (leased_until IS NULL OR leased_until <= ?) LIMIT 1",
                hotel, now, now,
            )
        )  # fmt: skip

    def sweep(self) -> None:
        """Compare what we hold with what each hotel shows."""
        for worker in self.orders.workers.values():
            self._process.spawn(worker.sweep())

    def _spawn(self, name: str, rounds: Any) -> None:
        self.busy.add(name)
        self._process.spawn(rounds)

    async def _rounds(self, name: str) -> None:
        rests, calls = paused_until(self._process).get(name), self._hotels[name].calls
        try:
            await self.orders.workers[name].round()
        finally:
            self.busy.discard(name)
        called = self._hotels[name].calls > calls
        if called and rests is not None and paused_until(self._process).get(name) == rests:
            self._told(f"{name} was called while its link was paused")


def call_link(name: str) -> AlpineLink:
    """The link of a hotel whose system calls us."""
    return AlpineLink(hotel=name, system="alpinebits", zone=ZONE, their_hotel=name,
                      room_types={kind: kind for kind in ROOMS[name]})  # fmt: skip


def _link(name: str) -> HotelLink:
    return HotelLink.model_validate(
        {
            "hotel": name, "system": "haip", "gateway": name, "url": "http://127.0.0.1:9",
            "their_hotel": name, "zone": ZONE, "cut_off_days": DAYS,
            "codes": {"room_types": {kind: kind for kind in ROOMS[name]}, "rates": {"agreed": "A"}},
        }
    )  # fmt: skip
