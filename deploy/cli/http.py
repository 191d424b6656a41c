"""The tool's way to the JSON API: one address, perhaps a token, and errors that say what to do.

Owns: exit codes, and repeating a write under the same key when its answer got lost.
Must not: know a command of the tool.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx

REFUSED, USAGE, NO_ANSWER = 1, 2, 3
"""Exit codes: the API said no (or a replay had failures); the tool was misused; nobody answered."""
TRIES = 4
PAUSE_S = 0.5
MOST_PAGES = 1_000
WHERE = "does the console run, and is --url or REDCROWN_URL its address?"
PAGE = 100


class ToolError(Exception):
    """Ends the tool with an exit code; `problem` is what the API said, if it said something."""

    def __init__(self, code: int, text: str, problem: Mapping[str, Any] | None = None) -> None:
        super().__init__(text)
        self.code, self.problem = code, problem


class Api:
    """Talks to one console."""

    def __init__(self, url: str, token_file: Path | None, timeout_s: float) -> None:
        """Raises ToolError for a token that cannot be read."""
        headers = {"Accept": "application/json"}
        if token_file is not None:
            headers["Authorization"] = f"Bearer {_token(token_file)}"
        self._http = httpx.Client(base_url=url, headers=headers, timeout=timeout_s)
        self._url = url

    def read(self, path: str, **query: Any) -> dict[str, Any]:
        """One thing. Raises ToolError."""
        given = {name: value for name, value in query.items() if value is not None}
        return self._ask("GET", path, {}, params=given)

    def pages(self, path: str, key: str, most: int, **query: Any) -> Iterator[dict[str, Any]]:
        """The entries of a list, page by page, at most `most` of them. Raises ToolError."""
        after: str | None = None
        for _ in range(MOST_PAGES):
            page = self.read(path, after=after, limit=min(most, PAGE), **query)
            yield from page[key][:most]
            most -= len(page[key])
            after = page["next_after"]
            if after is None or most <= 0:
                return

    def write(
        self, method: str, path: str, headers: Mapping[str, str] | None = None, **body: Any
    ) -> dict[str, Any]:
        """One act, under a key of its own. Raises ToolError."""
        key = {"Idempotency-Key": f"cli-{uuid.uuid4().hex}", **(headers or {})}
        return self._ask(method, path, key, **body)

    def _ask(
        self, method: str, path: str, headers: Mapping[str, str], **how: Any
    ) -> dict[str, Any]:
        failed = ToolError(NO_ANSWER, "not tried")
        for attempt in range(TRIES):
            time.sleep(PAUSE_S * attempt)
            try:
                answer = self._http.request(method, path, headers=headers, **how)
            except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
                raise ToolError(USAGE, f"{self._url}: {error}; write http://host:port") from error
            except httpx.TransportError as error:
                failed = ToolError(NO_ANSWER, f"{self._url} does not answer: {error}; {WHERE}")
                continue
            if answer.status_code not in (429, 503):
                return _content(answer)
            failed = _refusal(answer, NO_ANSWER)
        raise failed


def _token(path: Path) -> str:
    try:
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ToolError(USAGE, f"the token file cannot be read: {error}") from error
    if not token.isascii() or not token.isprintable() or not token:
        raise ToolError(USAGE, f"{path} holds no token: write one line of printable characters")
    return token


def _content(answer: httpx.Response) -> dict[str, Any]:
    if answer.is_error or answer.is_redirect:
        raise _refusal(answer, REFUSED if answer.status_code < 500 else NO_ANSWER)
    try:
        return dict(answer.json())
    except ValueError as error:
        raise ToolError(NO_ANSWER, f"{answer.url} did not answer in JSON") from error


def _refusal(answer: httpx.Response, code: int) -> ToolError:
    try:
        problem = dict(answer.json())
    except ValueError:
        problem = {"status": answer.status_code, "title": answer.reason_phrase}
    return ToolError(code, told_of(problem, answer.status_code), problem)


def told_of(problem: Mapping[str, Any], status: int) -> str:
    """A problem document as a person reads it. What is wrong is told once: in the first line, or
    in lines of its own where they say more, such as a place."""
    title, detail = f"{problem.get('title', 'Refused')} ({status})", problem.get("detail", "")
    errors = list(problem.get("errors", ()))
    if detail == "; ".join(one.get("message", "") for one in errors):
        if any(one.get("path") or one.get("remedy") for one in errors):
            detail = ""
        else:
            errors = []
    lines = [f"{title}: {detail}" if detail else title]
    for one in errors:
        place = f"{one['path']}: " if one.get("path") else ""
        remedy = f"; {one['remedy']}" if one.get("remedy") else ""
        lines.append(f"  {place}{one.get('message', '')}{remedy}")
    return "\n".join(lines)
