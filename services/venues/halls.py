"""Deciding a hall need: the wished hall, else the standing one, else the smallest that fits.

Owns: which hall is chosen, and what a hall need may look at.
Must not: word a refusal; `hall_refusals` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from services.venues.documents import Hall, Place
from services.venues.inventory import Venues, kilometres
from services.venues.routes import Transfer, Trip
from services.venues.times import LOOK_QUARTERS, iso, span_text
from services.venues.wishes import heads_of, trip_of, way_text
from shared.contracts.holds import NeedRequest
from shared.contracts.needs import HallNeed, Setup
from shared.contracts.values import Money, Text, Window
from shared.holds.port import Allotment, Claim, Free, Reach, quarter_starts, quarters
from shared.holds.times import time_problem

STYLES = {
    Setup.THEATRE: Text(zh="剧院式", en="theatre"),
    Setup.CLASSROOM: Text(zh="课桌式", en="classroom"),
    Setup.BANQUET: Text(zh="宴会式", en="banquet"),
    Setup.U_SHAPE: Text(zh="U形", en="U-shape"),
    Setup.RECEPTION: Text(zh="酒会式", en="reception"),
}
MAX_TIMED = 2
"""Another time is looked for in so many halls."""


@dataclass(frozen=True, slots=True)
class HallWish:
    """A hall need read against the inventory."""

    request: NeedRequest
    need: HallNeed
    heads: int
    wished: Hall | None
    trip: Trip
    venues: Venues

    @property
    def only(self) -> bool:
        """Whether no other hall than the wished one will do."""
        return self.wished is not None and self.need.hall_only

    def takes(self, hall: Hall) -> int:
        """How many people the hall takes in the wished style; 0 when it does not offer it."""
        return hall.capacity.get(self.need.setup, 0)

    def fits(self, hall: Hall) -> bool:
        """Whether the party fits in, whenever it is."""
        return self.takes(hall) >= self.heads

    def fitting(self, standing: Hall | None = None) -> list[Hall]:
        """Every hall that is big enough, in order of preference.

        The wished one; the standing one, so that as little as possible moves; those of the same
        place as either (else as where the party comes from); the smallest; the nearest.
        """
        first = [hall for hall in (self.wished, standing) if hall is not None]
        anchor = self.venues.places[first[0].place] if first else self.trip.origin
        large = filter(self.fits, self.venues.halls.values())
        halls = sorted(large, key=lambda hall: self._rank(hall, anchor))
        ids = dict.fromkeys(hall.id for hall in (*filter(self.fits, first), *halls))
        return [self.venues.halls[name] for name in ids]

    def largest(self) -> Hall | None:
        """The hall that takes most in the wished style; None when no hall offers it."""
        offering = [hall for hall in self.venues.halls.values() if self.takes(hall)]
        return max(offering, key=lambda hall: (self.takes(hall), hall.id), default=None)

    def timed(self, fitting: Sequence[Hall]) -> list[Hall]:
        """The few halls in which another time is looked for, of those that fit."""
        if self.only and self.wished is not None and self.fits(self.wished):
            return [self.wished]
        return [*fitting[:MAX_TIMED]] or [hall for hall in (self.largest(),) if hall]

    def _rank(self, hall: Hall, anchor: Place | None) -> tuple[bool, int, float, str]:
        if anchor is None:
            return False, self.takes(hall), 0.0, hall.id
        away = kilometres(anchor, self.venues.places[hall.place])
        return hall.place != anchor.id, self.takes(hall), away, hall.id


def read_wish(request: NeedRequest, venues: Venues) -> HallWish:
    """The wish of a hall request. Raises ValidationError on wishes that are none of a hall."""
    need = HallNeed.model_validate(request.details)
    wished = venues.halls.get(need.hall) if need.hall else None
    heads = heads_of(request, need.attendance)
    return HallWish(request, need, heads, wished, trip_of(need, venues), venues)


def span_of(hall: Hall, window: Window) -> tuple[int, int]:
    """The quarter hours that a hall is taken for: set-up before, teardown after."""
    return quarters(window, hall.setup_minutes * 60, hall.teardown_minutes * 60)


def hall_free(hall: Hall, window: Window, free: Free, venues: Venues) -> bool:
    """Whether all cells of the hall are free, set-up and teardown included."""
    start, stop = span_of(hall, window)
    return all(free.least(leaf, start, stop) >= 1 for leaf in venues.leaves[hall.id])


def hall_reach(request: NeedRequest, venues: Venues) -> Reach:
    """One range per indivisible hall that belongs to a hall that fits: its time with the buffers.

    One day more on each side for the at most two halls in which another time is looked for.
    """
    wish = read_wish(request, venues)
    if time_problem(request.window) is not None:
        return Reach(())
    fitting = wish.fitting()
    timed = {hall.id: hall for hall in wish.timed(fitting)}
    ranges: dict[str, tuple[int, int]] = {}
    for hall in ({hall.id: hall for hall in fitting} | timed).values():
        more = LOOK_QUARTERS if hall.id in timed else 0
        start, stop = span_of(hall, request.window)
        for leaf in venues.leaves[hall.id]:
            low, high = ranges.get(leaf, (start, stop))
            ranges[leaf] = min(low, start - more), max(high, stop + more)
    return Reach(tuple((leaf, *span) for leaf, span in sorted(ranges.items())))


def choose(wish: HallWish, standing: Hall | None, transfer: Transfer, free: Free) -> Hall | None:
    """The best hall that is big enough, near enough and free; None when there is none."""
    for hall in wish.fitting(standing):
        if wish.only and hall is not wish.wished:
            continue
        if transfer.allows(hall.place) and hall_free(hall, wish.request.window, free, wish.venues):
            return hall
    return None


def allot(wish: HallWish, hall: Hall, transfer: Transfer) -> Allotment:
    """The claims on a chosen hall, what they mean and what they cost."""
    window, zone = wish.request.window, wish.request.zone
    start, stop = span_of(hall, window)
    begins, ends = quarter_starts(start), quarter_starts(stop)
    event = span_text(window.starts_at, window.ends_at, zone)
    taken = span_text(begins, ends, zone)
    style, way = STYLES[wish.need.setup], way_text(transfer, hall.place)
    summary = Text(
        zh=f"{hall.name.zh}，{style.zh}，{wish.heads}人，{event}（含布置撤场 {taken}）{way[0]}",
        en=f"{hall.name.en}, {style.en} style, {wish.heads} people, {event}"
        f" (with set-up and teardown {taken}){way[1]}",
    )
    allotted = {
        "unit": hall.id,
        "place": hall.place,
        "setup": wish.need.setup.value,
        "attendance": wish.heads,
        "from": iso(begins),
        "to": iso(ends),
    }
    claims = tuple(Claim(leaf, start, stop, 1) for leaf in wish.venues.leaves[hall.id])
    return Allotment(claims, summary, allotted, hall_cost(hall, window))


def hall_cost(hall: Hall, window: Window) -> Money:
    """The price of each started hour of the event itself."""
    seconds = (window.ends_at - window.starts_at).total_seconds()
    return Money(amount=int(-(-seconds // 3600)) * hall.price_per_hour)
