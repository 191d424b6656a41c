"""The world of one history: processes, bus and time, and the few moves that everything is made of.

Must not: choose what happens (`steps`) or judge it (`invariants`).
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any

import orjson

from services.bookings import migrations as hotel_tables
from services.bookings.guestlists.asking import AskGuests
from shared.chassis import lifecycle
from shared.contracts.message import Command
from tests.simulation import changes, guest_desk, hotel_switches, parked_lot, taking
from tests.simulation.beginning import START, Mailbox, fresh_store
from tests.simulation.bus import Bus, Copy, Stored
from tests.simulation.callers import Caller
from tests.simulation.cast import ROLES, takers
from tests.simulation.front import call_link
from tests.simulation.guest_line import Line
from tests.simulation.guest_memory import Memory
from tests.simulation.histories import History
from tests.simulation.hotels import Hotel
from tests.simulation.loop import HandLoop
from tests.simulation.owners import RULES
from tests.simulation.process import Process
from tests.simulation.rosters import Planner
from tests.simulation.standins import mark

_STATES: dict[str, Callable[[Process, Any], str]] = {
    "act_on_parked": parked_lot.state_of,
    "change_unit": lambda process, body: changes.state_of(process, body["unit"]),
    "act_on_hotel": hotel_switches.state_of,
    "set_intake": taking.state_of,
    "refill_bus": lambda _process, _body: "bus",
}
"""How that stands which a person's act is about, as it arrives."""


class World:
    """Moved by `steps` and `resting`; then look at `processes`, `mailbox` and the counts."""

    def __init__(self, history: History, cover: Counter[tuple[str, str]] | None = None) -> None:
        random.seed(history.seed)
        # The id of this process is no part of a seed.
        lifecycle.apart_s = lambda: 0.0
        self.history, self.cover = history, cover
        self.t = 0.0
        self.noise_s = 0.0
        """How long the steps took, before it came to rest."""
        self.loop = HandLoop(lambda: self.t)
        self.deliveries, self.faults = 0, Counter[str]()
        self.mailbox = Mailbox()
        self.poisoned: list[str] = []
        self.foreign: set[str] = set()
        """Messages that no outbox has, or that may be parked."""
        self.repeated: set[str] = set()
        """Commands that somebody sent once more: no outbox has them, and none may be parked."""
        self.commands = 0
        self.sent: dict[str, tuple[str, Command, str | None]] = {}
        """Planners' commands by id: the verb, the command, its owner."""
        self.backups: dict[str, tuple[bytes, datetime, Counter[str]]] = {}
        """Per process: its store at some moment, when that was, what it had handled by then."""
        self.restored: set[str] = set()
        """Processes that went on with an older store."""
        self.died: set[str] = set()
        """Processes that were killed at least once."""
        self.forgotten: set[str] = set()
        """Messages whose sender no longer knows that it sent them."""
        self.stood: dict[str, int] = {}
        """Visits that were ready at a step that asked for it, and their revisions."""
        self.wrong: list[str] = []
        """What was seen to be wrong on the way."""
        self.asked: set[str] = set()
        """The causes of what planners asked the guests service."""
        self._ids = 0
        self._words_at, self._words = (-1, -1), dict[str, int]()
        self.fates: dict[str, list[str]] = {}
        self.kept: Copy | None = None
        """The bus as it was at some moment."""
        owners = history.owners()
        idle = (set(RULES) - owners) | (set() if history.notices else {"notifications"})
        idle |= set() if history.hosted() else {guest_desk.NAME}
        names = [name for name in ROLES if name not in idle]
        besides = history.besides()
        linked = history.linked() if "bookings" in names else ()
        self.hotels = {name: Hotel(name, lambda: self.t) for name in linked}
        calling = history.calling() if "bookings" in names else ()
        self.line, self.planner = self._guests() if history.hosted() else (None, None)
        self.callers = {
            name: Caller(call_link(name).house, AskGuests(self.line))  # type: ignore[arg-type]
            for name in calling
        }
        self.bus = Bus(lambda: self.t, takers(tuple(names), besides))
        self.processes = {
            name: Process(ROLES[name], fresh_store(name, self._layers(name)), self.bus,
                          self.loop, self.now, self._fate, self.mailbox, self._ids_of(name),
                          besides,
                          {**self.hotels, **self.callers} if name == "bookings" else None)
            for name in names
        }  # fmt: skip
        self._names = names
        if self.planner is not None and self.line is not None:
            self.planner.memory = Memory(self.processes["console"], self.line)
            self.processes["console"].memory = self.planner.memory

    def _layers(self, name: str) -> tuple[ModuleType, ...]:
        return (hotel_tables,) if (self.hotels or self.callers) and name == "bookings" else ()

    def _guests(self) -> tuple[Line, Planner]:
        guest_desk.CHANCE.seed(f"keys of {self.history.seed}")
        line = Line(lambda: self.processes[guest_desk.NAME])
        return line, Planner(line, lambda query: self.asked.add(query.cause), self.wrong.append)

    def now(self) -> datetime:
        """True time."""
        return START + timedelta(seconds=self.t)

    def new_id(self) -> str:
        """A message's transport id, in order."""
        self._ids += 1
        return f"m{self._ids:08}"

    def _ids_of(self, name: str) -> Callable[[], str]:
        return guest_desk.long_id(self.new_id) if name == guest_desk.NAME else self.new_id

    def _fate(self, process: Process) -> str:
        waiting = self.fates.get(process.name)
        if not waiting:
            return "ok"
        fate = waiting.pop()
        self.faults[fate.partition(":")[0]] += 1
        return fate

    def breathe(self) -> None:
        """Run what is ready; bring the dead back."""
        self.loop.until_idle()
        died = False
        for process in self.processes.values():
            if process.dead:
                died = True
                self.faults.update(f"killed {p}" for p in process.deaths.elements())
                process.deaths.clear()
                self.died.add(process.name)
                process.reap()
        if died:
            self.loop.until_idle()

    def process_at(self, which: int | str) -> Process:
        """The process a step means, by number or name."""
        named = which if isinstance(which, str) else self._names[which % len(self._names)]
        return self.processes[named]

    def hand(self, one: Stored, lose_ack: bool = False) -> None:
        """Give one message to its consumer."""
        process = self.processes[one.consumer]
        self.deliveries += 1
        if self.cover is not None:
            self._note_pair(process, one)
        raw = self.bus.give(one)
        raw.lose_ack = lose_ack
        process.take(raw)
        self.loop.until_idle()

    def turn_all(self) -> bool:
        """Every writer commits what waits; True when there was something."""
        turned = False
        for process in self.processes.values():
            turned = process.turn() or turned
        self.breathe()
        return turned

    def pass_time(self, seconds: float) -> None:
        """The clock moves on, and timers with it."""
        self.t += seconds
        self.loop.until_idle()

    def run_job(self, process: Process, name: str) -> None:
        """Start a job; the writer has still to turn."""
        if name == "mark":
            process.spawn(mark(process))
        elif name == "sweep":
            process.spawn(process.relay.sweep())
        elif name == "courier" and process.part.courier is not None:
            process.spawn(process.part.courier._round())
        else:
            process.job(name)
        self.loop.until_idle()

    def state_of(self, visit: str) -> tuple[dict[str, Any], str]:
        """What the orchestrator has stored of a visit, and its phase; empty when it has nothing."""
        found = self.processes["visits"].store.ask(
            "SELECT state, phase FROM visits_visits WHERE visit = ?", visit
        )
        return (orjson.loads(found[0][0]), found[0][1]) if found else ({}, "")

    def watch_words(self, before: dict[str, int]) -> None:
        """The orchestrator must never go back to an older word of an owner."""
        if before:
            now = self.newest_words()
            older = sorted(hold for hold, seen in before.items() if now.get(hold, seen) < seen)
            self.wrong += [f"{hold} went back to an older word of its owner" for hold in older]

    def newest_words(self) -> dict[str, int]:
        """The revision of the last answer that the orchestrator knows, by hold; not to be changed.
        Read again only when something was written."""
        store = self.processes["visits"].store
        if self._words_at != store.stamp:
            rows = store.ask("SELECT state FROM visits_visits")
            self._words_at, self._words = store.stamp, {
                held["hold"]: held["seen"]["revision"]
                for (state,) in rows
                for held in orjson.loads(state)["holds"]
                if held["seen"]
            }  # fmt: skip
        return self._words

    # ------------------------------------------------------------ coverage

    def _note_pair(self, process: Process, one: Stored) -> None:
        assert self.cover is not None
        kind = one.subject.split(".")[2]
        try:
            body = orjson.loads(one.data)
            if kind in _STATES:
                self.cover[_STATES[kind](process, body), kind] += 1
            elif process.name == "visits":
                found = process.store.ask(
                    "SELECT phase FROM visits_visits WHERE visit = ?", body["visit"]
                )
                self.cover[found[0][0] if found else "none", kind] += 1
            elif process.name in RULES:
                named = body.get("holds", [body.get("hold")])
                for hold in named:
                    name = hold["hold"] if isinstance(hold, dict) else hold
                    found = process.store.ask(
                        f"SELECT state FROM {process.name}_holds WHERE hold = ?", name
                    )
                    self.cover[found[0][0] if found else "none", kind] += 1
        except (ValueError, KeyError, TypeError, AttributeError):
            self.cover["rubbish", kind] += 1
