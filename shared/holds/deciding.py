"""From a request to a hold: reading it, asking the service's rules, keeping what they say.

Must not: count or store; `ledger` does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import ValidationError

from shared.contracts.catalog import kinds_of
from shared.contracts.holds import (
    ConfirmHolds,
    HoldRequest,
    HoldState,
    NeedRequest,
    PlaceHolds,
    Refusal,
    ReleaseHolds,
)
from shared.contracts.values import Text
from shared.holds.cells import Cells
from shared.holds.entries import Body, Entry
from shared.holds.ledger import Ledger
from shared.holds.machine import Move
from shared.holds.port import Allotment, Ask, Rules, Standing
from shared.holds.spans import Cell, tidy
from shared.holds.times import time_problem

LONGEST = timedelta(days=366)
"""Of any need; the rules of a service may be stricter."""
CONSENT_NO = {
    Move.DENY: ("consent_refused", Text(zh="对方不同意。", en="Consent was refused.")),
    Move.SILENCE: ("consent_silent", Text(zh="对方逾期未答复。", en="No answer came in time.")),
}


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left for one need: its own live holds do not stand in its way (`port.Free`)."""

    cells: Cells
    own: dict[Cell, int]

    def free(self, unit: str, slot: int) -> int:
        """Capacity left in one slot; never negative."""
        cell = unit, slot
        taken = self.cells.taken(cell) - self.own.get(cell, 0)
        return max(self.cells.possible(cell) - taken, 0)

    def least(self, unit: str, start: int, stop: int) -> int:
        """Smallest capacity left in the slots `start <= slot < stop`."""
        least: int | None = None
        for slot in range(start, stop):
            free = self.free(unit, slot)
            if not free:
                return 0
            least = free if least is None else min(least, free)
        return least or 0

    def taken(self, unit: str, slot: int) -> int:
        """How much of the slot others have taken."""
        return self.cells.taken((unit, slot)) - self.own.get((unit, slot), 0)

    def idle(self, unit: str, start: int, stop: int) -> bool:
        """Whether others have taken nothing in the slots `start <= slot < stop`."""
        known, asked = self.cells.slots(unit), range(start, stop)
        # Mostly nothing of a unit is taken near a wish, and the slots need not be gone through.
        some = asked if len(known) > len(asked) else known
        return not any(slot in asked and self.taken(unit, slot) for slot in some)


def unreadable(service: str, request: NeedRequest) -> Refusal | None:
    """Why the rules cannot even read a request."""
    kind = kinds_of(service).get(request.kind)
    if kind is None:
        en = f"{service} does not book {request.kind}."
        zh = f"{service} 不承办 {request.kind}。"
        return _invalid(zh, en)
    wrong = time_problem(request.window, LONGEST)
    if wrong is not None:
        return wrong
    try:
        kind.details.model_validate(request.details)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        said = f"{where}: {first['msg']}"
        return _invalid(f"需求填写有误: {said}", f"The need is not valid: {said}")
    return None


def _invalid(zh: str, en: str) -> Refusal:
    return Refusal(code="invalid_need", sentence=Text(zh=zh, en=en))


def decide(
    rules: Rules[Any],
    ledger: Ledger,
    command: PlaceHolds,
    one: HoldRequest,
    wrong: Refusal | None,
) -> Entry:
    """A new hold as the rules want it: held, pending a consent, or refused."""
    now, request = ledger.work.now, one.request
    entry = Entry(
        hold=one.hold, visit=command.visit, need=request.need, kind=request.kind,
        state=HoldState.REFUSED, revision=1, cause=command.cause, actor=command.actor,
        body=Body(window=request.window, tag=one.tag), stored=False,
    )  # fmt: skip
    answer = wrong or rules.allocate(
        Ask(
            request=request,
            free=Remaining(ledger.cells, ledger.share(command.visit, request.need)),
            now=now,
            consent_within_s=command.consent_within_s,
            standing=_standing(ledger.chain(command.visit, request.need)),
            # While a store recovers its kernel makes no refusal known.
            advise=not ledger.work.recovering,
        ),
        ledger.inventory,
    )
    if isinstance(answer, Refusal):
        entry.body.refusal = answer
        return entry
    return _allotted(entry, answer, now + timedelta(seconds=command.hold_for_s))


def _allotted(entry: Entry, answer: Allotment, expires_at: datetime) -> Entry:
    entry.state = HoldState.PENDING if answer.consent else HoldState.HELD
    entry.claims = tidy(answer.claims)
    entry.body = entry.body.model_copy(
        update={
            "summary": answer.summary,
            "allotted": answer.allotted,
            "cost": answer.cost,
            "consent": answer.consent,
            "alternatives": answer.alternatives,
            "expires_at": expires_at,
        }
    )
    return entry


def _standing(chain: Sequence[Entry]) -> Standing | None:
    """What the need holds already: what is confirmed, else the newest."""
    best = max(chain, key=lambda e: (e.state is HoldState.CONFIRMED, e.hold), default=None)
    if best is None:
        return None
    return Standing(best.claims, best.body.allotted, best.state is HoldState.CONFIRMED)


def tombstone(hold: str, command: ConfirmHolds | ReleaseHolds) -> Entry:
    """What is remembered of a hold that was let go before it was ever seen."""
    return Entry(
        hold=hold, visit=command.visit, need=None, kind=None, state=HoldState.RELEASED,
        revision=1, cause=command.cause, actor=command.actor, body=Body(), stored=False,
    )  # fmt: skip


def no_of(move: Move, reason: str = "") -> Refusal:
    """The refusal of a consent that was denied or never came."""
    code, sentence = CONSENT_NO[move]
    if reason:
        sentence = Text(zh=f"{sentence.zh} {reason}", en=f"{sentence.en} {reason}")
    return Refusal(code=code, sentence=sentence)
