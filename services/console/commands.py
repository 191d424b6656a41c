"""A command on its way, and what its owner's answer means to the planner.

Owns: waiting for `CommandAnswered`, and the mapping from outcome to HTTP answer.
Must not: touch the store; `idempotency` does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from services.console.problems import MEDIA_TYPE, ProblemError, as_json, problem_body
from services.console.store import Reply
from shared.contracts.message import Command, CommandAnswered, Problem

WAIT_S = 5.0
STATUS_AGAIN_S = 1
STALE = "stale_revision"
JSON = "application/json"
Addressed = tuple[Command, str | None]
"""A command, and its owner where the class has none."""


@dataclass(frozen=True, slots=True)
class Intent:
    """What a request wants: enough to make the command, and to word the answer."""

    about: str
    """`visit`, `hold` or `act`: the field of the answer that names the thing."""
    resource: str
    """Address of the thing; empty when only the command itself can be read."""
    make: Callable[[str], Awaitable[Addressed]]
    """Makes the command from its id; may read, may raise ProblemError."""
    creates: bool = False
    conditional: bool = False
    """Whether the planner said If-Match."""
    brings_work: bool = False
    """Whether holds are to be placed for it: that is put off when there is too much to do."""
    locate: Callable[[Problem], Problem] = field(default=lambda problem: problem)
    """Finds the place of a problem in the planner's document."""
    extra: Mapping[str, object] = field(default_factory=dict)
    """What else the answer says; the same whenever the request is repeated."""


class Answers:
    """Requests of this process that wait for answers."""

    def __init__(self) -> None:
        self._waiting: dict[str, set[asyncio.Future[CommandAnswered]]] = {}

    def told(self, answer: CommandAnswered) -> None:
        """Wake whoever waits for this answer."""
        for future in self._waiting.get(answer.command, ()):
            if not future.done():
                future.set_result(answer)

    @contextmanager
    def awaited(self, command: str) -> Iterator[asyncio.Future[CommandAnswered]]:
        """A future that gets the answer; begin to wait before the command leaves."""
        future: asyncio.Future[CommandAnswered] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(command, set())
        waiting.add(future)
        try:
            yield future
        finally:
            future.cancel()
            waiting.discard(future)
            if not waiting:
                self._waiting.pop(command, None)


def status_address(command: str) -> str:
    """Where the outcome of a command can be read."""
    return f"/v1/commands/{command}"


def reply_to(intent: Intent, command: str, answer: CommandAnswered | None) -> Reply:
    """What the planner is told; None means that the owner has not answered yet."""
    if answer is None:
        return _not_yet(intent, command)
    if answer.outcome == "accepted":
        return _accepted(intent, command, answer)
    errors = [intent.locate(problem) for problem in answer.problems]
    detail = "; ".join(problem.message for problem in errors)
    error = ProblemError(_sort(intent, answer), detail, errors, _tag(answer))
    headers = {**error.headers, "Content-Type": MEDIA_TYPE}
    return Reply(error.status, problem_body(error).decode(), headers)


def _sort(intent: Intent, answer: CommandAnswered) -> str:
    if answer.outcome == "missing":
        return "not-found"
    if answer.outcome == "conflict":
        stale = any(problem.code == STALE for problem in answer.problems)
        return "revision-stale" if stale and intent.conditional else "conflict"
    if answer.outcome == "invalid":
        return "refused-by-rules" if intent.about == "visit" else "invalid-request"
    return "internal"


def _tag(answer: CommandAnswered) -> dict[str, str]:
    return {"ETag": f'"{answer.revision}"'} if answer.revision else {}


def _accepted(intent: Intent, command: str, answer: CommandAnswered) -> Reply:
    body: dict[str, object] = {intent.about: answer.about, "command": command}
    if intent.about == "visit" or answer.revision:
        body["revision"] = answer.revision
    body |= intent.extra
    body["status"] = intent.resource or status_address(command)
    headers = {"Content-Type": JSON, **_tag(answer)}
    if intent.creates:
        headers["Location"] = intent.resource
    return Reply(201 if intent.creates else 200, as_json(body).decode(), headers)


def _not_yet(intent: Intent, command: str) -> Reply:
    status = status_address(command)
    body = {"command": command, "state": "pending", "status": status}
    headers = {"Content-Type": JSON, "Location": status, "Retry-After": str(STATUS_AGAIN_S)}
    return Reply(202, as_json(body).decode(), headers)
