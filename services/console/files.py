"""The pages' own files: scripts, styles and the icon, served from this folder and no other.

Owns: their addresses and how long a browser may keep them.
Must not: serve anything that a person made.
"""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from urllib.parse import parse_qs

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

HERE = Path(__file__).parent
FOLDER = HERE / "static"


@cache
def print_of(name: str) -> str:
    """What tells one content of a file from another; empty when there is no such file."""
    path = FOLDER / name
    return hashlib.sha256(path.read_bytes()).hexdigest()[:12] if path.is_file() else ""


@cache
def asset(name: str) -> str:
    """The address of a file; another content is another address."""
    assert print_of(name), name
    return f"/static/{name}?v={print_of(name)}"


class Files(StaticFiles):
    """Kept for a year under an address with its print; asked about each time under any other."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 304."""
        answer = await super().get_response(path, scope)
        told = parse_qs(scope["query_string"].decode("latin-1")).get("v", [""])[0]
        known = bool(told) and len(path) < 100 and (FOLDER / path).is_file()
        fixed = known and told == print_of(path)
        answer.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if fixed else "no-cache"
        )
        return answer
