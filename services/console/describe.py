"""The published description of the API, put right where the framework cannot know better.

Owns: problems as `application/problem+json`, and which addresses need a login.
Must not: describe what the routes do; they do.
"""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from services.console.problems import MEDIA_TYPE
from services.console.roles import OPEN, ROUTES
from services.console.schema import local_times

SCHEMES = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": "An API token of a local account, or a signed token of the login provider.",
    },
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "redcrown",
        "description": "The page's session. Writes with it must come from the page's own site.",
    },
}


def install(app: FastAPI) -> None:
    """Replace the description that the framework makes."""

    def described() -> dict[str, Any]:
        if app.openapi_schema is None:
            made = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes
            )
            app.openapi_schema = _put_right(made)
        return app.openapi_schema

    app.openapi = described  # type: ignore[method-assign]


def _put_right(made: dict[str, Any]) -> dict[str, Any]:
    made["components"]["securitySchemes"] = SCHEMES
    for part in ("Item", "Need"):
        local_times(made["components"]["schemas"][part])
    for path, methods in made["paths"].items():
        for method, told in methods.items():
            route = (method.upper(), path.replace("{hold}", "{hold:path}"))
            if route not in OPEN:
                told["security"] = [{"token": []}, {"session": []}]
                roles = ", ".join(sorted(ROUTES.get(route, ())))
                told["description"] = f"{told['description']}\n\nRoles: {roles}."
            for status, answer in told["responses"].items():
                if status[0] in "45" and "application/json" in answer.get("content", {}):
                    answer["content"] = {MEDIA_TYPE: answer["content"]["application/json"]}
    return made
