"""Who may do what at this door: one table from route to roles, and the rows that a role sees.

Owns: the roles, the table, and the rules of scope. Pure: no store, no request.
Must not: let through what is not in the table.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Role(StrEnum):
    """What an account is for. An account may have several."""

    PLANNER = "planner"
    """Plans every visit (接待办)."""
    STATION_LEAD = "station_lead"
    """Plans the visits of its stations."""
    UNIT_LIAISON = "unit_liaison"
    """Speaks for units (a kitchen, a hotel): sees visits of its stations, answers consents."""
    OPERATIONS = "operations"
    """Keeps the system running: sees everything, plans nothing."""
    AUDITOR = "auditor"
    """Reads everything, the audit too; changes nothing."""


P, S, U, O, A = Role  # noqa: E741 - a table is read by its columns
_ALL = frozenset(Role)
_PLAN = frozenset((P, S))
_KEEP = frozenset((O, A))
Route = tuple[str, str]

ROUTES: Mapping[Route, frozenset[Role]] = {
    ("GET", "/"): _ALL,
    ("GET", "/board"): _ALL,
    ("GET", "/board/halls"): _ALL,
    ("GET", "/board/rooms"): _ALL,
    ("GET", "/inventory"): _ALL,
    ("GET", "/inventory/{service}/{unit}"): _ALL,
    ("POST", "/inventory/{service}/{unit}"): frozenset((P,)),
    ("GET", "/new-unit"): frozenset((P,)),
    ("POST", "/new-unit"): frozenset((P,)),
    ("POST", "/logout"): _ALL,
    ("GET", "/stream"): _ALL,
    ("GET", "/new-visit"): _PLAN,
    ("POST", "/new-visit"): _PLAN,
    ("GET", "/visits/{visit}"): _ALL,
    ("GET", "/visits/{visit}/documents/{kind}"): _ALL,
    ("GET", "/visits/{visit}/edit"): _PLAN,
    ("POST", "/visits/{visit}/edit"): _PLAN,
    ("GET", "/visits/{visit}/move"): _PLAN,
    ("POST", "/visits/{visit}/move"): _PLAN,
    ("POST", "/visits/{visit}/alternative"): _PLAN,
    ("POST", "/visits/{visit}/commit"): _PLAN,
    ("POST", "/visits/{visit}/drop"): _PLAN,
    ("POST", "/visits/{visit}/cancel"): _PLAN,
    ("POST", "/visits/{visit}/consent"): frozenset((P, S, U)),
    ("GET", "/visits/{visit}/trace"): _KEEP,
    ("POST", "/visits/{visit}/trace"): frozenset((O,)),
    ("GET", "/parked"): _KEEP,
    ("GET", "/parked/acts"): _KEEP,
    ("GET", "/parked/groups/{service}/{group}"): _KEEP,
    ("GET", "/parked/{service}/messages/{message:path}"): _KEEP,
    ("GET", "/parked/{service}/edit/{message:path}"): frozenset((O,)),
    ("POST", "/parked/{service}/edit/{message:path}"): frozenset((O,)),
    ("GET", "/parked/{service}/replay"): frozenset((O,)),
    ("POST", "/parked/{service}/replay"): frozenset((O,)),
    ("GET", "/parked/{service}/discard"): frozenset((O,)),
    ("POST", "/parked/{service}/discard"): frozenset((O,)),
    ("GET", "/parked/{service}/restore"): frozenset((O,)),
    ("POST", "/parked/{service}/restore"): frozenset((O,)),
    ("GET", "/parked/{service}/replays/{replay}"): _KEEP,
    ("POST", "/parked/{service}/replays/{replay}/stop"): frozenset((O,)),
    ("POST", "/parked/{service}/replays/{replay}/rate"): frozenset((O,)),
    ("GET", "/v1/me"): _ALL,
    ("GET", "/v1/visits"): _ALL,
    ("POST", "/v1/visits"): _PLAN,
    ("GET", "/v1/visits/{visit}"): _ALL,
    ("PUT", "/v1/visits/{visit}"): _PLAN,
    ("DELETE", "/v1/visits/{visit}"): _PLAN,
    ("GET", "/v1/visits/{visit}/timeline"): _ALL,
    ("GET", "/v1/visits/{visit}/trace"): _KEEP,
    ("POST", "/v1/visits/{visit}/reconcile"): frozenset((O,)),
    ("GET", "/v1/visits/{visit}/plan-input"): frozenset((O,)),
    ("GET", "/risks"): frozenset((P, S, O, A)),
    ("GET", "/v1/risks"): frozenset((P, S, O, A)),
    ("GET", "/v1/visits/{visit}/proposal"): _ALL,
    ("POST", "/v1/visits/{visit}/proposal"): _PLAN,
    ("DELETE", "/v1/visits/{visit}/proposal"): _PLAN,
    ("POST", "/v1/visits/{visit}/proposal/commit"): _PLAN,
    ("POST", "/v1/consents/{hold:path}"): frozenset((P, S, U)),
    ("GET", "/v1/commands/{command}"): _ALL,
    ("GET", "/v1/inventory/{service}"): _ALL,
    ("POST", "/v1/inventory/{service}/{unit}/changes/preview"): frozenset((P,)),
    ("POST", "/v1/inventory/{service}/{unit}/changes"): frozenset((P,)),
    ("GET", "/v1/inventory/{service}/{unit}/changes"): frozenset((P, O, A)),
    ("GET", "/v1/schedule"): _ALL,
    ("GET", "/v1/notices"): _ALL,
    ("GET", "/v1/events"): _ALL,
    ("PUT", "/v1/visits/{visit}/roster"): frozenset((P,)),
    ("GET", "/v1/visits/{visit}/roster"): frozenset((P, S, U, A)),
    ("DELETE", "/v1/visits/{visit}/roster/guests/{guest}"): frozenset((P,)),
    ("GET", "/v1/visits/{visit}/roster/totals"): _PLAN,
    ("GET", "/v1/visits/{visit}/arrivals"): _ALL,
    ("GET", "/v1/visits/{visit}/rooming-list"): frozenset((P, S, U)),
    ("GET", "/v1/hotels/{hotel}/arrivals"): _KEEP,
    ("GET", "/v1/guests/audit"): frozenset((A,)),
    ("GET", "/v1/guests/audit/verification"): frozenset((A,)),
    ("GET", "/v1/parked"): _KEEP,
    ("GET", "/v1/parked/groups"): _KEEP,
    ("GET", "/v1/parked/{service}/acts"): _KEEP,
    ("GET", "/v1/parked/{service}/replays/{replay}"): _KEEP,
    ("GET", "/v1/parked/{service}/messages/{message:path}"): _KEEP,
    ("PUT", "/v1/parked/{service}/bodies/{message:path}"): frozenset((O,)),
    ("POST", "/v1/parked/{service}/replays"): frozenset((O,)),
    ("DELETE", "/v1/parked/{service}/replays/{replay}"): frozenset((O,)),
    ("PUT", "/v1/parked/{service}/replays/{replay}/rate"): frozenset((O,)),
    ("POST", "/v1/parked/{service}/discard"): frozenset((O,)),
    ("POST", "/v1/parked/{service}/restore"): frozenset((O,)),
    ("GET", "/now"): frozenset((O,)),
    ("GET", "/now/{service}"): frozenset((O,)),
    ("POST", "/now/{service}"): frozenset((O,)),
    ("GET", "/flows"): frozenset((O,)),
    ("GET", "/flows/{service}/{consumer}"): frozenset((O,)),
    ("POST", "/flows/{service}/{consumer}"): frozenset((O,)),
    ("GET", "/v1/now"): frozenset((O,)),
    ("GET", "/v1/services/{service}/intake"): _KEEP,
    ("POST", "/v1/services/{service}/consumers/{consumer}/pause"): frozenset((O,)),
    ("POST", "/v1/services/{service}/consumers/{consumer}/resume"): frozenset((O,)),
    ("POST", "/v1/services/{service}/drain"): frozenset((O,)),
    ("POST", "/v1/services/{service}/resume"): frozenset((O,)),
    ("GET", "/bus"): frozenset((O,)),
    ("POST", "/bus"): frozenset((O,)),
    ("GET", "/v1/services/{service}/refill"): _KEEP,
    ("POST", "/v1/services/{service}/refill"): frozenset((O,)),
    ("GET", "/hotels"): _KEEP,
    ("GET", "/hotels/{hotel}"): _KEEP,
    ("POST", "/hotels/{hotel}"): frozenset((O,)),
    ("GET", "/v1/hotels"): _KEEP,
    ("GET", "/v1/hotels/{hotel}"): _KEEP,
    ("GET", "/v1/hotels/{hotel}/nights"): _KEEP,
    ("GET", "/v1/hotels/{hotel}/acts"): _KEEP,
    ("GET", "/v1/hotels/{hotel}/cut-offs"): _KEEP,
    ("GET", "/v1/hotels/{hotel}/pick-up/{form}"): _KEEP,
    ("GET", "/v1/visits/{visit}/pick-up/{form}"): _ALL,
    ("POST", "/v1/hotels/{hotel}/pause"): frozenset((O,)),
    ("POST", "/v1/hotels/{hotel}/resume"): frozenset((O,)),
    ("POST", "/v1/hotels/{hotel}/by-hand"): frozenset((O,)),
    ("POST", "/v1/hotels/{hotel}/by-link"): frozenset((O,)),
    ("POST", "/v1/hotels/{hotel}/orders/{order}/again"): frozenset((O,)),
    ("GET", "/alarms"): _KEEP,
    ("GET", "/alarms/{alarm}"): _KEEP,
    ("POST", "/alarms/{alarm}"): frozenset((O,)),
    ("GET", "/v1/alarms"): _KEEP,
    ("GET", "/v1/alarms/{alarm}"): _KEEP,
    ("PUT", "/v1/alarms/{alarm}/acknowledgement"): frozenset((O,)),
    ("PUT", "/v1/alarms/{alarm}/silence"): frozenset((O,)),
    ("DELETE", "/v1/alarms/{alarm}/silence"): frozenset((O,)),
    ("GET", "/feeds"): frozenset((P, S, O, A)),
    ("POST", "/feeds"): _PLAN,
    ("POST", "/feeds/{feed}/revoke"): frozenset((P, S, O)),
    ("GET", "/v1/feeds"): frozenset((P, S, O, A)),
    ("POST", "/v1/feeds"): _PLAN,
    ("DELETE", "/v1/feeds/{feed}"): frozenset((P, S, O)),
    ("GET", "/v1/audit"): frozenset((A,)),
    ("GET", "/v1/audit/verification"): frozenset((A,)),
}
"""What is not here and not in `OPEN` is refused to everyone. A new route needs one line."""

OPEN: frozenset[Route] = frozenset({
    ("GET", "/login"), ("POST", "/login"), ("GET", "/login/oidc"), ("GET", "/login/oidc/done"),
    ("GET", "/v1/schemas/visit-spec.json"), ("GET", "/feeds/{secret}.ics"),
    ("GET", "/hotel/{token}"), ("POST", "/hotel/{token}"),
    ("GET", "/hotel/{token}/rooms.xlsx"), ("GET", "/hotel/{token}/guests.xlsx"),
    ("POST", "/hotel/{token}/sheet"), ("POST", "/hotel/{token}/guests"),
    ("POST", "/hotel/{token}/guests-sheet"),
    ("POST", "/hotel-calls/{hotel}"), ("POST", "/alpinebits"),
})  # fmt: skip
"""Needs no login: the way in, what is published anyway, calendars and pages of hotels whose address
is the secret, and what hotels' systems call, which bookings checks by their signature or login.
Probes, the API's description and the pages' own files are open too."""


_PATTERNS = {
    route: re.compile(re.sub(r"\{[^}]*:path\}", ".+", route[1]).replace("{", "(?P<").replace(
        "}", ">[^/]+)"))
    for route in sorted({*ROUTES, *OPEN})
}  # fmt: skip


def methods_at(path: str) -> list[str]:
    """The methods that an address takes; none for an address that is not in the table."""
    return sorted(method for (method, _), one in _PATTERNS.items() if one.fullmatch(path))


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks. `name` is the actor on the bus, in the timeline and in the audit."""

    name: str
    roles: frozenset[Role]
    stations: frozenset[str] = frozenset()
    """Stations whose visits a station lead or unit liaison sees."""
    units: frozenset[str] = frozenset()
    """`service/unit` for which a unit liaison speaks."""

    def may(self, method: str, path: str) -> bool:
        """Whether a role of this principal is in the table for this route."""
        return bool(self.roles & ROUTES.get((method, path), frozenset()))

    @property
    def sees_all(self) -> bool:
        """Whether no row is hidden."""
        return bool(self.roles & {P, O, A})

    @property
    def changes_all(self) -> bool:
        """Whether visits of every station may be changed."""
        return P in self.roles

    def sees(self, station: str | None) -> bool:
        """Whether a visit of this station is there for this principal."""
        return self.sees_all or station in self.stations

    def changes(self, station: str | None) -> bool:
        """Whether a visit of this station may be planned by this principal."""
        return self.changes_all or (S in self.roles and station in self.stations)

    def speaks_for(self, service: str, unit: str | None) -> bool:
        """Whether this principal answers for a unit."""
        return U in self.roles and f"{service}/{unit}" in self.units

    @property
    def station_filter(self) -> tuple[str, ...] | None:
        """The stations that a list is narrowed to; None for all."""
        return None if self.sees_all else tuple(sorted(self.stations))

    def inventory(self, service: str, units: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The units of a page of inventory that this principal sees."""
        if self.sees_all or S in self.roles:
            return units
        return [one for one in units if self.speaks_for(service, one.get("unit"))]
