"""The world of one history: processes, bus and time, pushed from step to step, then left to rest.

Must not: judge; `invariants` does.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection

from services.console.store import Act, begin
from services.notifications.channels.port import Letter
from shared.chassis.limits import ACK_WAIT_S, BUS_WATCH_S, SWEEP_AGE_S
from shared.chassis.tables import chassis_tables
from shared.chassis.work import Work
from shared.contracts.catalog import CATALOG
from shared.contracts.holds import AnswerConsent
from shared.contracts.message import Command
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposeVisit,
    SubmitVisit,
)
from tests.simulation.bus import Bus, Stored
from tests.simulation.cast import ROLES, RULES, seed
from tests.simulation.histories import VISITS, History, Step
from tests.simulation.loop import HandLoop
from tests.simulation.planners import spec_of
from tests.simulation.process import Process
from tests.simulation.stores import Store, blank

START = datetime(2027, 9, 1, 6, tzinfo=UTC)
CITY = Path(__file__).parent / "city"
PATIENCE_S = (90.0, 7_300.0, 60.0)
"""After the noise: time for what is due soon; past every expiry of holds, proposals and consent;
and time to settle what those expiries caused."""
MOST_ROUNDS = 4_000


class Stuck(AssertionError):
    """The world did not come to rest."""


@cache
def _first_day(name: str) -> tuple[Store, bytes]:
    """The store of a service, and how it looks on the first day."""
    store = Store()
    store.load(blank(name, ROLES[name].layers))
    ids = iter(range(10_000))
    with store.begin() as connection:
        seed(name, _work(connection, name, lambda: f"seed-{next(ids)}"), CITY)
    return store, store.image()


def fresh_store(name: str) -> Store:
    """The store of a service on the first day. There is one per service and process of ours."""
    store, image = _first_day(name)
    store.crash = lambda _point: None
    store.load(image)
    return store


def _work(connection: Connection, name: str, new_id: Callable[[], str]) -> Work:
    return Work(connection, START, name, chassis_tables(name), new_id)


class Mailbox:
    """The recipients: what they got, in order."""

    def __init__(self) -> None:
        self.letters: list[Letter] = []

    async def send(self, letter: Letter) -> None:
        """Take a letter."""
        self.letters.append(letter)


class World:
    """Play a history with `play`; then look at `processes`, `mailbox` and the counts."""

    def __init__(self, history: History, cover: Counter[tuple[str, str]] | None = None) -> None:
        random.seed(history.seed)
        self.history, self.cover = history, cover
        self.t = 0.0
        self.loop = HandLoop(lambda: self.t)
        self.deliveries, self.faults = 0, Counter[str]()
        self.mailbox = Mailbox()
        self.poisoned: list[str] = []
        self.commands = 0
        self.revising: set[str] = set()
        """Commands that make a new revision if they are accepted."""
        self._ids = 0
        self._fates: dict[str, list[str]] = {}
        owners = history.owners()
        idle = (set(RULES) - owners) | (set() if history.notices else {"notifications"})
        names = [name for name in ROLES if name not in idle]
        takers: dict[str, tuple[str, ...]] = {}
        for name in names:
            for subject in ROLES[name].subjects():
                takers[subject] = (*takers.get(subject, ()), name)
        self.bus = Bus(lambda: self.t, takers)
        self.processes = {
            name: Process(ROLES[name], fresh_store(name), self.bus, self.loop, self.now,
                          self._fate, self.mailbox, self._new_id)
            for name in names
        }  # fmt: skip
        self._names = names

    def now(self) -> datetime:
        """True time."""
        return START + timedelta(seconds=self.t)

    def _new_id(self) -> str:
        self._ids += 1
        return f"m{self._ids:08}"

    def _fate(self, process: Process) -> str:
        waiting = self._fates.get(process.name)
        if not waiting:
            return "ok"
        fate = waiting.pop()
        self.faults[fate.partition(":")[0]] += 1
        return fate

    # ------------------------------------------------------------ steps

    def play(self) -> None:
        """All steps, then rest."""
        for step in self.history.steps:
            self.do(step)
        self.rest()

    def do(self, step: Step) -> None:
        """One step; whoever died in it lives again afterwards."""
        verb, *rest = step
        _STEPS[verb](self, *rest)
        self.breathe()

    def breathe(self) -> None:
        """Run what is ready; bring the dead back."""
        self.loop.until_idle()
        for process in self.processes.values():
            if process.dead:
                self.faults.update(f"killed {p}" for p in process.deaths.elements())
                process.deaths.clear()
                process.reap()
        self.loop.until_idle()

    def _process(self, number: int) -> Process:
        return self.processes[self._names[number % len(self._names)]]

    def flow(self, many: int) -> None:
        """Deliver in order, one by one, and let everybody write."""
        for _ in range(many):
            ready = self.bus.ready()
            if not ready:
                return
            self.hand(ready[0])
            self.turn_all()

    def give(self, number: int, how: str) -> None:
        """Deliver some message, not necessarily the oldest; the writer does not turn yet."""
        ready = self.bus.ready()
        if not ready:
            return
        one = ready[number % len(ready)]
        if how != "ok":
            self.faults[f"delivery {how}"] += 1
        if how == "lost":
            one.due = self.t + ACK_WAIT_S
            return
        self.hand(one, lose_ack=how == "ack lost")
        if how == "twice":
            self.hand(one)

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

    def doom(self, number: int, point: str, after: int) -> None:
        """A process will die when it passes this point."""
        self._process(number).doom = [point, after]

    def fate(self, number: int, fate: str) -> None:
        """The next publication of a process will meet this fate."""
        self._fates.setdefault(self._process(number).name, []).append(fate)

    def skew(self, number: int, seconds: float) -> None:
        """A process's clock is off."""
        self._process(number).skew = timedelta(seconds=seconds)
        self.faults["clock"] += seconds != 0

    def job(self, number: int, which: int) -> None:
        """A process does one of its periodic jobs, in its time or not."""
        process = self._process(number)
        names = ["mark", "sweep", *process.jobs()]
        self.run_job(process, names[which % len(names)])
        self.turn_all()

    def run_job(self, process: Process, name: str) -> None:
        """Start a job; the writer has still to turn."""
        if name == "mark":
            process.spawn(process.relay.flush_marks())
        elif name == "sweep":
            process.spawn(process.relay.sweep())
        elif name == "courier" and process.part.courier is not None:
            process.spawn(process.part.courier._round())
        else:
            process.job(name)
        self.loop.until_idle()

    def wipe(self) -> None:
        """The bus forgets everything."""
        self.bus.wipe()
        self.faults["bus wiped"] += 1

    def set_bus(self, up: bool) -> None:
        """The bus goes away, or comes back."""
        if up and not self.bus.up:
            for process in self.processes.values():
                process.wake_up()
        self.bus.up = up
        self.faults["bus down"] += not up

    def ghost(self, number: int) -> None:
        """A message from long ago comes once more."""
        if self.bus.old:
            one = self.bus.old.pop(number % len(self.bus.old))
            one.due = self.t
            self.bus.waiting.append(one)
            self.faults["ghost"] += 1

    def poison(self, number: int) -> None:
        """Somebody puts rubbish on a subject."""
        subjects = sorted(self.bus.consumers)
        one = f"poison-{number}-{self._new_id()}"
        body = (b"{", b"\xff\x00", b'{"visit": 7}')[number % 3]
        self.bus.store(subjects[number % len(subjects)], body, {"Nats-Msg-Id": one}, 0)
        self.poisoned.append(one)
        self.faults["poison"] += 1

    # ------------------------------------------------------------ planners

    def act(self, verb: str, number: int, shape: int = 0, stale: int = 0) -> None:
        """A planner acts through the console."""
        visit = VISITS[number]
        self.commands += 1
        one = f"c{self.commands}"
        who = {"cause": one, "actor": "planner", "command": one, "visit": visit}
        revision, proposal = self._seen(visit)
        if verb in ("submit", "commit"):
            self.revising.add(one)
        command: Command
        if verb == "submit":
            seen = max(0, revision - stale)
            command = SubmitVisit(**who, expected_revision=seen, spec=spec_of(visit, shape))
        elif verb == "propose":
            spec = spec_of(visit, shape)
            command = ProposeVisit(**who, expected_revision=max(1, revision), spec=spec)
        elif verb == "commit":
            command = CommitProposal(**who, expected_revision=max(1, revision), proposal=proposal)
        elif verb == "drop":
            command = DropProposal(**who, proposal=proposal)
        else:
            command = CancelVisit(**who, expected_revision=max(1, revision))
        self._begin(one, visit, command)

    def answer(self, granted: bool, _number: int) -> None:
        """The kitchen says yes or no to the oldest question it has."""
        if "catering" not in self.processes:
            return
        found = self.processes["catering"].store.ask(
            "SELECT hold FROM catering_holds WHERE state = 'pending' ORDER BY hold LIMIT 1"
        )
        if found:
            self.commands += 1
            one = f"c{self.commands}"
            command = AnswerConsent(
                cause=one, actor="kitchen", command=one, hold=found[0][0], granted=granted
            )
            self._begin(one, found[0][0], command, CATALOG["meal"].service)

    def _seen(self, visit: str) -> tuple[int, str]:
        state, _phase = self.state_of(visit)
        if not state:
            return 0, "none"
        return state["revision"], (state["proposal"] or {"id": "none"})["id"]

    def state_of(self, visit: str) -> tuple[dict[str, Any], str]:
        """What the orchestrator has stored of a visit, and its phase; empty when it has nothing."""
        found = self.processes["visits"].store.ask(
            "SELECT state, phase FROM visits_visits WHERE visit = ?", visit
        )
        return (orjson.loads(found[0][0]), found[0][1]) if found else ({}, "")

    def _begin(self, one: str, about: str, command: Command, owner: str | None = None) -> None:
        console = self.processes["console"]
        act = Act(one, one, about, None, None)
        console.spawn(console.writer.run(lambda work: begin(work, act, command, owner)))
        self.loop.until_idle()
        console.turn()

    # ------------------------------------------------------------ rest

    def rest(self) -> None:
        """The noise stops; time runs on until nothing is left to be done."""
        self._fates.clear()
        for process in self.processes.values():
            process.doom, process.skew = None, timedelta()
        self.set_bus(up=True)
        for _ in range(2):
            # The second look sees what the first found not yet marked.
            self._look_at_bus()
            self._run_until(self.t + BUS_WATCH_S)
        # Even a message that was on its way for days has arrived.
        self._run_until(max((one.due for one in self.bus.waiting), default=self.t))
        for seconds in PATIENCE_S:
            self._look_at_bus()
            self._run_until(self.t + seconds)

    def _look_at_bus(self) -> None:
        """Every service looks whether the bus has lost something; it does so every few seconds."""
        if self.faults["bus wiped"]:
            for process in self.processes.values():
                process.look_at_bus()

    def _run_until(self, end: float) -> None:
        for _ in range(MOST_ROUNDS):
            if self._drain() or self._due_jobs():
                continue
            following = self._next_moment()
            if following is None or following > end:
                self.pass_time(max(0.0, end - self.t))
                return
            self.pass_time(max(0.001, following - self.t))
        raise Stuck(f"no rest after {MOST_ROUNDS} rounds")

    def _drain(self) -> bool:
        self.breathe()
        ready = self.bus.ready()
        for one in ready:
            self.hand(one)
        return self.turn_all() or bool(ready) or self._writers_wait()

    def _writers_wait(self) -> bool:
        return any(process.writer.busy for process in self.processes.values())

    def _due_jobs(self) -> bool:
        started = False
        for process in self.processes.values():
            for name, when in self._agenda(process):
                if when <= self.t:
                    self.run_job(process, name)
                    started = True
        return started

    def _next_moment(self) -> float | None:
        moments = [when for p in self.processes.values() for _n, when in self._agenda(p)]
        due = self.bus.next_due()
        return min([*moments, *([due] if due is not None else [])], default=None)

    def _agenda(self, process: Process) -> list[tuple[str, float]]:
        """Which jobs of a process have something to do, and when."""
        found: list[tuple[str, float]] = []
        if process.relay._stored:
            found.append(("mark", self.t))
        name = process.name
        waiting = process.store.ask(
            f"SELECT min(created_at) FROM {name}_outbox WHERE published_at IS NULL"
        )[0][0]
        if waiting:
            found.append(("sweep", self._seconds(waiting) + SWEEP_AGE_S + 0.001))
        for job, query in process.role.job_queries.items():
            moment = process.store.ask(query)[0][0]
            if moment:
                found.append((job, self._seconds(moment)))
        if process.part.courier is not None:
            found += self._letters(process)
        return found

    def _letters(self, process: Process) -> list[tuple[str, float]]:
        due, lease = process.store.ask(
            "SELECT min(CASE state WHEN 'waiting' THEN due_at END),"
            " min(CASE state WHEN 'sending' THEN lease_until END) FROM notifications_notices"
        )[0]
        return [("courier", self._seconds(one)) for one in (due, lease) if one]

    @staticmethod
    def _seconds(text: str) -> float:
        return (datetime.fromisoformat(text).replace(tzinfo=UTC) - START).total_seconds()

    # ------------------------------------------------------------ coverage

    def _note_pair(self, process: Process, one: Stored) -> None:
        assert self.cover is not None
        kind = one.subject.split(".")[2]
        try:
            body = orjson.loads(one.data)
            if process.name == "visits":
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


_STEPS: dict[str, Callable[..., Any]] = {
    "submit": lambda world, *rest: world.act("submit", *rest),
    "propose": lambda world, *rest: world.act("propose", *rest),
    "commit": lambda world, visit: world.act("commit", visit),
    "drop": lambda world, visit: world.act("drop", visit),
    "cancel": lambda world, visit: world.act("cancel", visit),
    "consent": lambda world, visit: world.answer(True, visit),
    "refuse": lambda world, visit: world.answer(False, visit),
    "flow": World.flow,
    "give": World.give,
    "turn": lambda world, process, most: world._process(process).turn(most),
    "doom": World.doom,
    "fate": World.fate,
    "time": World.pass_time,
    "job": World.job,
    "skew": World.skew,
    "wipe": World.wipe,
    "bus down": lambda world: world.set_bus(up=False),
    "bus up": lambda world: world.set_bus(up=True),
    "ghost": World.ghost,
    "poison": World.poison,
}
