"""A resource service without its bus: a store, its kernel, and a clock turned by hand."""

from __future__ import annotations

import json
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text
from sqlmodel import Session

from shared.chassis import migrations as chassis_migrations
from shared.chassis.life import Life
from shared.chassis.quiet import soonest
from shared.chassis.store import migrate, open_store
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Delivery, GroupHandler, Work
from shared.contracts.changes import ChangePreview, ChangeUnit, PreviewChange, UnitChange
from shared.contracts.holds import (
    AnswerConsent,
    ConfirmHolds,
    Hold,
    HoldRequest,
    HoldsChanged,
    NeedRequest,
    PlaceHolds,
    ReleaseHolds,
)
from shared.contracts.hotel_desk import HotelAsked
from shared.contracts.inventory import InventoryPage, ReadInventory
from shared.contracts.message import Command, CommandAnswered, Message
from shared.holds import migrations as hold_migrations
from shared.holds.changing import Changes
from shared.holds.kernel import Kernel
from shared.holds.port import Rules
from shared.holds.stock import Stock
from shared.holds.tables import hold_tables

Cell = tuple[str, int]
WHO: dict[str, Any] = {"cause": "act-1", "actor": "planner"}


@dataclass
class Heard:
    """What the service sent while it handled something."""

    holds: dict[str, Hold] = field(default_factory=dict)
    """The last word on each hold."""
    events: list[HoldsChanged] = field(default_factory=list)
    answers: list[CommandAnswered] = field(default_factory=list)
    letters: list[HotelAsked] = field(default_factory=list)


class Desk:
    """One replica of a service. Two desks on one URL are two replicas."""

    def __init__(
        self,
        service: str,
        rules: Rules[Any],
        url: str,
        now: datetime,
        documents: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    ) -> None:
        self.service, self._rules, self.now = service, rules, now
        self.life = Life()
        self.engine = open_store(url)
        for layer in (chassis_migrations, hold_migrations):
            migrate(self.engine, service, layer)
        self.restart()
        if documents is not None:
            self.seed(documents)

    def restart(self) -> None:
        """Forget all memory; the store stays."""
        tables = hold_tables(self.service)
        self.kernel = Kernel(self.service, self._rules, tables)
        self.stock = Stock(self.service, self._rules, tables)
        hear = self.kernel.hear
        self.changes = Changes(self.service, self._rules, tables, self.stock, hear)

    def close(self) -> None:
        self.engine.dispose()

    def seed(self, documents: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        """Bring documents in the way a seed file does; every JSON text is YAML."""
        with tempfile.TemporaryDirectory() as folder, self.work() as (work, _heard):
            path = Path(folder) / f"{self.service}.yaml"
            path.write_text(json.dumps(documents), encoding="utf-8")
            self.stock.seed(work, path.parent)

    def later(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    # ------------------------------------------------------------ sending

    @contextmanager
    def work(self) -> Iterator[tuple[Work, Heard]]:
        """One transaction; what it sent is in `Heard` after it."""
        numbers, heard = count(), Heard()
        with self.engine.begin() as connection:
            work = Work(
                connection, self.now, self.service, chassis_tables(self.service),
                lambda: f"sent-{next(numbers)}", self.life,
            )  # fmt: skip
            yield work, heard
            _listen(heard, work.outgoing)

    def handle(self, handler: GroupHandler, *messages: Message, again: bool = False) -> Heard:
        """Handle messages as one group; `again`: sent a second time after a restoration."""
        deliveries = [
            Delivery(message, f"in-{n}", again=again) for n, message in enumerate(messages)
        ]
        with self.work() as (work, heard):
            handler(work, deliveries)
        return heard

    def handler(self, command: Command) -> GroupHandler:
        """The handler of a command."""
        handlers: dict[type[Command], GroupHandler] = {
            PlaceHolds: self.kernel.place,
            ConfirmHolds: self.kernel.confirm,
            ReleaseHolds: self.kernel.release,
            AnswerConsent: self.kernel.answer_consent,
        }
        return handlers[type(command)]

    def place(self, visit: str, **holds: NeedRequest) -> dict[str, Hold]:
        """Place holds of one visit; `hold_for_s` is an hour, a consent may take half of it."""
        return self.handle(self.kernel.place, place(visit, **holds)).holds

    def confirm(self, visit: str, *holds: str) -> dict[str, Hold]:
        return self.handle(self.kernel.confirm, confirm(visit, *holds)).holds

    def release(self, visit: str, *holds: str) -> dict[str, Hold]:
        return self.handle(self.kernel.release, release(visit, *holds)).holds

    def consent(self, hold: str, granted: bool, command: str = "c-1") -> Heard:
        said = AnswerConsent(**WHO, command=command, hold=hold, granted=granted)
        return self.handle(self.kernel.answer_consent, said)

    def expire(self) -> dict[str, Hold]:
        """Sweep until there is nothing more."""
        told: dict[str, Hold] = {}
        more = True
        while more:
            with self.work() as (work, heard):
                due = soonest(self.kernel._tables.statements.next_due)(work)
                more = self.kernel.expire(work)
            in_time = due is not None and due <= self.now
            assert in_time or not heard.holds, "left out until then, they would have been missed"
            told |= heard.holds
        return told

    def preview(self, unit: str, change: UnitChange, **fields: Any) -> ChangePreview:
        """What a change of a unit would hit."""
        query = PreviewChange(**WHO, unit=unit, change=change, **fields)
        with Session(self.engine) as session:
            return self.changes.preview(session, query, self.now)

    def change(
        self,
        unit: str,
        change: UnitChange,
        seen: int,
        command: str = "c-change",
        kind: str | None = None,
    ) -> CommandAnswered:
        """Save a change of a unit seen at a revision; nothing is withdrawn yet."""
        said = ChangeUnit(
            **WHO, command=command, unit=unit, kind=kind, expected_revision=seen, change=change
        )  # fmt: skip
        (answer,) = self.handle(self.changes.save, said).answers
        return answer

    def settle(self) -> dict[str, Hold]:
        """Withdraw what no longer fits, until the sweep says that there is no more."""
        told: dict[str, Hold] = {}
        more = True
        while more:
            with self.work() as (work, heard):
                more = self.changes.settle(work)
            told |= heard.holds
        return told

    def page(self, **fields: Any) -> InventoryPage:
        with Session(self.engine) as session:
            return self.stock.page(session, ReadInventory(**WHO, **fields))

    # ------------------------------------------------------------ counting past the kernel

    def cells(self) -> dict[Cell, int]:
        """What the cells say, the empty ones left out. Fails when one is beyond its capacity."""
        with self.engine.connect() as connection:
            rows = _rows(
                connection, f"SELECT unit, slot, taken, capacity FROM {self.service}_cells"
            )
        assert all(0 <= taken <= capacity for _u, _s, taken, capacity in rows), rows
        return {(unit, slot): taken for unit, slot, taken, _capacity in rows if taken}

    def claimed(self) -> dict[Cell, int]:
        """What the claims of live holds come to: within a need the largest, over needs the sum."""
        with self.engine.connect() as connection:
            rows = _rows(
                connection,
                "SELECT h.visit, h.need, h.hold, c.unit, c.start, c.stop, c.quantity"
                f" FROM {self.service}_claims c JOIN {self.service}_holds h ON h.hold = c.hold"
                " WHERE h.state IN ('pending', 'held', 'confirmed')",
            )
        return add_up([tuple(row) for row in rows])

    def check(self) -> None:
        """Cells are what the claims come to, and within capacity."""
        assert self.cells() == self.claimed()


def add_up(rows: Sequence[tuple[Any, ...]]) -> dict[Cell, int]:
    """Rows of visit, need, hold, unit, start, stop, quantity by the rule of overlapping."""
    holds: dict[tuple[Any, ...], int] = defaultdict(int)
    for visit, need, hold, unit, start, stop, quantity in rows:
        for slot in range(start, stop):
            holds[visit, need, unit, slot, hold] += quantity
    needs: dict[tuple[Any, ...], int] = defaultdict(int)
    for (*need_and_cell, _hold), quantity in holds.items():
        key = tuple(need_and_cell)
        needs[key] = max(needs[key], quantity)
    cells: dict[Cell, int] = defaultdict(int)
    for (_visit, _need, unit, slot), quantity in needs.items():
        cells[unit, slot] += quantity
    return dict(cells)


def place(
    visit: str, hold_for_s: int = 3600, consent_within_s: int = 1800, **holds: NeedRequest
) -> PlaceHolds:
    """A command to place holds."""
    asked = tuple(HoldRequest(hold=hold, request=request) for hold, request in holds.items())
    return PlaceHolds(
        **WHO, visit=visit, hold_for_s=hold_for_s, consent_within_s=consent_within_s, holds=asked
    )


def confirm(visit: str, *holds: str) -> ConfirmHolds:
    """A command to confirm holds."""
    return ConfirmHolds(**WHO, visit=visit, holds=holds)


def release(visit: str, *holds: str) -> ReleaseHolds:
    """A command to release holds."""
    return ReleaseHolds(**WHO, visit=visit, holds=holds)


def _rows(connection: Connection, query: str) -> Sequence[Any]:
    return connection.execute(text(query)).all()


def _listen(heard: Heard, outgoing: Sequence[Mapping[str, Any]]) -> None:
    for row in outgoing:
        if row["subject"].endswith(".holds_changed.v1"):
            event = HoldsChanged.model_validate_json(row["body"])
            heard.events.append(event)
            heard.holds |= {hold.hold: hold for hold in event.holds}
        elif row["subject"].endswith(".hotel_asked.v1"):
            heard.letters.append(HotelAsked.model_validate_json(row["body"]))
        else:
            heard.answers.append(CommandAnswered.model_validate_json(row["body"]))
