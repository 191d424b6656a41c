"""A small client of the JSON API, as a planner's script would have one.

Must not: reach behind the API; what it cannot see there, a planner cannot see either.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any

import httpx

POLL_S = 0.05
LATER, NOT_NOW = 202, 503
AGAIN_WITHIN_S = 20.0
"""A read that is answered "not now" is repeated for so long; then that answer is the answer."""
ENDED_WITHIN_S = 60.0
"""For so long the outcome of a write is awaited that was not there at once."""
STATUSES = {"conflict": 409, "missing": 404}
"""What a late outcome would have been answered with at once; 422 for every other refusal."""


class Refused(Exception):
    """The API said no; `problem` is its problem document."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(f"{status} {problem.get('title')}: {problem.get('detail')}")
        self.status, self.problem = status, problem


class Client:
    """Talks to one console."""

    def __init__(self, address: str, token: str, timeout_s: float = 20.0) -> None:
        headers = {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=f"{address}/v1", timeout=timeout_s, headers=headers)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def submit(self, spec: str) -> dict[str, Any]:
        """Open a new visit from a YAML document."""
        return self._write("POST", "/visits", content=spec)

    def edit(self, visit: str, revision: int, spec: str) -> dict[str, Any]:
        """Replace the spec of a visit that was seen at `revision`."""
        return self._write("PUT", f"/visits/{visit}", revision, content=spec)

    def propose(self, visit: str, revision: int, spec: str) -> dict[str, Any]:
        """Open a proposal."""
        return self._write("POST", f"/visits/{visit}/proposal", revision, content=spec)

    def commit(self, visit: str, revision: int, proposal: str) -> dict[str, Any]:
        """Commit an open proposal."""
        path = f"/visits/{visit}/proposal/commit"
        return self._write("POST", path, revision, json={"proposal": proposal})

    def drop(self, visit: str, revision: int) -> dict[str, Any]:
        """Drop the proposal."""
        return self._write("DELETE", f"/visits/{visit}/proposal", revision)

    def cancel(self, visit: str, revision: int) -> dict[str, Any]:
        """Cancel a visit."""
        return self._write("DELETE", f"/visits/{visit}", revision)

    def consent(self, hold: str, service: str, granted: bool, reason: str = "") -> dict[str, Any]:
        """Answer for the person whose consent is asked."""
        answer = {"service": service, "granted": granted, "reason": reason}
        return self._write("POST", f"/consents/{hold}", json=answer)

    def visit(self, visit: str) -> dict[str, Any]:
        """One visit whole."""
        return self._read(f"/visits/{visit}")

    def hotel(self, hotel: str) -> dict[str, Any]:
        """A hotel that is asked: its line, and its orders, those that need somebody first."""
        return self._read(f"/hotels/{hotel}")

    def pages(self, path: str, key: str, **filters: Any) -> list[dict[str, Any]]:
        """All pages of a list."""
        found: list[dict[str, Any]] = []
        after: Any = None
        while True:
            extra = {} if after is None else {"after": after}
            page = self._read(path, **filters, **extra)
            found += page[key]
            after = page.get("next_after", page.get("next"))
            if not after:
                return found

    def wait_for(
        self, visit: str, done: Callable[[dict[str, Any]], bool], within_s: float = 60.0
    ) -> dict[str, Any]:
        """Read a visit until `done` says so. Raises TimeoutError with what was seen last."""
        deadline = time.monotonic() + within_s
        while True:
            view = self.visit(visit)
            if done(view):
                return view
            if time.monotonic() > deadline:
                raise TimeoutError(f"{visit} is {view['phase']}: {view['reasons']}")
            time.sleep(POLL_S)

    def _read(self, path: str, **query: Any) -> dict[str, Any]:
        deadline = time.monotonic() + AGAIN_WITHIN_S
        while True:
            answer = self._http.get(path, params=query)
            if answer.status_code != NOT_NOW or time.monotonic() > deadline:
                return self._answer(answer)
            time.sleep(float(answer.headers.get("Retry-After", 1)))

    def _write(
        self, method: str, path: str, revision: int | None = None, **body: Any
    ) -> dict[str, Any]:
        headers = {"Idempotency-Key": uuid.uuid4().hex}
        if revision is not None:
            headers["If-Match"] = f'"{revision}"'
        if "content" in body:
            headers["Content-Type"] = "application/yaml"
            body["content"] = body["content"].encode()
        answer = self._http.request(method, path, headers=headers, **body)
        if answer.status_code == LATER:
            return self._late_outcome(answer.json()["status"].removeprefix("/v1"))
        return self._answer(answer)

    def _late_outcome(self, status: str) -> dict[str, Any]:
        """What a command that was taken came to. Raises Refused, or TimeoutError."""
        deadline = time.monotonic() + ENDED_WITHIN_S
        while (told := self._read(status))["state"] != "answered":
            if time.monotonic() > deadline:
                raise TimeoutError(f"{status} is still {told['state']}")
            time.sleep(POLL_S)
        if told["outcome"] != "accepted":
            detail = "; ".join(one["message"] for one in told["problems"])
            problem = {"title": told["outcome"], "detail": detail, "errors": told["problems"]}
            raise Refused(STATUSES.get(told["outcome"], 422), problem)
        return {**told, "visit": told["about"].rpartition("/")[2]}

    @staticmethod
    def _answer(response: httpx.Response) -> dict[str, Any]:
        if response.is_error:
            try:
                problem = response.json()
            except ValueError:
                problem = {"title": response.text[:500]}
            raise Refused(response.status_code, problem)
        return dict(response.json()) if response.content else {}
