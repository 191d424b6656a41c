"""Topics: what on the pages can live, who may listen to it, and how it is rendered.

A topic's text, as the browser sends it, is `name[/about]:language[?query]`:
`visits:zh?phase=ready`, `visit/delegation-east:en`.

Owns: the register of topics, and reading their texts.
Must not: know streams or their listeners; `fragments` does.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qsl, quote, unquote, urlencode

from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.words import LANGUAGES

if TYPE_CHECKING:
    from services.console.door import Console

Fragments = dict[str, str]
"""HTML of elements by their id; each begins with the element that has the id."""
On = Literal["visits", "visit"] | None
MOST_TEXT = 600
_TEXT = re.compile(r"([a-z_]{1,40})(?:/([^:?#]{1,200}))?:([a-z]{2})(?:\?(.*))?")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a renderer gets: the console's parts, and what is to be rendered for whom.

    `who` has roles, stations and units, but no name of its own: all who see the same share one
    rendering. A renderer shows what `who` may see, and nothing else.
    """

    parts: Console
    who: Principal
    language: str
    about: str = ""
    query: Mapping[str, str] | None = None


Renderer = Callable[[Asked], Awaitable[Fragments]]


@dataclass(frozen=True, slots=True)
class Topic:
    """One kind of topic. Who may GET `route` may listen; rows are the renderer's own concern."""

    name: str
    route: str
    render: Renderer
    every_s: float | None
    """Rendered this often without being marked, for what no announcement tells; None for never."""
    on: On
    """Marked when any visit changes, or the one it is about; None: by `Desk.mark` alone."""


TOPICS: dict[str, Topic] = {}


def topic(
    name: str, route: str, every_s: float | None = None, on: On = None
) -> Callable[[Renderer], Renderer]:
    """Register a renderer as topic `name` of the page at `route` (as in `roles.ROUTES`)."""

    def register(render: Renderer) -> Renderer:
        assert name not in TOPICS, name
        TOPICS[name] = Topic(name, route, render, every_s, on)
        return render

    return register


def text_of(
    name: str, language: str, about: str = "", query: Mapping[str, str] | None = None
) -> str:
    """The text of a topic, for `data-topics` of a page."""
    told = urlencode(sorted((key, one) for key, one in (query or {}).items() if one))
    middle = f"/{quote(about, safe='')}" if about else ""
    return f"{name}{middle}:{language}{'?' + told if told else ''}"


@dataclass(frozen=True, slots=True)
class Key:
    """What shares one rendering: the topic's text, and all that decides what is seen."""

    text: str
    topic: Topic
    language: str
    about: str
    query: tuple[tuple[str, str], ...]
    view: Principal

    def asked(self, parts: Console) -> Asked:
        """For the renderer."""
        return Asked(parts, self.view, self.language, self.about, dict(self.query))


def view_of(who: Principal) -> Principal:
    """The principal without what makes no difference to what is seen."""
    stations = frozenset[str]() if who.changes_all else who.stations
    return replace(who, name="console", stations=stations)


def read(text: str, who: Principal) -> Key:
    """The topic of a text, for one who may listen. Raises ProblemError: 404, 403."""
    match = _TEXT.fullmatch(text) if len(text) <= MOST_TEXT else None
    kind = TOPICS.get(match[1]) if match else None
    if match is None or kind is None or match[3] not in LANGUAGES:
        raise ProblemError("not-found", "there is no such topic")
    if not who.may("GET", kind.route):
        raise ProblemError("forbidden", f"{who.name} may not listen to {kind.name}")
    try:
        query = tuple(parse_qsl(match[4] or "", max_num_fields=20))
    except ValueError as error:
        raise ProblemError("not-found", "there is no such topic") from error
    about = unquote(match[2] or "")
    return Key(text, kind, match[3], about, query, view_of(who))
