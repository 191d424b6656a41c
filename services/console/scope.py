"""Row scope at the edge: which visits, consents and notices a principal reaches.

Owns: asking the owner of a visit for its station before anything is shown or commanded.
Must not: decide; `roles` does. What is out of scope is answered as if it were not there.
"""

from __future__ import annotations

from typing import Any

from services.console.asking import visit_of
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.slugs import is_slug
from shared.chassis.service import Service


def check_station(who: Principal, station: str | None) -> None:
    """Raise ProblemError (403) when this principal may not plan for a station."""
    if not who.changes(station):
        known = ", ".join(sorted(who.stations)) or "none"
        named = station or "no station"
        detail = f"{who.name} plans for these stations only: {known}; the document names {named}"
        raise ProblemError("forbidden", detail)


async def check_seen(service: Service, who: Principal, visit: str) -> None:
    """Raise ProblemError (404) when the visit is not there for this principal."""
    if not who.sees_all:
        await visit_of(service, visit, who)


async def check_changed(
    service: Service, who: Principal, visit: str, expected: int | None = None
) -> None:
    """Raise ProblemError unless this principal may change the visit as it is now.

    `expected` is the revision that the caller saw: with another one there may be another station.
    """
    if who.changes_all:
        return
    found = await visit_of(service, visit, who)
    check_station(who, found.get("station"))
    if expected is not None and found["revision"] != expected:
        detail = f"the visit is at revision {found['revision']}, you saw {expected}"
        tag = {"ETag": f'"{found["revision"]}"'}
        raise ProblemError("revision-stale", detail, headers=tag)


async def check_consent(service: Service, who: Principal, hold: str, asked: str) -> None:
    """Raise ProblemError (404) unless this principal may answer for the hold at service `asked`."""
    if who.changes_all:
        return
    visit = hold.partition(":")[0]
    missing = ProblemError("not-found", f"there is no hold {hold} that waits for an answer")
    if not is_slug(visit):
        raise missing
    found = await visit_of(service, visit, who)
    need = next((one for one in _holds(found) if one.get("hold") == hold), None)
    if need is None or need.get("service") != asked:
        raise missing
    unit = (need.get("consent") or {}).get("asked_of")
    if not (who.changes(found.get("station")) or who.speaks_for(asked, unit)):
        raise missing


def _holds(visit: dict[str, Any]) -> list[dict[str, Any]]:
    proposed = visit.get("proposed") or {}
    return [*visit.get("needs", ()), *proposed.get("moves", ())]
