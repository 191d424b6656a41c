"""A hold in memory: its columns, its body, its claims, and how it is told to others.

Must not: count cells (`ledger`) or decide (`kernel`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.contracts.holds import LIVE, Alternative, Consent, Hold, HoldState, Refusal
from shared.contracts.values import Money, Text, Window
from shared.holds.port import Claim


class Body(BaseModel):
    """What was asked and answered, beyond the columns that are searched."""

    window: Window | None = None
    summary: Text | None = None
    allotted: dict[str, Any] = {}
    cost: Money | None = None
    consent: Consent | None = None
    refusal: Refusal | None = None
    alternatives: tuple[Alternative, ...] = ()
    tag: str = ""
    expires_at: datetime | None = None
    granted: bool = False


@dataclass(slots=True)
class Entry:
    """One hold in memory. `stored` is False until its row exists."""

    hold: str
    visit: str
    need: str | None
    kind: str | None
    state: HoldState
    revision: int
    cause: str
    actor: str
    body: Body
    claims: tuple[Claim, ...] = ()
    stored: bool = True
    changed: bool = False

    @property
    def live(self) -> bool:
        """It takes capacity."""
        return self.state in LIVE

    @property
    def answer_by(self) -> datetime | None:
        """Until when a person may consent."""
        return self.body.consent.answer_by if self.body.consent else None

    @property
    def due_at(self) -> datetime | None:
        """When time alone will move it."""
        if self.state is HoldState.PENDING:
            return min((t for t in (self.answer_by, self.body.expires_at) if t), default=None)
        return self.body.expires_at if self.state is HoldState.HELD else None

    def public(self) -> Hold:
        """Its whole state, as told to others."""
        return Hold(
            hold=self.hold,
            visit=self.visit,
            need=self.need,
            kind=self.kind,
            state=self.state,
            revision=self.revision,
            expires_at=self.body.expires_at if self.state is not HoldState.CONFIRMED else None,
            consent=self.body.consent if self.state is HoldState.PENDING else None,
            refusal=self.body.refusal if self.state is HoldState.REFUSED else None,
            summary=self.body.summary,
            allotted=self.body.allotted,
            cost=self.body.cost,
            window=self.body.window,
            tag=self.body.tag,
        )


def entry_of(row: Any) -> Entry:
    """An entry from its stored row; claims are read apart."""
    return Entry(
        hold=row.hold,
        visit=row.visit,
        need=row.need,
        kind=row.kind,
        state=HoldState(row.state),
        revision=row.revision,
        cause=row.cause,
        actor=row.actor,
        body=Body.model_validate_json(row.body),
    )
