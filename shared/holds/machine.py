"""The table of moves of a hold. Resolved once: a terminal state never changes again.

    placed     is held, pending where a person must consent, or refused: the rules decide
    pending    ─grant→ held         ─deny, silence→ refused   ─release→ released   ─expire→ expired
    held       ─confirm→ confirmed  ─withdraw→ refused        ─release→ released   ─expire→ expired
    confirmed                       ─withdraw→ refused        ─release→ released

Must not: touch a store or a clock; the instant is an argument.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from shared.contracts.holds import HoldState


class Move(StrEnum):
    """What can happen to a hold."""

    GRANT = "grant"
    DENY = "deny"
    SILENCE = "silence"
    CONFIRM = "confirm"
    RELEASE = "release"
    EXPIRE = "expire"
    WITHDRAW = "withdraw"
    """Whoever owns the capacity outside takes it back: a hotel that cancels by itself."""


MOVES: dict[tuple[HoldState, Move], HoldState] = {
    (HoldState.PENDING, Move.GRANT): HoldState.HELD,
    (HoldState.PENDING, Move.DENY): HoldState.REFUSED,
    (HoldState.PENDING, Move.SILENCE): HoldState.REFUSED,
    (HoldState.PENDING, Move.RELEASE): HoldState.RELEASED,
    (HoldState.PENDING, Move.EXPIRE): HoldState.EXPIRED,
    (HoldState.HELD, Move.CONFIRM): HoldState.CONFIRMED,
    (HoldState.HELD, Move.RELEASE): HoldState.RELEASED,
    (HoldState.HELD, Move.EXPIRE): HoldState.EXPIRED,
    (HoldState.CONFIRMED, Move.RELEASE): HoldState.RELEASED,
    (HoldState.HELD, Move.WITHDRAW): HoldState.REFUSED,
    (HoldState.CONFIRMED, Move.WITHDRAW): HoldState.REFUSED,
}


def after(state: HoldState, move: Move) -> HoldState:
    """The state after a move; the same state where the move means nothing any more."""
    return MOVES.get((state, move), state)


def due(
    state: HoldState, expires_at: datetime | None, answer_by: datetime | None, now: datetime
) -> Move | None:
    """What time alone has done to a hold by `now`. A confirmed hold is never touched by time."""
    if state is HoldState.PENDING and answer_by is not None and answer_by <= now:
        return Move.SILENCE
    if (
        state in (HoldState.PENDING, HoldState.HELD)
        and expires_at is not None
        and expires_at <= now
    ):
        return Move.EXPIRE
    return None
