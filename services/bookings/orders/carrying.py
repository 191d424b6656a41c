"""Carrying out one order at its hotel: settle what is open, then step by step to what is wanted.

Owns: the order of steps, and what an error of the hotel means for the order.
Must not: touch the store; `finishing` writes what came of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from services.bookings.hotels.block_desk import BlockDesk, contracts
from services.bookings.hotels.errors import HotelError, NotFound, OutcomeUnknown
from services.bookings.hotels.journal import Intent
from services.bookings.hotels.merging import newer
from services.bookings.hotels.model import BlockOrder, BlockView, Ref, RoomNight
from services.bookings.hotels.states import BlockState, Settled
from services.bookings.hotels.terms import Terms
from services.bookings.orders.deciding import Step, gone, is_open, next_step, passes, to_ask
from services.bookings.orders.limits import HOTEL_STEPS
from services.bookings.orders.tables import Order


@dataclass(frozen=True, slots=True)
class Result:
    """What came of carrying out an order."""

    standing: BlockView | None
    step: Step
    """The last one that was tried, or where it rests."""
    error: HotelError | None = None

    @property
    def unknown(self) -> bool:
        """A write may have happened; only reading tells."""
        return isinstance(self.error, OutcomeUnknown)

    @property
    def later(self) -> bool:
        """Nothing was decided: it is tried again."""
        return self.error is not None and (self.unknown or passes(self.error))


@dataclass(frozen=True, slots=True)
class Carrier:
    """Carries out the orders of one hotel, with `rate` as our name of what they are booked at."""

    desk: BlockDesk
    rate: str
    terms: Terms

    async def carry_out(self, order: Order) -> Result:
        """As far as it goes now. Raises nothing of the hotel's."""
        standing, step = order.standing, Step.REST
        try:
            if order.intent is not None:
                standing = await self._settled(order, *order.intent)
            elif order.look and not order.fresh:
                standing = await self._as_it_is(order)
            for _step in range(HOTEL_STEPS):
                step = next_step(order.asks, standing)
                if step is Step.END and standing is None and not order.fresh:
                    # Who ordered it may have died, or given up, before noting that it was taken.
                    step = Step.CANCEL
                    standing = await self._as_it_is(order)
                    step = next_step(order.asks, standing)
                if step is Step.LOST and order.standing is None:
                    step = Step.RENEW
                if step is Step.HOLD and not order.fresh and await self._left_closed(order):
                    step = Step.RENEW
                if step in (Step.REST, Step.END, Step.LOST, Step.RENEW):
                    return Result(standing, step)
                standing = await self._take(step, order, standing)
        except HotelError as error:
            result = Result(standing, step, error)
            return result if result.later else await self._looked(order, result)
        return Result(standing, step)

    async def _looked(self, order: Order, refused: Result) -> Result:
        """A "no" because the hotel has closed the block by itself is another fact."""
        try:
            view = await self._as_it_is(order, refused.standing)
        except HotelError:
            return refused
        if view is None or refused.standing is None:
            return refused
        if not is_open(view):
            return Result(view, Step.LOST if order.asks else Step.END)
        return Result(view, refused.step, refused.error)

    async def _take(self, step: Step, order: Order, standing: BlockView | None) -> BlockView | None:
        theirs = standing.ref.theirs if standing else None
        ref = Ref(order.ours, theirs, order.first_night)
        if step is Step.HOLD:
            rooms = to_ask(order.asks, None)
            today = self.terms.today(self.desk.office.clock.now())
            cut_off = self.terms.cut_off(order.first_night, today)
            block = BlockOrder(order.ours, order.visit, self.rate, rooms, cut_off)
            return await self.desk.hold(block)
        if step is Step.RESIZE and standing is not None:
            return await self.desk.resize(ref, changed(order, standing))
        if step is Step.CONFIRM:
            return await self.desk.confirm(ref)
        try:
            return await self.desk.cancel(ref, "nobody wants it any more")
        except HotelError as error:
            if gone(step, error):
                return None
            raise

    async def _settled(
        self, order: Order, intent: Intent, lost_at: datetime, lost: bool
    ) -> BlockView | None:
        """What became of a write whose outcome is open. Raises OutcomeUnknown while it may still
        arrive."""
        office = self.desk.office
        now = office.clock.now()
        if not lost:
            # Whoever wrote it died before the answer: the call may have left a moment ago.
            await office.journal.outcome(intent, "unknown", now)
        since = lost_at if lost else now
        as_asked = wish(intent.operation, order)

        async def read() -> BlockView:
            view = await office.port.read_block(order.ref)
            if not newer(order.standing, view):
                raise OutcomeUnknown("what it shows is older than what was read before the write")
            if not as_asked(view):
                raise NotFound("not as it was asked")
            return view

        settled, view = await office.settle(since, read)
        if settled is Settled.TOO_EARLY:
            raise OutcomeUnknown("not settled yet")
        if settled is Settled.NEVER_HAPPENED:
            view = await self._as_it_is(order)
        await office.journal.outcome(intent, settled, office.clock.now())
        return view

    async def _left_closed(self, order: Order) -> bool:
        """Whether an earlier try was cancelled half-way; a closed block is never opened again."""
        left = await self._as_it_is(order)
        return left is not None and not is_open(left)

    async def _as_it_is(self, order: Order, held: BlockView | None = None) -> BlockView | None:
        """What the hotel shows, but for what is older than what is held: then that stands."""
        held = held or order.standing
        try:
            view = await self.desk.office.port.read_block(order.ref)
        except NotFound:
            return None
        return view if newer(held, view) else held


def changed(order: Order, standing: BlockView) -> tuple[RoomNight, ...]:
    """The nights and types whose number is to be another one."""
    has = {(one.night, one.kind): one.contracted for one in standing.nights}
    wanted = to_ask(order.asks, standing)
    return tuple(one for one in wanted if has.get((one.night, one.kind), 0) != one.rooms)


def wish(operation: str, order: Order) -> Callable[[BlockView], bool]:
    """What a read must show for an open write to have happened."""
    if operation == "confirm_block":
        return lambda view: view.state is BlockState.DEFINITE
    if operation == "cancel_block":
        return lambda view: view.state is BlockState.CANCELLED
    return contracts(order.asked)
