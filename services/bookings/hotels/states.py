"""How blocks and reservations at a hotel move: pure tables.

Owns: the states, the legal moves, and the one way out of `unknown`.
Must not: do I/O, or look at a clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from services.bookings.hotels.errors import IllegalState


class BlockState(StrEnum):
    """A block of rooms, as the hotel has it."""

    DRAFT = "draft"
    REQUESTED = "requested"
    TENTATIVE = "tentative"
    DEFINITE = "definite"
    WASHED = "washed"
    RELEASED = "released"
    CANCELLED = "cancelled"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class StayState(StrEnum):
    """One room for one stay: a reservation."""

    REQUESTED = "requested"
    PENDING = "pending_verification"
    CONFIRMED = "confirmed"
    IN_HOUSE = "in_house"
    DEPARTED = "departed"
    REFUSED = "refused"
    CANCELLED_BY_US = "cancelled_by_us"
    CANCELLED_BY_HOTEL = "cancelled_by_hotel"
    NO_SHOW = "no_show"
    WALKED = "walked"
    UNKNOWN = "unknown"


B, S = BlockState, StayState

BLOCK_MOVES: Mapping[BlockState, tuple[BlockState, ...]] = {
    B.DRAFT: (B.REQUESTED, B.CANCELLED),
    B.REQUESTED: (B.TENTATIVE, B.DEFINITE, B.REFUSED, B.CANCELLED),
    B.TENTATIVE: (B.DEFINITE, B.REFUSED, B.RELEASED, B.CANCELLED),
    B.DEFINITE: (B.WASHED, B.RELEASED, B.CANCELLED),
    B.WASHED: (B.WASHED, B.RELEASED, B.CANCELLED),
    B.RELEASED: (),
    B.CANCELLED: (),
    B.REFUSED: (),
    B.UNKNOWN: (),
}
STAY_MOVES: Mapping[StayState, tuple[StayState, ...]] = {
    S.REQUESTED: (S.PENDING, S.REFUSED, S.CANCELLED_BY_US),
    S.PENDING: (S.CONFIRMED, S.REFUSED, S.CANCELLED_BY_US, S.CANCELLED_BY_HOTEL),
    S.CONFIRMED: (S.IN_HOUSE, S.CANCELLED_BY_US, S.CANCELLED_BY_HOTEL, S.NO_SHOW, S.WALKED),
    S.IN_HOUSE: (S.DEPARTED, S.WALKED),
    S.DEPARTED: (),
    S.REFUSED: (),
    S.CANCELLED_BY_US: (),
    S.CANCELLED_BY_HOTEL: (),
    S.NO_SHOW: (S.CONFIRMED, S.IN_HOUSE),
    S.WALKED: (S.CONFIRMED, S.IN_HOUSE),
    S.UNKNOWN: (),
}
"""A no-show may turn up after all, and a walked guest comes back as soon as possible."""
OPEN_BLOCKS = frozenset({B.TENTATIVE, B.DEFINITE, B.WASHED})
"""Rooms can be picked up from these, if the hotel allows it."""
TAKING = frozenset({S.REQUESTED, S.PENDING, S.CONFIRMED, S.IN_HOUSE, S.DEPARTED, S.UNKNOWN})
"""These use, or may use, a room of a block. One that is unknown is counted: caution."""

State = TypeVar("State", BlockState, StayState)


def moved(moves: Mapping[State, tuple[State, ...]], state: State, to: State) -> State:
    """The next state. Raises IllegalState with the legal ones; from `unknown` none is legal."""
    if to not in moves[state]:
        raise IllegalState(state, to, [str(one) for one in moves[state]])
    return to


def lost(moves: Mapping[State, tuple[State, ...]], state: State, unknown: State) -> State:
    """After a write without an answer. Raises IllegalState for what can no longer change."""
    if not moves[state] and state is not unknown:
        raise IllegalState(state, unknown, [])
    return unknown


class Settled(StrEnum):
    """What a read says about a write whose outcome was unknown."""

    HAPPENED = "happened"
    NEVER_HAPPENED = "never_happened"
    TOO_EARLY = "too_early"


def settled(lost_at: datetime, read_at: datetime, found: bool, settle_s: float) -> Settled:
    """What a read at `read_at` proves about a write that was lost at `lost_at`.

    What is found has happened. What is not found may still be on its way for `settle_s` seconds:
    until then another read is due, and nothing may be sent again.
    """
    if found:
        return Settled.HAPPENED
    waited = (read_at - lost_at).total_seconds()
    return Settled.NEVER_HAPPENED if waited >= settle_s else Settled.TOO_EARLY


def who_cancelled(before: StayState | None, seen: StayState) -> StayState:
    """A hotel shows only "cancelled": it was us if we hold it as such, else it was the hotel."""
    if seen is S.CANCELLED_BY_HOTEL and before is S.CANCELLED_BY_US:
        return S.CANCELLED_BY_US
    return seen
