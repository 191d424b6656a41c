"""What a page of the console consists of, as a browser would read it: tags, addresses, forms.

Must not: know what is right; tests say.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from fastapi.routing import APIRoute

from services.console.main import assemble, door
from services.console.settings import ConsoleSettings

ADDRESSES = frozenset({"href", "src", "action", "formaction", "srcset", "data", "poster"})
CODE = frozenset({"javascript", "data", "vbscript"})


@dataclass
class Form:
    """A form and its fields, as they would be sent by the button `button` names."""

    method: str
    action: str
    fields: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Seen:
    """One page."""

    tags: frozenset[str]
    attributes: frozenset[str]
    addresses: frozenset[str]
    inline: tuple[str, ...]
    """Scripts and styles inside of the page, which its policy forbids."""
    forms: tuple[Form, ...]
    text: str
    headings: int
    """How many first headings it has."""


def look(html: str) -> Seen:
    """Read a page."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return Seen(
        frozenset(reader.tags), frozenset(reader.attributes), frozenset(reader.addresses),
        tuple(reader.inline), tuple(reader.forms), "".join(reader.said),
        reader.headings,
    )  # fmt: skip


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.addresses: set[str] = set()
        self.inline: list[str] = []
        self.forms: list[Form] = []
        self.said: list[str] = []
        self.headings = 0
        self._select: str | None = None
        self._area: tuple[str, list[str]] | None = None
        self._inside: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.tags.add(tag)
        self.headings += tag == "h1"
        self.attributes |= told.keys()
        self.addresses |= {value for name, value in told.items() if name in ADDRESSES}
        if tag == "style" or (tag == "script" and "src" not in told) or "style" in told:
            self.inline.append(f"{tag} {told}")
        self._inside = tag if tag in ("script", "style") else None
        if tag == "form":
            self.forms.append(Form(told.get("method", "get").lower(), told.get("action", "")))
        elif tag == "select":
            self._select = told.get("name")
        elif tag == "textarea" and self.forms:
            self._area = (told.get("name", ""), [])
        elif self.forms:
            self._field(tag, told)

    def _field(self, tag: str, told: dict[str, str]) -> None:
        fields, name = self.forms[-1].fields, told.get("name")
        if tag == "option" and self._select:
            if "selected" in told or self._select not in dict(fields):
                fields[:] = [one for one in fields if one[0] != self._select]
                fields.append((self._select, told.get("value", "")))
        elif tag in ("input", "button") and name:
            unchosen = told.get("type") in ("radio", "checkbox") and "checked" not in told
            if not unchosen and not (tag == "button" and name in dict(fields)):
                fields.append((name, told.get("value", "")))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea" and self._area and self.forms:
            self.forms[-1].fields.append((self._area[0], "".join(self._area[1])))
            self._area = None
        elif tag == "select":
            self._select = None
        self._inside = None

    def handle_data(self, data: str) -> None:
        self.said.append(data)
        if self._area is not None:
            self._area[1].append(data)


def leads_away(address: str) -> bool:
    """Whether a browser that follows this address leaves the site, or runs it."""
    plain = re.sub(r"[\t\r\n]", "", address).strip().replace("\\", "/")
    if plain.startswith("//"):
        return True
    scheme = re.match(r"[a-zA-Z][a-zA-Z0-9+.-]*:", plain)
    return scheme is not None


def routes(folder: Path) -> dict[tuple[str, str], APIRoute]:
    """Every route of the application, as the application itself has them."""
    app = door(assemble(ConsoleSettings(data_dir=folder)))
    return {
        (method, route.path): route
        for part in app.router.routes
        for route in getattr(getattr(part, "original_router", None), "routes", ())
        if isinstance(route, APIRoute)
        for method in route.methods
    }


def names_in(seen: Seen) -> set[str]:
    """Names of query parameters that links and forms of a page use."""
    links = {name for one in seen.addresses for name, _ in parse_qsl(urlsplit(one).query)}
    return links | {name for form in seen.forms for name, _ in form.fields}
