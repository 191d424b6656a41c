"""Faults to plant where people act: on parked messages, units, services and hotels.

Must not: say what a fault is; `fault` does.
"""

from __future__ import annotations

from tests.simulation.fault import Fault

RARE = 20_000
"""Histories, where one in a hundred has what it takes."""
CALL = "call "
"""How the steps of hotels begin whose systems call us."""
PARKED = (
    Fault("what a replay has handled stays parked", "shared.chassis.replaying",
          "            replays.settle(work, replay, row.id, row.replays)\n", "            pass\n"),
    Fault("a parked message is replayed whatever became of it", "shared.chassis.choosing",
          "fit = [row for row in rows if row.state == needed.value]", "fit = list(rows)"),
    Fault("an act on parked messages that comes again is done again", "shared.chassis.parking",
          "done = _known(work, command.command) or self._do(work, command)",
          "done = self._do(work, command)"),
    Fault("the replay of a dead process is carried on by nobody",
          "shared.chassis.replay_statements",
          '        jobs.c.lease_until < bindparam("now"),\n', ""),
    Fault("a replay that is stopped keeps its messages", "shared.chassis.replays",
          "    left = work.connection.execute(say.park_again, this).rowcount\n", "    left = 1\n"),
)  # fmt: skip
CHANGES = (
    Fault("holds for which there is no room any more stay", "shared.holds.overflow",
          "            out.append(one.hold)\n", ""),
    Fault("a hold is taken back and nobody is told", "shared.holds.kernel",
          "        tell(work, self._service, moved)\n", "        pass\n"),
    Fault("a change overwrites what its planner has not seen", "shared.holds.changing",
          "if row.revision != command.expected_revision:", "if False:"),
    Fault("a change that comes again is another one", "shared.holds.changing",
          "if known is not None:", "if known == 0:"),
)  # fmt: skip
OPERATING = (
    Fault("of two acts on what is taken in, the one that came last does not count",
          "shared.chassis.intake", '"at": _after_all(work),', '"at": work.now,'),
    Fault("the command that ends pauses is paused, too", "shared.chassis.intake_rules",
          "if consumer != spared and both:", "if both:"),
    Fault("a consumer's own pause ends with the pause of all", "shared.chassis.intake_rules",
          "both = [one for one in (whole, own) if one is not None]",
          "both = [one for one in ((whole,) if ALL in latest else (own,)) if one is not None]"),
    Fault("a bus that forgot a pause is not told again", "shared.chassis.intake_rules",
          "differs = want is not is_now", "differs = want is None and is_now is not None"),
    Fault("what is filled again has the id of before", "shared.chassis.refilling",
          "again=outbox.c.again + 1", "again=outbox.c.again"),
    Fault("only what was handled is filled again", "shared.chassis.refilling",
          "outbox.c.published_at > horizon, ~settled(tables)",
          "outbox.c.published_at > horizon, settled(tables)"),
)  # fmt: skip
HOTELS = (
    Fault("a hotel's yes is believed without a look", "services.bookings.orders.carrying",
          "            return await self.desk.hold(block)\n",
          "            from services.bookings.hotels.model import NightCount\n"
          "            said = await self.desk.office.port.hold_block(block)\n"
          "            some = [NightCount(n.night, n.kind, n.rooms, n.rooms, 0) for n in rooms]\n"
          "            return BlockView(said, BlockState.TENTATIVE, tuple(some))\n"),
    Fault("a write that may still arrive is sent again", "services.bookings.orders.carrying",
          "if settled is Settled.TOO_EARLY:", "if settled is None:"),
    Fault("an older wish at a hotel wins over a newer one", "services.bookings.orders.finishing",
          'if wanted != order.wanted and not row["ended"]:', "if wanted < order.wanted:"),
    Fault("overlapping holds are counted twice at a hotel", "services.bookings.orders.deciding",
          "rooms[key] = max(rooms.get(key, 0), one.rooms)",
          "rooms[key] = rooms.get(key, 0) + one.rooms"),
    Fault("what a hotel does by itself is never looked for", "services.bookings.orders.worker",
          "        all_of_it = await self._compare(self.desk)\n",
          "        all_of_it = False\n"),
    Fault("a repeated order is not looked up first", "services.bookings.hotels.block_desk",
          "if self.office.port.capabilities.refuses_duplicates:", "if ref is not None:"),
    Fault("rooms that a hotel does not take back are nobody's",
          "services.bookings.orders.finishing",
          "if all(covers(result.standing, one.rooms) for one in order.asks):", "if False:"),
    Fault("a hotel is called while its link is paused", "services.bookings.orders.taking",
          "(way,) if paused else ()", "(way,) if paused is None else ()"),
    Fault("an act on a hotel that comes again is another one", "services.bookings.orders.acting",
          "if done is None:", "if done is None or done:"),
    Fault("what may be on its way over a link goes by letter, too",
          "services.bookings.orders.switching",
          "unsent = and_(ORDERS.c.sent.is_(False), ORDERS.c.standing.is_(None), "
          "ORDERS.c.ours.not_in(out))",
          "unsent = ORDERS.c.standing.is_(None)"),
    Fault("a yes to what was asked before counts for what is asked now",
          "services.bookings.by_hand.desk", "if said.edition != sheet.version:", "if False:"),
    Fault("a hotel that was written to is not told that nobody comes",
          "services.bookings.by_hand.deciding",
          "L.OFF if waits and sheet.state is not S.OFF else None", "None"),
    Fault("a block never becomes definite", "services.bookings.orders.deciding",
          "firm = any(one.state is HoldState.CONFIRMED for one in asks)", "firm = False"),
    Fault("cut-off fired twice", "services.bookings.orders.cut_offs",
          "OPEN = CUTS.c.done_at.is_(None)", "OPEN = CUTS.c.ours.is_not(None)"),
    Fault("cut-off fired while the rooms are ours", "services.bookings.hotels.nights",
          "cut_off is not None and business_date > cut_off", "cut_off is not None"),
    Fault("cut-off that nobody looks at", "services.bookings.orders.worker",
          "if self.terms is not None and await", "if self.terms is None and await"),
    Fault("older data of a hotel wins over newer", "services.bookings.orders.sweeping",
          "if not newer(held[ours], view):", "if False:"),
    Fault("an order is not told of its holds' end", "services.bookings.orders.attaching",
          "moved = [one.hold for one in entries if one.stored]",
          "moved: list[str] = []"),
)  # fmt: skip
CALLED = (
    Fault("a room counts as taken over when it is handed out",
          "services.bookings.hotels.alpinebits.shelf",
          "            handed=slip.revision,\n",
          "            handed=slip.revision,\n            settled=slip.revision,\n", deck=CALL),
    Fault("a receipt counts for what was not handed out yet",
          "services.bookings.hotels.alpinebits.shelf",
          "state = slip.handed if ended else slip.oldest\n", "state = slip.revision\n",
          deck=CALL),
    Fault("a receipt is taken for a yes", "services.bookings.by_call.deciding",
          "    if word is None or slip.cancelled or slip.handed < slip.revision:\n",
          "    if word is None:\n        return slip.settled == slip.revision\n"
          "    if slip.cancelled or slip.handed < slip.revision:\n", deck=CALL),
    Fault("whatever a hotel has booked is what was ordered", "services.bookings.by_call.deciding",
          "word.status is Status.RESERVED and differs(word, request(room), house) == ()",
          "word.status is Status.RESERVED", deck=CALL),
    Fault("a report that comes twice is counted twice",
          "services.bookings.hotels.alpinebits.shelf",
          "state = slip.handed if ended else slip.oldest\n",
          "state = slip.handed if ended else slip.oldest or slip.settled + 1\n", RARE, CALL),
    Fault("a hotel is not told what a guest is called now", "services.bookings.by_call.marking",
          "        work.connection.execute(update(ROOMS).where(*mine).values(told=False))\n",
          "        assert mine\n", RARE, CALL),
)  # fmt: skip
