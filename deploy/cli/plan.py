"""`plan FILE`: run `plan()` again on what the console gave as `plan-input`, and explain it.

Nothing is asked and nothing is sent: the same input gives the same plan, here as in the service.

Must not: decide; `services.visits.reconcile` does.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError

from deploy.cli import show
from deploy.cli.http import USAGE, ToolError
from deploy.cli.setting import setting_of
from services.visits.draft import Plan
from services.visits.pacing import Pacing
from services.visits.reconcile import Wanted, plan
from services.visits.specbook import Reading, read
from services.visits.status import VisitState
from services.visits.views import need_view, serving
from shared.contracts.spec import VisitSpec

NEED = {"need": "NEED", "owner": "OWNER", "wanted": "WANTED AS", "state": "STATE", "hold": "HOLD",
        "wish": "WE ASKED TO", "asks": "TIMES", "why": "SAID"}  # fmt: skip


SAVE = "save /v1/visits/<visit>/plan-input to a file"


@dataclass(frozen=True, slots=True)
class Input:
    """What `plan()` looks at."""

    state: VisitState
    reading: Reading
    proposed: Reading | None
    pacing: Pacing
    now: datetime

    def wanted(self) -> Wanted:
        """As the orchestrator puts it together."""
        return Wanted(
            base=() if self.state.cancelled else self.reading.needs,
            ends_at=self.reading.span.ends_at,
            barred=self.reading.barred,
            proposed=self.proposed.needs if self.proposed else None,
            proposed_barred=self.proposed.barred if self.proposed else False,
        )


def run(
    context: typer.Context,
    file: Annotated[str, typer.Argument(help="A plan's input as JSON; - reads it.")],
    at: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%dT%H:%M:%S%z"], help="As if it were then, with an offset."),
    ] = None,
) -> None:
    """Plan a visit again from its input, and say line by line what it saw and decided."""
    given = read_input(_document(file), at)
    made = plan(given.state, given.wanted(), given.pacing, given.now)
    if setting_of(context).as_json:
        show.document(as_document(given, made))
        return
    show.fields({"visit": given.state.visit, "revision": given.state.revision,
                 "now": given.now.isoformat(), "cause": given.state.cause})  # fmt: skip
    show.heading("Rules of the field")
    for one in given.reading.findings:
        show.say(f"{one.rule} {one.severity}: {one.sentence.en} ({one.path})")
    if not given.reading.findings:
        show.say("Nothing to say.")
    show.heading("What it saw")
    show.table(NEED, seen(given, given.reading))
    if given.proposed is not None:
        show.heading("What it saw for the proposal")
        show.table(NEED, seen(given, given.proposed))
    show.heading("What it decided")
    for sentence in made.decisions or ("Nothing: all is as it should be, or not due yet.",):
        show.say(sentence)
    show.heading("What follows")
    show.fields(outcome(made))


def read_input(document: Any, at: datetime | None = None) -> Input:
    """The input of a plan out of a document. Raises ToolError that says what is wrong."""
    try:
        pacing = dict(document["pacing"])
        pacing |= {"retries_s": tuple(pacing["retries_s"]),
                   "worth_retrying": frozenset(pacing["worth_retrying"])}  # fmt: skip
        proposed = document["proposed"]
        return Input(
            state=VisitState.model_validate(document["status"]),
            reading=read(VisitSpec.model_validate(document["spec"])),
            proposed=read(VisitSpec.model_validate(proposed)) if proposed else None,
            pacing=Pacing(**pacing),
            now=at or datetime.fromisoformat(document["now"]),
        )
    except (KeyError, TypeError, ValueError, ValidationError) as error:
        told = f"this is no input of a plan: {error!r}; {SAVE}"
        raise ToolError(USAGE, told) from error


def _document(file: str) -> Any:
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")
        return json.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(USAGE, f"{file} cannot be read: {error}") from error
    except ValueError as error:
        raise ToolError(USAGE, f"{file} is no JSON: {error}; {SAVE}") from error


def seen(given: Input, reading: Reading) -> Iterator[dict[str, Any]]:
    """Each need and what stands for it."""
    for need in reading.needs:
        view, held = need_view(given.state, need), serving(given.state, need)
        why = view.refusal.code if view.refusal else "consent awaited" if view.consent else ""
        exact = held is not None and held.fingerprint == need.fingerprint
        yield {
            "need": view.need,
            "owner": view.service,
            "wanted": "this" if exact else "something else stands" if held else "nothing yet",
            "state": view.state,
            "hold": view.hold,
            "wish": held.wish.value if held else None,
            "asks": held.asks if held else None,
            "why": why,
        }


def outcome(made: Plan) -> dict[str, Any]:
    """What a plan leads to."""
    told: dict[str, Any] = {
        "phase": made.phase.value,
        "proposal": made.proposal_phase.value if made.proposal_phase else None,
        "firm": made.firm,
        "looks again": made.wake_at.isoformat() if made.wake_at else None,
    }
    for verb, basket in (("place", made.place), ("confirm", made.confirm),
                         ("release", made.release)):  # fmt: skip
        for service, some in basket.items():
            names = [one if isinstance(one, str) else one.hold for one in some]
            told[f"{verb} at {service}"] = ", ".join(names)
    return told


def as_document(given: Input, made: Plan) -> dict[str, Any]:
    """The same for scripts."""
    return {
        "visit": given.state.visit,
        "now": given.now.isoformat(),
        "findings": [one.model_dump(mode="json") for one in given.reading.findings],
        "seen": list(seen(given, given.reading)),
        "seen_for_proposal": list(seen(given, given.proposed)) if given.proposed else [],
        "decisions": list(made.decisions),
        "outcome": outcome(made),
    }
