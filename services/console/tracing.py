"""One visit as a sequence over services: who said what to whom, when, and why.

Owns: turning timeline entries and notices into steps with lanes. Pure.
Must not: ask anybody; `api_trace` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from shared.contracts.catalog import resource_services

PLANNER, VISITS, NOTICES, POSTS = "planner", "visits", "notifications", "posts"
LANES = (PLANNER, VISITS, *resource_services(), NOTICES, POSTS)
AGAIN = ("; ask again", "trying again")
"""What a decision says when something is done once more: see `services.visits.draft`."""


class Step(BaseModel):
    """One arrow, or one thought when both lanes are the same."""

    at: str
    kind: str
    """asked, decided, commanded, answered, announced, or notice."""
    source: str
    """The lane it comes from."""
    target: str
    """The lane it goes to."""
    sentence: str
    actor: str
    cause: str
    """The act behind it: steps of one cause belong together."""
    again: bool = False
    """It is a repetition."""
    seq: int | None = None
    """Number in the timeline; none for notices."""
    data: dict[str, Any] = {}


def steps_of(
    entries: Iterable[Mapping[str, Any]], notices: Iterable[Mapping[str, Any]]
) -> list[Step]:
    """Timeline and notices in the order of their times; what is told of one moment stays in its
    own order."""
    steps = [_of_entry(entry) for entry in entries] + [_of_notice(one) for one in notices]
    return sorted(steps, key=lambda step: datetime.fromisoformat(step.at))


def lanes_of(steps: Sequence[Step]) -> list[str]:
    """The lanes that are used, in their usual order; unknown services after the known."""
    used = {lane for step in steps for lane in (step.source, step.target)}
    return [lane for lane in LANES if lane in used] + sorted(used - set(LANES))


def _of_entry(entry: Mapping[str, Any]) -> Step:
    kind, said = str(entry["kind"]), str(entry["sentence"])
    data = dict(entry.get("data") or {})
    source, target = _ends(kind, said, data)
    return Step(
        at=str(entry["at"]),
        kind=kind,
        source=source,
        target=target,
        sentence=said,
        actor=str(entry["actor"]),
        cause=str(entry["cause"]),
        again=kind == "decided" and any(sign in said for sign in AGAIN),
        seq=int(entry["seq"]),
        data=data,
    )


def _ends(kind: str, said: str, data: Mapping[str, Any]) -> tuple[str, str]:
    """Lanes of an entry. Entries from before lanes were noted tell them in their sentence."""
    if kind == "asked":
        return PLANNER, VISITS
    if kind == "commanded":
        return VISITS, str(data.get("service") or said.partition(" to ")[2].partition(":")[0])
    if kind == "answered":
        return str(data.get("service") or said.partition(":")[0]), VISITS
    if kind == "announced":
        return VISITS, NOTICES
    return VISITS, VISITS


def _of_notice(one: Mapping[str, Any]) -> Step:
    """A notice, at the moment it reached its state."""
    said = f"{one['kind']} · {one['role']} · {one['channel']}: {one['state']}"
    why = one.get("reason") or one.get("error") or ""
    return Step(
        at=str(one.get("sent_at") or one["created_at"]),
        kind="notice",
        source=NOTICES,
        target=POSTS if one["state"] == "sent" else NOTICES,
        sentence=f"{said} ({why})" if why else said,
        actor=NOTICES,
        cause=str(one["cause"]),
        again=int(one.get("attempts") or 0) > 1,
        data={"notice": one["notice"], "recipient": one["recipient"], "subject": one["subject"]},
    )
