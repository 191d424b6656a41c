"""From the planner's spec to needs with instants: what `plan()` wants to see held.

Owns: wall-clock times to instants, defaults from the party, fingerprints.
Must not: judge by rules of the field (`policy`), or look at holds.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from shared.contracts.catalog import CATALOG
from shared.contracts.holds import NeedRequest, PartyFacts
from shared.contracts.message import Problem
from shared.contracts.spec import Item, Need, VisitSpec
from shared.contracts.values import Text, Window

MAX_ITEM_DAYS = 31
MAX_AHEAD_DAYS = 3 * 366


@dataclass(frozen=True, slots=True)
class PlannedNeed:
    """One need with everything its service must know, and a fingerprint of exactly that."""

    service: str
    item: Text
    request: NeedRequest
    fingerprint: str

    @property
    def need(self) -> str:
        """`item/need`."""
        return self.request.need


def needs_of(spec: VisitSpec) -> tuple[PlannedNeed, ...]:
    """All needs of a spec, in the order of the programme."""
    party = spec.facts()
    return tuple(
        _planned(spec, party, item, need) for item in spec.programme for need in item.needs
    )


def _planned(spec: VisitSpec, party: PartyFacts, item: Item, need: Need) -> PlannedNeed:
    window = Window(
        starts_at=instant(need.starts_at or item.starts_at, spec.time_zone),
        ends_at=instant(need.ends_at or item.ends_at, spec.time_zone),
    )
    request = NeedRequest(
        need=f"{item.id}/{need.id}",
        kind=need.kind,
        line=spec.line.value,
        event=spec.event,
        window=window,
        zone=spec.time_zone,
        party=party,
        details=need.details,
    )
    return PlannedNeed(CATALOG[need.kind].service, item.title, request, fingerprint(request))


def fingerprint(request: NeedRequest) -> str:
    """Sixteen hex digits that are equal exactly when two requests ask for the same."""
    canonical = json.dumps(request.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:16]


def instant(wall: datetime, zone: str) -> datetime:
    """The UTC instant of a wall-clock time; an ambiguous one means its first occurrence."""
    return wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def span(spec: VisitSpec) -> Window:
    """From the first item's start to the last item's end."""
    return Window(
        starts_at=instant(min(item.starts_at for item in spec.programme), spec.time_zone),
        ends_at=instant(max(item.ends_at for item in spec.programme), spec.time_zone),
    )


def problems_of(spec: VisitSpec, before: VisitSpec | None, now: datetime) -> list[Problem]:
    """What is wrong with the times of a spec. Items that stood already may lie in the past."""
    stood = before.programme if before else ()
    found: list[Problem] = []
    for index, item in enumerate(spec.programme):
        path = f"programme[{index}]"
        found += _clock_problems(spec.time_zone, item.starts_at, f"{path}.starts_at")
        found += _clock_problems(spec.time_zone, item.ends_at, f"{path}.ends_at")
        if item not in stood and instant(item.ends_at, spec.time_zone) <= now:
            found.append(
                _problem("in_the_past", f"{path}.ends_at", "ends in the past", "use a later date")
            )
        if instant(item.starts_at, spec.time_zone) > now + timedelta(days=MAX_AHEAD_DAYS):
            found.append(
                _problem("too_far_ahead", f"{path}.starts_at", "is more than three years ahead",
                         "check the year")
            )  # fmt: skip
        if item.ends_at - item.starts_at > timedelta(days=MAX_ITEM_DAYS):
            found.append(
                _problem("too_long", f"{path}.ends_at", f"lasts over {MAX_ITEM_DAYS} days",
                         "split the item")
            )  # fmt: skip
        for place, need in enumerate(item.needs):
            found += _need_problems(spec, item, need, f"{path}.needs[{place}]")
    return found


def _need_problems(spec: VisitSpec, item: Item, need: Need, path: str) -> list[Problem]:
    starts, ends = need.starts_at or item.starts_at, need.ends_at or item.ends_at
    found = _clock_problems(spec.time_zone, starts, f"{path}.starts_at")
    if ends <= starts:
        found.append(
            _problem("reversed", f"{path}.ends_at", "is not later than starts_at", "swap them")
        )
    if ends - starts > timedelta(days=MAX_ITEM_DAYS):
        found.append(
            _problem("too_long", f"{path}.ends_at", f"lasts over {MAX_ITEM_DAYS} days", "split it")
        )
    return found


def _clock_problems(zone: str, wall: datetime, path: str) -> list[Problem]:
    """A time that the clocks skip (start of summer time) never happens."""
    try:
        there_and_back = instant(wall, zone).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    except OverflowError:
        return [_problem("no_such_time", path, "lies outside the calendar", "check the year")]
    if there_and_back == wall.replace(fold=0):
        return []
    skipped = f"does not exist in {zone}: the clocks go forward"
    return [_problem("no_such_time", path, skipped, f"use {there_and_back:%H:%M}")]


def _problem(code: str, path: str, message: str, remedy: str) -> Problem:
    return Problem(code=code, path=path, message=f"{path} {message}", remedy=remedy)
