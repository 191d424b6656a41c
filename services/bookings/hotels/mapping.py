"""Codes of ours and of a hotel, as data per hotel, and the check that lists what is unmapped.

Must not: guess; a code without a counterpart is an error that names it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from pydantic import model_validator

from services.bookings.documents import Hotel, Note
from services.bookings.hotels.errors import MappingMissing
from services.bookings.hotels.states import BlockState, StayState
from shared.contracts.values import Label, Slug

T = TypeVar("T")
Codes = dict[Slug, Label]
Plans = Label | Codes
"""The hotel's code of a rate; by our room type for systems that have one for each of them."""


class CodeMap(Note):
    """What a hotel calls things. Room types and rates: ours to theirs, one to one for room types.

    Statuses: theirs to ours, as hotels have more of them than we do.
    """

    room_types: Codes
    rates: dict[Slug, Plans]
    block_states: dict[Label, BlockState] = {}
    stay_states: dict[Label, StayState] = {}

    @model_validator(mode="after")
    def _one_to_one(self) -> CodeMap:
        theirs = list(self.room_types.values())
        if doubled := sorted({one for one in theirs if theirs.count(one) > 1}):
            raise ValueError(f"room type {doubled[0]} of the hotel is the counterpart of several")
        return self

    def room_type(self, ours: str) -> str:
        """The hotel's code of our room type. Raises MappingMissing."""
        return _found(self.room_types, "room type", ours)

    def our_room_type(self, theirs: str) -> str:
        """Our room type of a hotel's code. Raises MappingMissing."""
        ours = {code: name for name, code in self.room_types.items()}
        return _found(ours, "room type of the hotel", theirs)

    def knows_room_type(self, theirs: str) -> bool:
        """Whether a hotel's room type is one of ours; hotels have many that we never book."""
        return theirs in self.room_types.values()

    def rate(self, ours: str, kind: str = "") -> str:
        """The hotel's code of our rate, for a room type of ours. Raises MappingMissing."""
        found = _found(self.rates, "rate", ours)
        if isinstance(found, str):
            return found
        return _found(found, f"rate {ours} of room type", kind)

    def our_rate(self, theirs: str) -> str:
        """Our rate of a hotel's code. Raises MappingMissing."""
        ours = {
            code: name
            for name, plans in self.rates.items()
            for code in ([plans] if isinstance(plans, str) else plans.values())
        }
        return _found(ours, "rate of the hotel", theirs)

    def block_state(self, theirs: str) -> BlockState:
        """Our state for a hotel's status of a block. Raises MappingMissing."""
        return _found(self.block_states, "block status of the hotel", theirs)

    def status_of(self, state: BlockState) -> str:
        """The hotel's status for our state of a block, the first listed. Raises MappingMissing."""
        found = [code for code, ours in self.block_states.items() if ours is state]
        if not found:
            raise MappingMissing("block status", state)
        return found[0]

    def stay_state(self, theirs: str) -> StayState:
        """Our state for a hotel's status of a reservation. Raises MappingMissing."""
        return _found(self.stay_states, "reservation status of the hotel", theirs)

    def unwritten_states(self, states: Iterable[BlockState]) -> list[str]:
        """Of our states of a block, those for which the hotel has no status, a sentence each."""
        named = set(self.block_states.values())
        return [
            f"block state {one} has no status of the hotel" for one in states if one not in named
        ]

    def unnamed_states(self, blocks: Iterable[str], stays: Iterable[str]) -> list[str]:
        """Statuses of blocks and of reservations that have no counterpart, one sentence each."""
        return [
            *(f"block status {one} of the hotel" for one in blocks if one not in self.block_states),
            *(f"stay status {one} of the hotel" for one in stays if one not in self.stay_states),
        ]


def _found(table: Mapping[str, T], name: str, code: str) -> T:
    try:
        return table[code]
    except KeyError:
        raise MappingMissing(name, code) from None


def unmapped(
    hotel: Hotel,
    codes: CodeMap,
    rates: Iterable[str],
    statuses: tuple[Iterable[str], Iterable[str]] = ((), ()),
) -> list[str]:
    """What has no counterpart, one sentence each; an empty list means that all is mapped.

    `rates` are ours that are in use; `statuses` are those of blocks and of reservations that the
    hotel's system documents.
    """
    kinds = [one.id for one in hotel.room_types]
    blocks, stays = statuses
    return [
        *(f"room type {one}" for one in kinds if one not in codes.room_types),
        *(
            f"room type {one} is none of the hotel's"
            for one in codes.room_types
            if one not in kinds
        ),
        *(f"rate {one}" for one in sorted(set(rates)) if one not in codes.rates),
        *(
            f"rate {one} of room type {kind}"
            for one, plans in codes.rates.items()
            if one in set(rates) and not isinstance(plans, str)
            for kind in kinds
            if kind not in plans
        ),
        *codes.unnamed_states(blocks, stays),
    ]
