"""Every page of the console has a picture, or a reason why it has none."""

from __future__ import annotations

from services.console.pages import modules
from services.console.pages.frame import LINKS
from services.console.roles import OPEN, ROUTES
from tests.screenshots import BY_LETTER, EXAMPLES, NOT_PICTURED, PARKED, pages

NO_PAGES = ("/v1/", "/stream", "/feeds/", "/login/oidc")
DOCUMENTS = "/visits/{visit}/documents/{kind}"


def test_every_page_is_pictured() -> None:
    modules()
    routes = {path for method, path in {*ROUTES, *OPEN} if method == "GET"}
    there = {one for one in routes if not one.startswith(NO_PAGES) and not one.endswith(".xlsx")}
    pictured = {one.path for one in LINKS} | {*EXAMPLES, *PARKED, BY_LETTER, DOCUMENTS, "/login"}
    assert there - pictured == set(NOT_PICTURED)
    assert not pictured - there, "an address that is gone"
    made = pages(PARKED)
    assert len(set(made.values())) == len(made), "each once"
