"""The one page: visits as they stand, kept fresh by the stream of changes.

Owns: rendering the list on the server; the browser only replaces rows.
Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from services.console.access import Who
from services.console.asking import ask, read_by
from services.console.door import Parts
from services.console.problems import ProblemError
from services.console.words import LINES, PHASES, PROPOSALS, WORDS, language_of, say
from shared.contracts.reading import ListVisits, VisitPage
from shared.contracts.spec import Line
from shared.contracts.values import Money, Text
from shared.contracts.visits import Phase

HERE = Path(__file__).parent
PAGE = 50
SITE_ZONE = "Asia/Shanghai"
"""Lines of the list are shown in the zone of the site; a visit's own times are in its document."""

router = APIRouter(include_in_schema=False)
TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def local(instant: datetime) -> str:
    """An instant as the wall clock of the site shows it, to the minute."""
    return instant.astimezone(ZoneInfo(SITE_ZONE)).strftime("%Y-%m-%d %H:%M")


def money(cost: Money) -> str:
    """Minor units as an amount with two decimals."""
    return f"{cost.amount / 100:,.2f} {cost.currency}"


TEMPLATES.filters.update(local=local, money=money)


@router.get("/")
async def visits(
    parts: Parts,
    who: Who,
    request: Request,
    lang: Annotated[str | None, Query(max_length=10)] = None,
    phase: str = "",
    line: str = "",
    text: Annotated[str, Query(max_length=100)] = "",
    after: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """The list as HTML. A filter that makes no sense is no filter."""
    language = language_of(lang, request.headers.get("accept-language", ""))
    chosen = Phase(phase) if phase in set(Phase) else None
    kind = Line(line) if line in set(Line) else None
    last_id = parts.hub.last_id  # Before the list is read: the stream goes on from here.
    query = ListVisits(
        **read_by(who), phase=chosen, line=kind, text=text, stations=who.station_filter,
        after=after, limit=PAGE,
    )  # fmt: skip
    found, status = await _read(parts, query)
    kept = {"lang": lang or "", "phase": chosen or "", "line": kind or "", "text": text}
    following = found.next if found else None
    html = TEMPLATES.get_template("visits.html").render(
        **_said(language),
        visits=found.visits if found else None,
        kept=kept,
        first=after is None,
        first_link=_link(kept),
        next_link=_link({**kept, "after": following}) if following else None,
        other_link=_link({**kept, "lang": "en" if language == "zh" else "zh"}),
        zone=SITE_ZONE,
        last_id=last_id,
        name=who.name,
    )
    headers = {"Content-Language": language, "Vary": "Accept-Language"}
    return HTMLResponse(html, status, headers)


async def _read(parts: Parts, query: ListVisits) -> tuple[VisitPage | None, int]:
    """The list, or none of it and the status to say so with."""
    try:
        return VisitPage.model_validate(await ask(parts.service, query)), 200
    except ProblemError as error:
        return None, error.status
    except ValidationError:
        return None, 503


def _said(language: str) -> dict[str, Any]:
    """Every word of the page in one language."""

    def spoken(words: Mapping[Any, Text]) -> dict[str, str]:
        return {str(name): say(word, language) for name, word in words.items()}

    return {
        "language": language,
        "words": spoken(WORDS),
        "phases": spoken(PHASES),
        "proposals": spoken(PROPOSALS),
        "lines": spoken(LINES),
    }


def _link(query: Mapping[str, str]) -> str:
    return "/?" + urlencode({name: value for name, value in query.items() if value})
