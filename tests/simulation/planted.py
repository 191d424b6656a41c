"""Faults to plant: each one a change of one place of the shipped code that breaks a promise.

The simulation must notice every one of them. A place that has changed since is an error.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """Replace `old` by `new`, which must occur once, in `module`."""

    name: str
    module: str
    old: str
    new: str
    within: int = 4_000
    """Histories in which it must be noticed."""


PLAN = (
    Fault("barrier removed", "services.visits.reconcile",
          "if base.needs and base.all_in(HoldState.HELD, HoldState.CONFIRMED):", "if base.needs:"),
    Fault("old arrangement never released", "services.visits.reconcile",
          "if may_break or not (held.state", "if not (held.state"),
    Fault("broken before made", "services.visits.reconcile",
          "may_break = tracks[0].firm or draft.state.cancelled", "may_break = True"),
    Fault("loose ends kept", "services.visits.reconcile",
          "    _let_go(draft, tracks)\n", ""),
    Fault("never asked again", "services.visits.reconcile",
          "    draft.ask_again({", "    dict({"),
    Fault("an expiring hold is counted on", "services.visits.reconcile",
          "        and not draft.about_to_expire(held)\n", ""),
    Fault("closing forgotten", "services.visits.reconcile",
          "    _close_when_over(draft, wanted)\n", ""),
    Fault("an uncommitted proposal stays", "services.visits.reconcile",
          "    _drop_when_forgotten(draft)\n", ""),
    Fault("stale answers accepted", "services.visits.status",
          "elif held.seen is None or answer.revision > held.seen.revision:", "else:"),
)  # fmt: skip
HANDLERS = (
    Fault("a command is done again when it comes again", "services.visits.handlers",
          "if command.command in given:", "if False:"),
    Fault("a stale revision is accepted", "services.visits.acts",
          "if expected is not None and state.revision != expected:", "if False:"),
    Fault("cancelling forgets the visit's holds", "services.visits.case",
          "base=() if self.state.cancelled else self.reading.needs", "base=self.reading.needs"),
    Fault("looking again forgets the visit's holds", "services.visits.acts",
          'update={"holds": holds, "cause"', 'update={"holds": (), "cause"'),
    Fault("a timer is set and never rings", "services.visits.handlers",
          "if case.state is not None:\n                case.reconcile(work, self._pacing, Delivery",
          "if case.state is None:\n                case.reconcile(work, self._pacing, Delivery"),
    Fault("a firm arrangement is announced once only", "services.visits.case",
          "if digest == self.state.told:", "if self.state.told is not None:"),
)  # fmt: skip
KERNEL = (
    Fault("expiry ignored", "shared.holds.machine",
          "        and expires_at <= now\n", "        and expires_at is None\n"),
    Fault("silence means yes for ever", "shared.holds.machine",
          "answer_by <= now:", "answer_by is None:"),
    Fault("what is given back is lost", "shared.holds.cells",
          "if known.stored or known.delta < 0", "if known.stored and known.delta > 0"),
    Fault("own cells are not counted as free", "shared.holds.deciding",
          "free=Remaining(ledger.cells, ledger.share(command.visit, request.need)),",
          "free=Remaining(ledger.cells, {}),"),
    Fault("claims add up instead of overlapping", "shared.holds.ledger",
          "share[cell] = max(share.get(cell, 0), quantity)",
          "share[cell] = share.get(cell, 0) + quantity"),
    Fault("no tombstone for an unknown hold", "shared.holds.kernel",
          "                    ledger.add(tombstone(hold, delivery.message))\n",
          "                    continue\n"),
    Fault("a released hold is confirmed after all", "shared.holds.machine",
          "    (HoldState.CONFIRMED, Move.RELEASE): HoldState.RELEASED,\n",
          "    (HoldState.CONFIRMED, Move.RELEASE): HoldState.RELEASED,\n"
          "    (HoldState.RELEASED, Move.CONFIRM): HoldState.CONFIRMED,\n"),
    Fault("a change of state keeps its revision", "shared.holds.ledger",
          "max(entry.revision + 1, self", "max(entry.revision, self"),
    Fault("a placing asked twice is placed twice", "shared.holds.kernel",
          "if known is not None:\n                    self._time(ledger, known)\n"
          "                    continue",
          "if False:\n                    continue"),
)  # fmt: skip
CHASSIS = (
    Fault("the inbox is not asked", "shared.chassis.writer",
          "if one in new and job.handler", "if job.handler"),
    Fault("acknowledged before the effect", "shared.chassis.delivery",
          "            await call()\n",
          "            for one in group:\n                await one.raw.ack()\n"
          "            await call()\n"),
    Fault("sent before the commit", "shared.chassis.writer",
          "            work.save_outgoing()\n",
          "            self._resolve([], list(work.outgoing))\n            work.save_outgoing()\n"),
    Fault("no sweep of what a crash left", "shared.chassis.outbox",
          "        self.offer(rows)\n        return len(rows)", "        return len(rows)"),
    Fault("marked as sent before the bus said so", "shared.chassis.outbox",
          "if future.cancel() or future.cancelled() or future.exception() is not None:",
          "if future.cancel() or future.cancelled():"),
    Fault("a bus that lost everything is not fed", "shared.chassis.feeding",
          "        return int(work.connection.execute(lost, told).rowcount)", "        return 0"),
    Fault("a message's id changes when it is sent again", "shared.chassis.outbox",
          'else row["id"]\n', 'else f"{row[\'id\']}-{id(row)}"\n'),
    Fault("a group that fails counts as done", "shared.chassis.writer",
          "if len(jobs) == 1:\n                self._resolve([_Outcome(jobs[0], error=error)], [])",
          "if jobs:\n                self._resolve([_Outcome(j) for j in jobs], [])"),
    Fault("rubbish is dropped", "shared.chassis.delivery",
          "        await service.writer.run(lambda work: park(work, raw, error, verdict))\n",
          "        pass\n"),
)  # fmt: skip
FLOORS = (
    Fault("a floor leaves out one taker", "shared.chassis.floors",
          "for one in told.takers if any(matches(subject, each) for each in one.filters)",
          "for one in told.takers[:1]"),
    Fault("a floor survives that the bus is put back", "shared.chassis.settled",
          "rows.append(_row(one.floor, number, work.now))",
          "rows.append({**_row(one.floor, number, work.now), \"seq\": max(one.floor.seq, *("
          "was.seq for was in known.get(subject, ()) if was.born == told.born), 0)})"),
    Fault("a floor of one life counts in the next", "shared.chassis.settled",
          "            floors.c.born == outbox.c.stream_born,\n", ""),
    Fault("a floor counts for what was marked after it", "shared.chassis.settled",
          "            floors.c.look > outbox.c.look,\n", ""),
    Fault("what was delivered counts as handled below a floor", "shared.chassis.floors",
          "info.ack_floor.stream_seq if", "info.delivered.stream_seq if"),
)  # fmt: skip
NOTICES = (
    Fault("an older arrangement overwrites a newer", "services.notifications.handlers",
          "if event.sequence <= book.sequence(event.visit):", "if False:"),
    Fault("the letter of a dead sender is left", "services.notifications.claims",
          '"lease_until": now + timedelta(seconds=pace.lease_s),', '"lease_until": None,'),
    Fault("a letter is never marked as sent", "services.notifications.claims",
          ".values(state=NoticeState.SENT.value,", ".values(state=NoticeState.WAITING.value,"),
    Fault("a letter counts as sent when it is claimed", "services.notifications.courier",
          "        unsent = await self.send(claimed)\n", "        unsent = None\n"),
    Fault("what was told is not remembered", "services.notifications.claims",
          "    if ours and row", "    if not ours and row"),
)  # fmt: skip
RESTORING = (
    Fault("a restoration is told to nobody", "shared.chassis.restoring",
          "        work.send(event)\n", "        pass\n"),
    Fault("what a restored store forgot is not sent again", "shared.chassis.restoring",
          "        work.connection.execute(again)\n", "        pass\n"),
    Fault("what is sent again counts as something new", "shared.chassis.arrival",
          'return _AGAIN.sub("", str(headers["Nats-Msg-Id"]))[:200]',
          'return str(headers["Nats-Msg-Id"])[:200]'),
    Fault("what is sent again has the id of before", "shared.chassis.outbox",
          'if row["again"] else row["id"]', 'if row["again"] < 0 else row["id"]'),
    Fault("newcomers are let in before those who were there", "shared.chassis.work",
          "        if self.recovering:\n            raise", "        if False:\n            raise"),
    Fault("revisions start again at one", "shared.holds.ledger",
          "max(entry.revision, self.work.life.floor)", "entry.revision"),
    Fault("attempts start again at one", "services.visits.draft",
          "max(self._attempts.get(need.need, 0) + 1, self.state.floor)",
          "self._attempts.get(need.need, 0) + 1"),
    Fault("a hold that nobody remembers is left alone", "services.visits.status",
          "            if answer.state in LIVE:\n", "            if answer.state is None:\n"),
    Fault("an old word on a forgotten hold is believed", "services.visits.status",
          "if self.seen is None or self.asks == 0:", "if self.seen is None:"),
    Fault("a command that was refused is done after all", "services.console.store",
          'ACTS.c.outcome != "accepted"', 'ACTS.c.outcome == "accepted"'),
)  # fmt: skip
PARKED = (
    Fault("what a replay has handled stays parked", "shared.chassis.replaying",
          "            replays.settle(work, replay, row.id, row.replays)\n", "            pass\n"),
    Fault("a parked message is replayed whatever became of it", "shared.chassis.choosing",
          "fit = [row for row in rows if row.state == needed.value]", "fit = list(rows)"),
    Fault("an act on parked messages that comes again is done again", "shared.chassis.parking",
          "done = _known(work, command.command) or self._do(work, command)",
          "done = self._do(work, command)"),
    Fault("the replay of a dead process is carried on by nobody", "shared.chassis.replays",
          "jobs.c.holder == holder, jobs.c.lease_until < work.now)", "jobs.c.holder == holder)"),
    Fault("a replay that is stopped keeps its messages", "shared.chassis.replays",
          "    left = work.connection.execute(update(parked).where(*has).values(back)).rowcount\n",
          "    left = len((*has, back))\n"),
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
          "if self.desk is not None:\n            await self._c",
          "if False:\n            await self._c"),
    Fault("a repeated order is not looked up first", "services.bookings.hotels.block_desk",
          "if self.office.port.capabilities.refuses_duplicates:", "if ref is not None:"),
    Fault("rooms that a hotel does not take back are nobody's",
          "services.bookings.orders.finishing",
          "if all(covers(result.standing, one.rooms) for one in order.asks):", "if False:"),
    Fault("a hotel is called while its link is paused", "services.bookings.orders.taking",
          "if switch.paused(work.now) else ()", "if switch is None else ()"),
    Fault("an act on a hotel that comes again is another one", "services.bookings.orders.acting",
          "if done is None:", "if done is None or done:"),
    Fault("a block never becomes definite", "services.bookings.orders.deciding",
          "firm = any(one.state is HoldState.CONFIRMED for one in asks)", "firm = False"),
    Fault("cut-off fired twice", "services.bookings.orders.cut_offs",
          "OPEN = CUTS.c.done_at.is_(None)", "OPEN = CUTS.c.ours.is_not(None)"),
    Fault("cut-off fired while the rooms are ours", "services.bookings.hotels.nights",
          "cut_off is not None and business_date > cut_off", "cut_off is not None"),
    Fault("cut-off that nobody looks at", "services.bookings.orders.worker",
          "if self.terms is not None and await", "if self.terms is None and await"),
    Fault("an order is not told of its holds' end", "services.bookings.orders.attaching",
          "moved = [one.hold for one in entries if one.stored]",
          "moved: list[str] = []"),
)  # fmt: skip
FAULTS = (
    *PLAN, *HANDLERS, *KERNEL, *CHASSIS, *FLOORS, *NOTICES, *RESTORING, *PARKED, *CHANGES,
    *HOTELS,
)  # fmt: skip
