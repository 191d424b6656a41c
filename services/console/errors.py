"""What a person sees who asked for a page and cannot have it.

Must not: tell more than the problem document that a program gets.
"""

from __future__ import annotations

from fastapi import Request
from starlette.responses import Response

from services.console.access import NO_PAGES
from services.console.pages import frame
from services.console.problems import URN, ProblemError, problem_response
from services.console.roles import Principal
from services.console.words import WORDS


def answer(request: Request, error: ProblemError) -> Response:
    """A page for a browser that navigates; a problem document for everything else."""
    wants_page = "text/html" in request.headers.get("accept", "")
    if not wants_page or request.url.path.startswith((*NO_PAGES, "/static/")):
        return problem_response(error)
    who: Principal | None = getattr(request.state, "principal", None)
    sort = error.details.type.removeprefix(URN)
    keys = (f"error.{sort}", f"error.{error.status}", "error.other")
    shown = frame.render(
        request, who, "error.html", title="error.title", status=error.status,
        sentence=next(one for one in keys if one in WORDS), detail=error.details.detail,
        errors=error.details.errors,
    )  # fmt: skip
    shown.headers.update(error.headers)
    return shown
