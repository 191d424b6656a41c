"""What the owner of capacity outside says of a hold by itself: yes, no, or no longer.

Must not: count (`ledger`), or know who speaks; a service does.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.chassis.work import Work
from shared.contracts.holds import MAX_HOLDS_PER_MESSAGE, HoldsChanged, HoldState, Refusal
from shared.holds.entries import Entry
from shared.holds.ledger import Ledger
from shared.holds.machine import Move, after

Watch = Callable[[Work, Sequence[Entry]], None]
"""Told, in the transaction of the change, which holds are new or have moved."""


@dataclass(frozen=True, slots=True)
class Word:
    """Of one hold: without a refusal it is a yes."""

    hold: str
    refusal: Refusal | None = None


def hear(ledger: Ledger, entry: Entry, word: Word) -> bool:
    """A yes grants what is pending; a no refuses it, and withdraws what is held or confirmed.

    What is resolved stays as it is. Returns whether the word has moved the hold.
    """
    if word.refusal is None:
        if entry.state is not HoldState.PENDING:
            return False
        entry.body = entry.body.model_copy(update={"granted": True})
        ledger.move(entry, after(entry.state, Move.GRANT))
        return True
    move = Move.DENY if entry.state is HoldState.PENDING else Move.WITHDRAW
    if after(entry.state, move) is entry.state:
        return False
    deny(ledger, entry, move, word.refusal)
    return True


def deny(ledger: Ledger, entry: Entry, move: Move, refusal: Refusal) -> None:
    """Move a hold to its end, with the reason why, and the ways out that were known for it."""
    if not refusal.alternatives:
        refusal = refusal.model_copy(update={"alternatives": entry.body.alternatives})
    entry.body = entry.body.model_copy(update={"refusal": refusal})
    ledger.move(entry, after(entry.state, move))


def tell(work: Work, service: str, moved: Mapping[str, Sequence[Entry]]) -> None:
    """Say what became of holds, by visit, that nobody has just asked about."""
    for visit, entries in moved.items():
        for start in range(0, len(entries), MAX_HOLDS_PER_MESSAGE):
            some = entries[start : start + MAX_HOLDS_PER_MESSAGE]
            told = tuple(entry.public() for entry in some)
            work.send(HoldsChanged(cause=some[0].cause, actor=service, visit=visit, holds=told))
