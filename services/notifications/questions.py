"""Questions of consent to a unit's contact, and how they end. Pure.

Field rule: after the guarantee deadline a kitchen need not take an increase; somebody there says
yes or no, until a moment that the letter names.

Must not: do I/O or read a clock.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from services.notifications.documents import Contact
from shared.contracts.holds import Hold, HoldState
from shared.contracts.values import Text, Window
from shared.contracts.visits import ConsentAsked


class Outcome(StrEnum):
    """How a question ended, as its recipient is told."""

    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    SILENT = "silent"
    WITHDRAWN = "withdrawn"


class Question(BaseModel):
    """A question as a letter asks it, or closes it."""

    model_config = ConfigDict(frozen=True)

    visit: str
    title: Text
    hold: str
    question: Text
    what: Text | None = None
    window: Window | None = None
    zone: str
    answer_by: datetime
    outcome: Outcome = Outcome.OPEN


def question_of(event: ConsentAsked, zone: str) -> Question | None:
    """The question that an event asks; None when it carries none."""
    hold = event.hold
    if hold.consent is None:
        return None
    return Question(
        visit=event.visit,
        title=event.title,
        hold=hold.hold,
        question=hold.consent.question,
        what=hold.summary,
        window=hold.window,
        zone=zone,
        answer_by=hold.consent.answer_by,
    )


def asked_of(event: ConsentAsked, contacts: Iterable[Contact]) -> list[Contact]:
    """The contacts of the unit that decides."""
    consent = event.hold.consent
    return [one for one in contacts if consent is not None and consent.asked_of in one.units]


def outcome_of(hold: Hold) -> Outcome:
    """Why a question is closed: answered, left unanswered, or no longer of interest to anybody."""
    if hold.state in (HoldState.HELD, HoldState.CONFIRMED):
        return Outcome.AGREED
    if hold.state is HoldState.REFUSED and hold.refusal is not None:
        return {"consent_refused": Outcome.DECLINED, "consent_silent": Outcome.SILENT}.get(
            hold.refusal.code, Outcome.WITHDRAWN
        )
    return Outcome.WITHDRAWN


def question_topic(hold: str) -> str:
    """One question per hold."""
    return f"question/{hold}"


def answer_topic(hold: str) -> str:
    """One closing letter per question."""
    return f"answered/{hold}"
