"""What the kernel must come to, in plain Python: no store, no cells, only holds and a rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from shared.contracts.holds import LIVE, HoldState, NeedRequest
from tests.conformance.desk import Cell, add_up

S = HoldState
ASK_FROM = 3


@dataclass
class Known:
    """A hold as it must be."""

    visit: str
    need: str | None
    state: HoldState
    revision: int = 1
    lot: str = ""
    quantity: int = 0
    slots: tuple[int, int] = (0, 0)
    expires_at: datetime | None = None
    answer_by: datetime | None = None
    since: datetime | None = None


@dataclass
class Oracle:
    """The parking service of `tests.conformance.parking`, without a store."""

    places: dict[str, int]
    holds: dict[str, Known] = field(default_factory=dict)

    def cells(self, without: tuple[str, str] | None = None) -> dict[Cell, int]:
        """What is taken, the live holds of one need left out."""
        return add_up(
            [
                (h.visit, h.need, name, h.lot, *h.slots, h.quantity)
                for name, h in self.holds.items()
                if h.state in LIVE and (h.visit, h.need) != without
            ]
        )

    def place(
        self, visit: str, hold: str, request: NeedRequest, now: datetime, lives: tuple[int, int]
    ) -> None:
        if hold in self.holds:
            self.pass_time(self.holds[hold], now)
            return
        known = Known(visit, request.need, S.REFUSED, since=now)
        quantity, wished = request.details["quantity"], request.details.get("unit")
        first = int(request.window.starts_at.timestamp()) // 900
        last = -int(-request.window.ends_at.timestamp() // 900)
        others = self.cells(without=(visit, request.need))
        for lot in [wished] if wished else sorted(self.places):
            free = self.places[lot] - max(others.get((lot, slot), 0) for slot in range(first, last))
            if free >= quantity:
                asks = lot == "asked" and quantity >= ASK_FROM
                known.state = S.PENDING if asks else S.HELD
                known.lot, known.quantity, known.slots = lot, quantity, (first, last)
                known.expires_at = now + timedelta(seconds=lives[0])
                known.answer_by = now + timedelta(seconds=lives[1]) if asks else None
                break
        self.holds[hold] = known

    def confirm(self, visit: str, hold: str, now: datetime) -> None:
        self._move(visit, hold, now, {S.HELD: S.CONFIRMED})

    def release(self, visit: str, hold: str, now: datetime) -> None:
        self._move(visit, hold, now, dict.fromkeys(LIVE, S.RELEASED))

    def consent(self, hold: str, granted: bool, now: datetime) -> None:
        if hold in self.holds:
            self._move("", hold, now, {S.PENDING: S.HELD if granted else S.REFUSED})

    def hear(self, hold: str, yes: bool, now: datetime) -> None:
        """The owner of the capacity outside says so by itself."""
        if hold in self.holds:
            no = dict.fromkeys(LIVE, S.REFUSED)
            self._move("", hold, now, {S.PENDING: S.HELD} if yes else no)

    def cut(self, lot: str, places: int, now: datetime) -> None:
        """A lot has so many places from now on: who does not fit beside those before goes."""
        less, self.places[lot] = places < self.places[lot], places
        live = {n: h for n, h in self.holds.items() if h.state in LIVE and h.lot == lot}
        kept: list[tuple[object, ...]] = []
        for name in sorted(
            live, key=lambda n: (live[n].state is not S.CONFIRMED, live[n].since, n)
        ):
            h = live[name]
            row = (h.visit, h.need, name, h.lot, *h.slots, h.quantity)
            if less and max(add_up([*kept, row]).values()) > places:
                self.hear(name, False, now)
            else:
                kept.append(row)

    def expire(self, now: datetime) -> None:
        for known in self.holds.values():
            self.pass_time(known, now)

    def pass_time(self, known: Known, now: datetime) -> None:
        if known.state is S.PENDING and known.answer_by is not None and known.answer_by <= now:
            self._become(known, S.REFUSED, now)
        over = known.expires_at is not None and known.expires_at <= now
        if over and known.state in (S.PENDING, S.HELD):
            self._become(known, S.EXPIRED, now)

    def _move(
        self, visit: str, hold: str, now: datetime, table: dict[HoldState, HoldState]
    ) -> None:
        known = self.holds.setdefault(hold, Known(visit, None, S.RELEASED))
        self.pass_time(known, now)
        self._become(known, table.get(known.state, known.state), now)

    @staticmethod
    def _become(known: Known, state: HoldState, now: datetime) -> None:
        if known.state is not state:
            known.state, known.revision, known.since = state, known.revision + 1, now
