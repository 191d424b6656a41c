"""Asking other services over the bus: one question, one answer, or a clear "not now".

Must not: interpret answers; they pass through as their owners gave them.
"""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
import structlog
from nats.errors import Error as NatsError
from pydantic import BaseModel, ValidationError

from services.console.problems import ProblemError
from services.console.roles import Principal
from shared.chassis import limits
from shared.chassis.service import Service
from shared.contracts.message import Query
from shared.contracts.reading import ReadVisit

M = TypeVar("M", bound=BaseModel)
Q = TypeVar("Q", bound=Query)
AGAIN = {"Retry-After": "2"}

log = structlog.get_logger(__name__)


async def ask(
    service: Service,
    query: Query,
    owner: str | None = None,
    within_s: float | None = None,
) -> dict[str, Any]:
    """The owner's answer as plain data. Raises ProblemError (503) when there is none in time."""
    wait_s = limits.QUERY_TIMEOUT_S if within_s is None else within_s
    subject = query.subject(owner)
    asked = subject.split(".")[1]
    if not service.ready:
        raise ProblemError("owner-away", "the bus is away", headers=AGAIN)
    try:
        answer = await service.broker.request(query, subject, timeout=wait_s)
        found = orjson.loads(answer.body)
    except (NatsError, TimeoutError, OSError, ValueError) as error:
        log.warning("no_answer", subject=subject, error=repr(error)[:300])
        detail = f"{asked} gave no answer within {wait_s:.0f} s"
        raise ProblemError("owner-away", detail, headers=AGAIN) from error
    if not isinstance(found, dict):
        raise ProblemError("owner-away", f"{asked} gave no answer that can be read", headers=AGAIN)
    return found


def read_as(model: type[M], found: dict[str, Any], what: str) -> M:
    """An owner's answer as its contract. Raises ProblemError (503): `what` cannot be read."""
    try:
        return model.model_validate(found)
    except ValidationError as error:
        raise ProblemError("owner-away", f"{what} cannot be read", headers=AGAIN) from error


def question(wanted: type[Q], /, **fields: Any) -> Q:
    """A question of what a reader wrote. Raises ProblemError (422): the contract forbids it."""
    try:
        return wanted(**fields)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ProblemError("invalid-request", f"{where}: {first['msg']}"[:300]) from error


def read_by(who: Principal) -> dict[str, str]:
    """Cause and actor of a question. It causes nothing, so its cause has no name of its own."""
    return {"cause": "read", "actor": who.name}


async def visit_of(service: Service, visit: str, who: Principal) -> dict[str, Any]:
    """One visit whole. Raises ProblemError: 404 when there is none that this principal sees."""
    found = (await ask(service, ReadVisit(**read_by(who), visit=visit)))["visit"]
    if found is None or not who.sees(found.get("station")):
        raise ProblemError("not-found", f"there is no visit {visit}")
    return dict(found)
