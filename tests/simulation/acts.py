"""What planners, operations and kitchens do: commands through the console's own store.

Must not: know how it ends.
"""

from __future__ import annotations

from services.console import store as acts
from services.console.audit import Entry
from services.console.store import Act
from shared.contracts.catalog import CATALOG
from shared.contracts.holds import AnswerConsent
from shared.contracts.message import Command
from shared.contracts.visits import (
    CancelVisit,
    CommitProposal,
    DropProposal,
    ProposeVisit,
    ReconcileVisit,
    SubmitVisit,
)
from tests.simulation.histories import VISITS
from tests.simulation.planners import spec_of
from tests.simulation.world import World


def act(world: World, verb: str, number: int, shape: int = 0, stale: int = 0) -> None:
    """A planner, or somebody of operations, acts through the console."""
    visit = VISITS[number]
    world.commands += 1
    one = f"c{world.commands}"
    who = {"cause": one, "actor": "planner", "command": one, "visit": visit}
    revision, proposal = _seen(world, visit)
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
    elif verb == "reconcile":
        command = ReconcileVisit(**who, reason="to see")
    else:
        command = CancelVisit(**who, expected_revision=max(1, revision))
    begin(world, verb, one, visit, command)


def answer(world: World, granted: bool, _number: int) -> None:
    """The kitchen says yes or no to the oldest question it has."""
    if "catering" not in world.processes:
        return
    found = world.processes["catering"].store.ask(
        "SELECT hold FROM catering_holds WHERE state = 'pending' ORDER BY hold LIMIT 1"
    )
    if found:
        world.commands += 1
        one = f"c{world.commands}"
        command = AnswerConsent(
            cause=one, actor="kitchen", command=one, hold=found[0][0], granted=granted
        )
        begin(world, "consent", one, found[0][0], command, CATALOG["meal"].service)


def again(world: World, number: int) -> None:
    """A planner's command comes once more, as another message."""
    stored = world.processes["console"].store.ask("SELECT command FROM console_acts")
    repeat(world, sorted(row[0] for row in stored), number)


def repeat(world: World, stored: list[str], number: int) -> None:
    """One of these commands comes once more."""
    if stored:
        _verb, command, owner = world.sent[stored[number % len(stored)]]
        body = command.model_dump_json().encode()
        one = f"again-{world.new_id()}"
        world.bus.store(command.subject(owner), body, {"Nats-Msg-Id": one}, 0)
        world.repeated.add(one)
        world.faults["command repeated"] += 1


def _seen(world: World, visit: str) -> tuple[int, str]:
    state, _phase = world.state_of(visit)
    if not state:
        return 0, "none"
    return state["revision"], (state["proposal"] or {"id": "none"})["id"]


def begin(
    world: World, verb: str, one: str, about: str, command: Command, owner: str | None = None
) -> None:
    """A command goes into the console's store, and from there on its way."""
    world.sent[one] = (verb, command, owner)
    console = world.processes["console"]
    act = Act(one, one, about, command.actor, None, None)
    entry = Entry(command.actor, ("planner",), "POST", verb, about, one, None)
    console.spawn(console.writer.run(lambda work: acts.begin(work, act, command, owner, entry)))
    world.loop.until_idle()
    console.turn()
