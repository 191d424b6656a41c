"""The one way to show a page: language, words, navigation, who is logged in, what lives on it.

Owns: the register of links, and everything around the content.
Must not: know any page's content.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import urlencode

import orjson
from fastapi import Request
from starlette.responses import HTMLResponse

from services.console.access import is_secure
from services.console.asking import AGAIN
from services.console.roles import Principal
from services.console.templating import TEMPLATES, iso
from services.console.words import WORDS, language_of, speaker

LANGUAGE_COOKIE = "redcrown_lang"
YEAR_S = 366 * 24 * 3600
Section = Literal["planning", "operations"]
SECTIONS: tuple[Section, ...] = ("planning", "operations")
LINKS: list[Link] = []


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the navigation; made at module level of its page, and registered by that."""

    name: str
    """Its word is `<name>.nav`."""
    path: str
    section: Section
    order: int

    def __post_init__(self) -> None:
        assert f"{self.name}.nav" in WORDS, self.name
        LINKS.append(self)
        LINKS.sort(key=lambda one: (SECTIONS.index(one.section), one.order))

    def leads_to(self, path: str) -> bool:
        """Whether a page is this one or below it."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


def language_for(request: Request) -> str:
    """The reader's language: by the address, as chosen before, or as the browser prefers."""
    asked = request.query_params.get("lang") or request.cookies.get(LANGUAGE_COOKIE)
    return language_of(asked, request.headers.get("accept-language", ""))


def navigation(who: Principal | None, path: str) -> list[dict[str, Any]]:
    """Sections with the links that this principal may follow; the current one is marked."""
    if who is None:
        return []
    found = []
    for section in SECTIONS:
        links = [
            {"name": one.name, "path": one.path, "current": one.leads_to(path)}
            for one in LINKS
            if one.section == section and who.may("GET", one.path)
        ]
        if links:
            found.append({"name": section, "links": links})
    return found


def other_address(request: Request, language: str) -> str:
    """This very page in the other language."""
    query = [(key, one) for key, one in request.query_params.multi_items() if key != "lang"]
    return "?" + urlencode([*query, ("lang", "en" if language == "zh" else "zh")])


def render(
    request: Request,
    who: Principal | None,
    template: str,
    *,
    title: str,
    status: int = 200,
    topics: Sequence[str] = (),
    remembers: bool = True,
    **values: Any,
) -> HTMLResponse:
    """A page. `title` is the key of a word, or a text if there is no such word; `topics` are what
    lives on it (`topics.text_of`); a language in the address is chosen from then on where the page
    `remembers` it; `values` go to the template beside what `frame.html` needs."""
    language = language_for(request)
    t = speaker(language)
    said = f"said.{request.query_params.get('said', '')}"
    html = TEMPLATES.get_template(template).render(
        t=t,
        language=language,
        title=t(title) if title in WORDS else title,
        navigation=navigation(who, request.url.path),
        who=who,
        other_link=other_address(request, language),
        topics=orjson.dumps(list(topics)).decode(),
        said=said if said in WORDS else None,
        now=datetime.now(UTC),
        server_now=iso(datetime.now(UTC)),
        **values,
    )
    headers = {"Content-Language": language, "Vary": "Accept-Language, Cookie"}
    if status == 503:  # A part of the page is away; who reads pages by machine is told when to ask.
        headers |= AGAIN
    answer = HTMLResponse(html, status, headers)
    if remembers and request.query_params.get("lang") == language:
        answer.set_cookie(
            LANGUAGE_COOKIE, language, max_age=YEAR_S, path="/", httponly=True,
            secure=is_secure(request), samesite="lax",
        )  # fmt: skip
    return answer
