"""Place, confirm, release, consent, expire, hear: what every resource service does with holds.

Owns: idempotence (the same command twice, late or out of order changes nothing more and is answered
with the present state), expiry, tombstones, and one `HoldsChanged` per command.
Must not: know a kind of need: `port.Rules` decides, `ledger` counts, the database refuses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from shared.chassis.work import Delivery, Work
from shared.contracts.holds import (
    AnswerConsent,
    ConfirmHolds,
    HoldsChanged,
    HoldState,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.message import CommandAnswered, Problem
from shared.holds.deciding import decide, no_of, tombstone, unreadable
from shared.holds.entries import Entry
from shared.holds.hearing import Watch, Word, deny, hear, tell
from shared.holds.ledger import Ledger
from shared.holds.machine import Move, after, due
from shared.holds.port import Rules
from shared.holds.stock import Stock
from shared.holds.tables import HoldTables

SWEEP_HOLDS = 500


class Kernel:
    """The group handlers of one resource service."""

    def __init__(
        self, service: str, rules: Rules[Any], tables: HoldTables, watch: Watch | None = None
    ) -> None:
        self._service, self._rules, self._tables = service, rules, tables
        self._stock, self._watch = Stock(service, rules, tables), watch

    def _save(self, ledger: Ledger) -> None:
        ledger.save()
        if self._watch is not None:
            moved = [one for one in ledger.entries.values() if one.changed or not one.stored]
            self._watch(ledger.work, moved)

    # ------------------------------------------------------------ commands

    def place(self, work: Work, some: Sequence[Delivery[PlaceHolds]]) -> None:
        """Hold what fits, refuse the rest with reasons; a known hold is only answered."""
        inventory = self._stock.inventory(work)
        ledger = Ledger(work, self._tables, inventory)
        asked = [(d.message, one) for d in some for one in d.message.holds]
        ledger.load_holds((one.hold for _m, one in asked), (m.visit for m, _one in asked))
        fresh = [(m, one) for m, one in asked if one.hold not in ledger.entries]
        wrong = {one.hold: unreadable(self._service, one.request) for _m, one in fresh}
        ledger.load_cells(
            [
                self._rules.reach(one.request, inventory)
                for _m, one in fresh
                if wrong[one.hold] is None
            ]
        )
        for delivery in some:
            for one in delivery.message.holds:
                known = ledger.entries.get(one.hold)
                if known is not None:
                    self._time(ledger, known)
                    continue
                # A restored store first takes in what stood before: newcomers and refusals wait.
                if not delivery.again:
                    work.only_if_settled(f"hold {one.hold} is new")
                entry = decide(self._rules, ledger, delivery.message, one, wrong[one.hold])
                if entry.state is HoldState.REFUSED:
                    work.only_if_settled(f"hold {one.hold} does not fit yet")
                ledger.add(entry)
        self._save(ledger)
        for delivery in some:
            self._answer(work, ledger, [one.hold for one in delivery.message.holds], delivery)

    def confirm(self, work: Work, some: Sequence[Delivery[ConfirmHolds]]) -> None:
        """Make held holds firm. One that we do not know was lost: it is answered as released."""
        self._move(work, some, Move.CONFIRM)

    def release(self, work: Work, some: Sequence[Delivery[ReleaseHolds]]) -> None:
        """Let holds go; remember unknown ones, so that a late placing finds them released."""
        self._move(work, some, Move.RELEASE)

    def _move(self, work: Work, some: Sequence[Delivery[Any]], move: Move) -> None:
        ledger = Ledger(work, self._tables, self._stock.inventory(work))
        ledger.load_holds(
            (hold for delivery in some for hold in delivery.message.holds),
            (delivery.message.visit for delivery in some),
        )
        for delivery in some:
            for hold in delivery.message.holds:
                entry = ledger.entries.get(hold)
                if entry is None:
                    if move is Move.CONFIRM:
                        work.only_if_settled(f"hold {hold} is not known")
                    ledger.add(tombstone(hold, delivery.message))
                else:
                    self._time(ledger, entry)
                    ledger.move(entry, after(entry.state, move))
        self._save(ledger)
        for delivery in some:
            self._answer(work, ledger, delivery.message.holds, delivery)

    def answer_consent(self, work: Work, some: Sequence[Delivery[AnswerConsent]]) -> None:
        """A person outside says yes or no."""
        ledger = Ledger(work, self._tables, self._stock.inventory(work))
        ledger.load_holds([delivery.message.hold for delivery in some])
        outcomes = [self._consent(ledger, delivery.message) for delivery in some]
        self._save(ledger)
        for delivery, (outcome, problems) in zip(some, outcomes, strict=True):
            command = delivery.message
            if command.hold in ledger.entries:
                self._answer(work, ledger, [command.hold], delivery)
            work.send(
                CommandAnswered(
                    cause=command.cause, actor=command.actor, command=command.command,
                    outcome=outcome, about=command.hold, problems=problems,
                ),
                delivery,
            )  # fmt: skip

    def _consent(self, ledger: Ledger, command: AnswerConsent) -> tuple[str, tuple[Problem, ...]]:
        entry = ledger.entries.get(command.hold)
        if entry is None:
            ledger.work.only_if_settled(f"hold {command.hold} is not known")
            no = Problem(
                code="no_such_hold",
                message=f"there is no hold {command.hold}",
                remedy="read the visit again: the question may have been withdrawn",
            )
            return "missing", (no,)
        self._time(ledger, entry)
        if entry.state is HoldState.PENDING:
            if command.granted:
                entry.body = entry.body.model_copy(update={"granted": True})
                ledger.move(entry, after(entry.state, Move.GRANT))
            else:
                deny(ledger, entry, Move.DENY, no_of(Move.DENY, command.reason))
            return "accepted", ()
        said_so = entry.body.granted == command.granted and entry.body.consent is not None
        if said_so and entry.state is not HoldState.RELEASED:
            return "accepted", ()
        late = Problem(code="not_pending", message=f"the hold is {entry.state.value}",
                       remedy="nothing is asked any more")  # fmt: skip
        return "conflict", (late,)

    # ------------------------------------------------------------ time

    def expire(self, work: Work) -> bool:
        """Move what time has ended. True when there may be more."""
        if work.recovering:
            return False
        due_now = {"now": work.now, "most": SWEEP_HOLDS}
        found = work.connection.execute(self._tables.statements.due, due_now)
        names = [row.hold for row in found]
        if not names:
            return False
        ledger = Ledger(work, self._tables, self._stock.inventory(work))
        ledger.load_holds(names)
        ended: dict[str, list[Entry]] = defaultdict(list)
        for name in names:
            entry = ledger.entries[name]
            if self._time(ledger, entry):
                ended[entry.visit].append(entry)
        self._save(ledger)
        tell(work, self._service, ended)
        return len(names) == SWEEP_HOLDS

    def hear(self, work: Work, words: Sequence[Word]) -> int:
        """Take in what others say of holds: a yes grants what is pending; a no refuses it, and
        withdraws what is held or confirmed. A hold that is resolved, or unknown, or whose time is
        over, stays as it is. Returns how many words have moved their hold."""
        heard = 0
        ledger = Ledger(work, self._tables, self._stock.inventory(work))
        ledger.load_holds([word.hold for word in words])
        before = {name: entry.revision for name, entry in ledger.entries.items()}
        for word in words:
            entry = ledger.entries.get(word.hold)
            if entry is not None:
                self._time(ledger, entry)
                heard += hear(ledger, entry, word)
        moved: dict[str, list[Entry]] = defaultdict(list)
        for name, entry in ledger.entries.items():
            if entry.revision > before[name]:
                moved[entry.visit].append(entry)
        self._save(ledger)
        tell(work, self._service, moved)
        return heard

    def _time(self, ledger: Ledger, entry: Entry) -> bool:
        """Apply what time alone has done; True when that was something.

        A restored store may have forgotten that a hold was confirmed: time waits for it.
        """
        if ledger.work.recovering:
            return False
        move = due(entry.state, entry.body.expires_at, entry.answer_by, ledger.work.now)
        if move is Move.SILENCE:
            deny(ledger, entry, move, no_of(move))
        elif move is not None:
            ledger.move(entry, after(entry.state, move))
        return move is not None

    # ------------------------------------------------------------ answering

    def _answer(
        self, work: Work, ledger: Ledger, holds: Iterable[str], because: Delivery[Any]
    ) -> None:
        entries = [ledger.entries[hold] for hold in dict.fromkeys(holds)]
        by_visit: dict[str, list[Entry]] = defaultdict(list)
        for entry in entries:
            by_visit[entry.visit].append(entry)
        for visit, mine in by_visit.items():
            told = tuple(entry.public() for entry in mine)
            event = HoldsChanged(
                cause=because.message.cause, actor=self._service, visit=visit, holds=told
            )
            work.send(event, because)
