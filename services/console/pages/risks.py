"""`/risks`: visits that are not settled, least time first: whom it hurts, until when, what helps.

Owns: the page, and the part of it that stands on the page Now.
Must not: judge; `services.visits` does, and tells it in both languages.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request
from pydantic import ValidationError
from starlette.responses import Response

from services.console.access import Who
from services.console.asking import ask, read_by
from services.console.door import Console, Parts
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.impact import ListRisks, RiskPage

ROUTE = "/risks"
PAGE, FIRST = 50, 5
"""On a page of their own, and on the page Now."""
EVERY_S = 5.0
"""Time alone moves a visit nearer to what it would miss."""

router = APIRouter(include_in_schema=False)
frame.Link("risks", ROUTE, "operations", 8)


@dataclass(frozen=True, slots=True)
class Seen:
    """A page of risks; `away`: the visits service did not answer."""

    page: RiskPage | None

    @property
    def away(self) -> bool:
        """Nobody can say."""
        return self.page is None


async def read_risks(parts: Console, who: Principal, limit: int, after: str | None = None) -> Seen:
    """The most pressing ones that `who` sees."""
    query = ListRisks(**read_by(who), stations=who.station_filter, after=after, limit=limit)
    try:
        return Seen(RiskPage.model_validate(await ask(parts.service, query)))
    except (ProblemError, ValidationError):
        return Seen(None)


@router.get(ROUTE)
async def risks_page(
    parts: Parts,
    who: Who,
    request: Request,
    after: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """All of them, paged."""
    language = frame.language_for(request)
    topics = () if after else (text_of("risks", language),)
    return frame.render(
        request, who, "risks/page.html", title="risks.title", topics=topics,
        seen=await read_risks(parts, who, PAGE, after), after=after,
        at=parts.service.clock.now(),
    )  # fmt: skip


@topic("risks", ROUTE, on="visits", every_s=EVERY_S)
async def live(asked: Asked) -> Fragments:
    """The first page."""
    seen = await read_risks(asked.parts, asked.who, PAGE)
    made = module("risks/parts.html", asked.language)
    return {"risks": fragment(made.listed(seen, asked.parts.service.clock.now()))}


@topic("risks_first", "/now", on="visits", every_s=EVERY_S)
async def live_first(asked: Asked) -> Fragments:
    """The most pressing ones, on the page Now."""
    seen = await read_risks(asked.parts, asked.who, FIRST)
    made = module("risks/parts.html", asked.language)
    return {"now-risks": fragment(made.first(seen, asked.parts.service.clock.now()))}
