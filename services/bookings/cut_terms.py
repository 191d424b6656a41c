"""The cut-off of a hotel's block as part of what is allotted: planners are reminded of it.

Pure. Visits show it as a gate, and notifications remind of it a day before (`cut_off`).
Must not: decide about rooms, or have an order cut off; `orders.cut_offs` does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from services.bookings.hotels.terms import Terms
from shared.holds.port import Allotment


def with_cut_offs(allotment: Allotment, terms: Mapping[str, Terms], now: datetime) -> Allotment:
    """The allotment with the instant at which each linked hotel's rooms are cut off, where that is
    before the first night; as it was where there is none."""
    first_night = date.fromisoformat(allotment.allotted["check_in"])
    parts = [_dated(one, terms.get(one["hotel"]), first_night, now)
             for one in allotment.allotted["hotels"]]  # fmt: skip
    return replace(allotment, allotted={**allotment.allotted, "hotels": parts})


def _dated(
    part: dict[str, Any], terms: Terms | None, first_night: date, now: datetime
) -> dict[str, Any]:
    if terms is None:
        return part
    cut_off = terms.cut_off(first_night, terms.today(now))
    if cut_off >= first_night:
        return part
    return {**part, "cut_off": terms.passes_at(cut_off).astimezone(UTC).isoformat()}
