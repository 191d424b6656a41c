"""The pages of the web application: one module each, found by themselves.

How to add a page, say `/board`:

1.  Module `pages/board.py` with `router = APIRouter(include_in_schema=False)` and a GET handler
    that reads what it shows and returns `frame.render(request, who, "board/page.html", …)`.
    Every module of this package that has a `router` is installed; there is no list to edit.
2.  Route: one line in `roles.ROUTES` for each method and path. Without it nobody gets in.
3.  Navigation: `frame.Link("board", "/board", "planning", 20)` at module level, with the word
    `board.nav`. It is shown to those whose roles may GET the path. Pages below it (`/board/x`)
    mark it as current by themselves.
4.  Words: `words/board.py`, a dict `WORDS` of `"board.…": (zh, en)`. In templates `t("board.…")`.
5.  Template: `templates/board/page.html` extends `frame.html` (blocks `head`, `main`; see there),
    and imports `parts.html` for pills, meters, fields, tabs, dialogs, empty states, sparklines.
    Own styles: `static/board.css`, `{% block head %}<link rel="stylesheet" …>`. No inline style or
    script: the guard's CSP forbids both.
6.  Live: what changes is an element with an id. Put it into a macro in `templates/board/….html`;
    the page calls the macro, and so does a renderer registered with
    `@topic("board", "/board", on="visits")` (or `on="visit"`, `every_s=2`), which returns
    `{id: fragment(module("board/….html", asked.language).bar(one))}`. Hand `topics=[text_of(…)]`
    to `frame.render`. A list says `data-list="{{ topic }}"` on the element whose children are the
    fragments: new ones are then offered by a button (`parts.newer`), gone ones fade and leave when
    the pointer has. Elements outside of a list must be on the page from the start. A renderer shows
    what `asked.who` may see, and raises ProblemError when a service does not answer: the page then
    says so, keeps the last state, and the desk tries again by itself.
    Ages tick in the browser: `parts.age(instant, now)` and `parts.until(instant, now)`.
7.  Forms: plain `<form method="post">` with `{{ parts.once(key) }}`; see `pages/forms.py`.
8.  Tests: `tests/browser/test_board.py`, with the fixtures of `tests/browser/conftest.py`;
    `test_every_page.py` already checks each registered link: axe in both languages and schemes,
    bytes, requests outside, CSP.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def modules() -> tuple[ModuleType, ...]:
    """Every module here that has a router, by name."""
    found = [import_module(f"{__name__}.{one.name}") for one in pkgutil.iter_modules(__path__)]
    return tuple(one for one in found if hasattr(one, "router"))
