"""`/parked/groups/<service>/<group>`: the messages of one cause, and what can be done with them.

The page freezes what it shows: an act that begins here reaches what had failed by `as_of`, the
moment the page was shown, and nothing that fails later.

Owns: that page, its rows, and the count of what has come since; these live.
Must not: act; the page of an act shows what it will do first.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import TypeAdapter, ValidationError
from starlette.responses import Response

from services.console.access import Who
from services.console.api_parked import GroupList, ParkedList, SeenGroup
from services.console.asking import read_by
from services.console.door import Console, Parts
from services.console.pages import frame, parked
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import TEMPLATES, fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from services.console.weighing import weighed_groups, weighed_messages
from shared.contracts.parking import ParkedState
from shared.contracts.parking_reading import Cursor, GroupParked, ListParked
from shared.contracts.values import Instant, Key

PAGE = 50
CANARIES = (1, 5, 25)
"""How many go first, to see whether a cause is mended."""
ROUTE, ACT = "/parked/groups/{service}/{group}", "/parked/{service}/replay"
PICKED = (ParkedState.PARKED, ParkedState.DISCARDED)
"""States of messages of which some may be chosen for an act."""
_INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
_CURSOR: TypeAdapter[str] = TypeAdapter(Cursor)
_KEY: TypeAdapter[str] = TypeAdapter(Key)

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """A group as it was seen."""

    counts: Mapping[str, int]
    """Messages in each state, those of the frozen moment in the state that is looked at."""
    group: SeenGroup
    as_of: datetime


@router.get(ROUTE)
async def group_page(
    parts: Parts, who: Who, request: Request, service: str, group: str,
    state: str = "", as_of: str = "", after: str = "",
) -> Response:  # fmt: skip
    """The page."""
    kept = {"state": state if state in set(ParkedState) else ParkedState.PARKED.value}
    frozen = instant_in(as_of) if as_of else None
    seen = await read_group(parts, who, service, group, ParkedState(kept["state"]), frozen)
    kept |= {"as_of": seen.as_of.isoformat(), "after": after}
    found = await _messages(parts, who, service, group, kept)
    language = frame.language_for(request)
    about = f"{service}/{group}"
    texts = [text_of(name, language, about, kept) for name in ("parked_group", "parked_since")]
    live = parked.living(who, texts)
    return frame.render(
        request, who, "parked/group.html", title="parked.group_title", topics=live,
        topic=live[0] if live else "", group=seen.group, counts=seen.counts, as_of=seen.as_of,
        state=kept["state"], messages=found.messages, following=found.next_after, after=after,
        canaries=CANARIES, may_act=who.may("POST", ACT),
    )  # fmt: skip


async def read_group(
    parts: Console, who: Principal, service: str, group: str, state: ParkedState,
    as_of: datetime | None = None,
) -> Seen:  # fmt: skip
    """A group in all its states; `as_of` holds for `state`. Raises ProblemError (404, 503)."""

    async def one(each: ParkedState) -> GroupList:
        query = GroupParked(**read_by(who), state=each, group=_known(group),
                            as_of=as_of if each is state else None)  # fmt: skip
        return GroupList.model_validate(await weighed_groups(parts.service, who, query, service))

    told = await asyncio.gather(*(one(each) for each in ParkedState))
    # Found by name: a service of an older version answers with all its groups.
    by_state = {
        each.value: next((one for one in answer.groups if one.group == group), None)
        for each, answer in zip(ParkedState, told, strict=True)
    }
    some = by_state[state.value] or next((one for one in by_state.values() if one), None)
    if some is None:
        raise ProblemError("not-found", f"{service} has no messages of group {group}")
    counts = {name: one.count if one else 0 for name, one in by_state.items()}
    return Seen(counts, some, as_of or some.as_of)


@topic("parked_group", ROUTE, every_s=2)
async def rows(asked: Asked) -> Fragments:
    """The messages of the frozen selection that are still in the state that is looked at."""
    service, _, group = asked.about.partition("/")
    query = {**(asked.query or {})}
    found = await _messages(asked.parts, asked.who, service, group, query)
    row = module("parked/rows.html", asked.language).message
    picks = asked.who.may("POST", ACT) and _state_in(query) in PICKED
    return {row_id(one.id): fragment(row(one, picks)) for one in found.messages}


@topic("parked_since", ROUTE, every_s=2)
async def since(asked: Asked) -> Fragments:
    """How many have come to the group since."""
    service, _, group = asked.about.partition("/")
    query = asked.query or {}
    state = _state_in(query)
    frozen, now = await asyncio.gather(
        *(_count(asked, service, group, state, until)
          for until in (instant_in(query.get("as_of", "")), None))
    )  # fmt: skip
    made = module("parked/rows.html", asked.language)
    here = parked.group_at(service, group, state=state.value)
    return {"parked-since": fragment(made.since(max(0, now - frozen), here))}


async def _count(
    asked: Asked, service: str, group: str, state: ParkedState, until: datetime | None
) -> int:
    query = GroupParked(**read_by(asked.who), state=state, group=_known(group), as_of=until)
    told = GroupList.model_validate(
        await weighed_groups(asked.parts.service, asked.who, query, service)
    )
    return next((one.count for one in told.groups if one.group == group), 0)


async def _messages(
    parts: Console, who: Principal, service: str, group: str, kept: Mapping[str, str]
) -> ParkedList:
    query = ListParked(
        **read_by(who), state=_state_in(kept), group=_known(group), limit=PAGE,
        as_of=instant_in(kept.get("as_of", "")), after=_cursor_in(kept.get("after", "")),
    )  # fmt: skip
    found = await weighed_messages(parts.service, who, query, service)
    return ParkedList.model_validate({**found, "next_after": found["next"]})


def row_id(message: str) -> str:
    """The id of a message's row: a message may be called anything."""
    return f"message-{hashlib.sha256(message.encode()).hexdigest()[:16]}"


TEMPLATES.globals.update(message_row_id=row_id)


def instant_in(text: str) -> datetime:
    """A moment in an address. Raises ProblemError (422)."""
    try:
        return _INSTANT.validate_python(text)
    except ValidationError as error:
        raise ProblemError("invalid-request", "as_of is no moment with an offset") from error


def _cursor_in(text: str) -> str | None:
    try:
        return _CURSOR.validate_python(text) if text else None
    except ValidationError as error:
        raise ProblemError("invalid-request", "after is not the cursor of a page") from error


def _known(group: str) -> str:
    try:
        return _KEY.validate_python(group)
    except ValidationError as error:
        raise ProblemError("not-found", "there is no such group") from error


def _state_in(query: Mapping[str, str]) -> ParkedState:
    state = query.get("state", "")
    return ParkedState(state) if state in set(ParkedState) else ParkedState.PARKED
