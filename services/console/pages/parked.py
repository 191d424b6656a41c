"""`/parked`: what no service could handle, folded by cause.

Owns: the filter, the pages of the list, and its rows, which live.
Must not: offer an act; a group and a message do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from services.console import topics
from services.console.access import Who
from services.console.api_parked import GroupList, SeenGroup
from services.console.asking import read_by
from services.console.door import Parts
from services.console.pages import frame
from services.console.parked_finding import SERVICES
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import TEMPLATES, fragment, local, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.weighing import weighed_groups
from shared.chassis.service import Service
from shared.contracts.parking import ParkedState
from shared.contracts.parking_reading import GroupParked

PAGE, MOST = 50, 200
"""Groups on a page, and of one service in an answer."""

router = APIRouter(include_in_schema=False)
frame.Link("parked", "/parked", "operations", 20)


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of the list, and which there are beside it."""

    groups: Sequence[SeenGroup]
    totals: Mapping[str, int]
    away: Sequence[str]
    more: bool
    page: int
    pages: int


@router.get("/parked")
async def parked(
    parts: Parts, who: Who, request: Request, service: str = "", state: str = "", page: str = ""
) -> Response:
    """The list as HTML. A filter that makes no sense is no filter."""
    kept = filters({"service": service, "state": state, "page": page})
    try:
        shown, status = await _read(parts.service, who, kept), 200
    except ProblemError as error:
        shown, status = Shown((), {}, _asked(kept), False, 1, 1), error.status
    live = text_of("parked", frame.language_for(request), query=kept)
    return frame.render(
        request, who, "parked/page.html", title="parked.title", status=status,
        topics=[live], topic=live, shown=shown, kept=kept, services=SERVICES,
        here=link(kept), list_link=link, link=lambda **other: link({**kept, "page": "", **other}),
        missing=status != 200,
    )  # fmt: skip


@topic("parked", "/parked", every_s=2)
async def rows(asked: Asked) -> Fragments:
    """The groups of one page of the list, how many there are, and who did not answer."""
    kept = filters(asked.query or {})
    shown = await _read(asked.parts.service, asked.who, kept)
    made, now = module("parked/rows.html", asked.language), datetime.now(UTC)
    found = {row_id(one): fragment(made.row(one, kept["state"], now)) for one in shown.groups}
    found["parked-totals"] = fragment(made.totals(shown.totals, kept, link))
    found["parked-away"] = fragment(made.away(shown.away))
    return found


def filters(query: Mapping[str, str]) -> dict[str, str]:
    """What of a query is a filter that makes sense; every one of them is there."""
    service, state, page = (query.get(name, "") for name in ("service", "state", "page"))
    return {
        "service": service if service in SERVICES else "",
        "state": state if state in set(ParkedState) else ParkedState.PARKED.value,
        "page": page if page.isascii() and page.isdigit() and len(page) < 4 else "",
    }


async def _read(service: Service, who: Principal, kept: Mapping[str, str]) -> Shown:
    """One page of the list. Raises ProblemError (503) when nobody answers."""
    query = GroupParked(**read_by(who), state=ParkedState(kept["state"]), limit=MOST)
    told = GroupList.model_validate(
        await weighed_groups(service, who, query, kept["service"] or None)
    )
    pages = max(1, -(-len(told.groups) // PAGE))
    page = min(max(1, int(kept["page"] or 1)), pages)
    groups = told.groups[(page - 1) * PAGE : page * PAGE]
    return Shown(groups, told.totals, told.away, told.more, page, pages)


def _asked(kept: Mapping[str, str]) -> Sequence[str]:
    return (kept["service"],) if kept["service"] else SERVICES


def row_id(group: SeenGroup) -> str:
    """The id of a group's row."""
    return f"group-{group.service}-{group.group}"


def link(kept: Mapping[str, str]) -> str:
    """The list with these filters."""
    return address("/parked", {**kept, "state": "" if kept["state"] == "parked" else kept["state"]})


def address(path: str, query: Mapping[str, Any] | None = None) -> str:
    """An address with a query of what is not empty."""
    told = urlencode({name: one for name, one in (query or {}).items() if one})
    return f"{path}?{told}" if told else path


def group_at(service: str, group: str, **query: str) -> str:
    """The page of a group."""
    return address(f"/parked/groups/{quote(service, safe='')}/{quote(group, safe='')}", query)


def message_at(service: str, message: str, verb: str = "messages") -> str:
    """The page of a message, or with another `verb` of what is done with it."""
    return f"/parked/{quote(service, safe='')}/{verb}/{quote(message, safe='')}"


def replay_at(service: str, replay: str) -> str:
    """The page of a replay."""
    return f"/parked/{quote(service, safe='')}/replays/{quote(replay, safe='')}"


def act_at(service: str, verb: str, **query: Any) -> str:
    """The page where an act is looked at before it is done."""
    return address(f"/parked/{quote(service, safe='')}/{verb}", query)


def living(who: Principal, some: Iterable[str]) -> list[str]:
    """The topics that fit into their texts: an id of a foreign sender may be too long for one."""
    found = []
    for text in some:
        try:
            found.append(topics.read(text, who).text)
        except ProblemError:
            continue
    return found


STATES = {
    "parked": ("parked.state_parked", "danger"),
    "replaying": ("parked.state_replaying", "calm"),
    "done": ("parked.state_done", "good"),
    "discarded": ("parked.state_discarded", "faint"),
}
"""The word and the tone of each state."""


def told_at(text: object) -> str:
    """A moment that was kept as text, as the wall clock of the site shows it."""
    try:
        return local(datetime.fromisoformat(str(text)))
    except ValueError:
        return str(text)


TEMPLATES.filters.update(iso_exact=datetime.isoformat, told_at=told_at)
TEMPLATES.globals.update(
    group_at=group_at, message_at=message_at, replay_at=replay_at, act_at=act_at,
    parked_states=STATES,
)  # fmt: skip
