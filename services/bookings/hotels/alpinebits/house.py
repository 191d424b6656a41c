"""One hotel as its own system names it: its code, and which of its room types are which of ours.

Must not: hold a credential.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class House:
    """`types` leads from the hotel's codes (`InvTypeCode`) to room types of ours."""

    hotel: str
    """Our id of the hotel."""
    code: str
    """`HotelCode`, 1 to 16 characters; upper and lower case differ."""
    types: Mapping[str, str]
    name: str | None = None
    rate_plan: str | None = None
    """`RatePlanCode` under which the hotel books what we order."""
    meal_plan: str | None = None
    """`MealPlanCodes`: 1 all inclusive, 3 breakfast, 10 full board, 12 half board, 14 room only."""

    def code_of(self, room_type: str) -> str | None:
        """The hotel's code of a room type of ours; None when it is not mapped."""
        return next((code for code, ours in sorted(self.types.items()) if ours == room_type), None)


def unmapped(house: House, room_types: Iterable[str]) -> tuple[str, ...]:
    """Which of our room types have no code at the hotel, and which codes are used for none."""
    ours = set(room_types)
    missing = sorted(one for one in ours if house.code_of(one) is None)
    strange = sorted(code for code, one in house.types.items() if one not in ours)
    return (
        *(f"{house.hotel}: room type {one} has no code" for one in missing),
        *(f"{house.hotel}: code {one} leads to no room type" for one in strange),
    )
