"""Faults to plant: each one a change of one place of the shipped code that breaks a promise.

The simulation must notice every one of them. A place that has changed since is an error.
"""

from __future__ import annotations

from tests.simulation.fault import Fault
from tests.simulation.planted_acts import CALLED, CHANGES, HOTELS, OPERATING, PARKED
from tests.simulation.planted_guests import GUESTS
from tests.simulation.planted_reminders import REMINDERS

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
    Fault("what is asked of owners names no command", "services.visits.case",
          "            cause=self.state.cause, actor=self.state.actor, visit",
          "            cause=self.visit, actor=self.state.actor, visit"),
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
          "if (u, s) not in self._new or delta < 0", "if (u, s) not in self._new and delta > 0"),
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
          "if len(jobs) == 1 and not isinstance(error, IntegrityError):\n"
          "                self._resolve([_Outcome(jobs[0], error=error)], [])",
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
    Fault("what a restored service had sent to itself is lost", "shared.chassis.restoring",
          "if delivery.message.subjects:",
          "if delivery.message.subjects and delivery.message.service != work.service:"),
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
    Fault("a command that was refused is done after all", "services.console.store",
          'ACTS.c.outcome != "accepted"', 'ACTS.c.outcome == "accepted"'),
)  # fmt: skip
FAULTS = (
    *PLAN, *HANDLERS, *KERNEL, *CHASSIS, *FLOORS, *NOTICES, *RESTORING, *PARKED, *CHANGES,
    *OPERATING, *HOTELS, *CALLED, *GUESTS, *REMINDERS,
)  # fmt: skip
