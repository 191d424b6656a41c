"""Guests who were erased since a copy of the guests' store was made are erased again.

An erasure is a question, kept by no stream; but every write that passed this door stands in the
audit, and its address names the guest. A copy that is brought back has that guest's data and key.

Must not: know anything of a guest but the opaque id; nor bring back what was put since the copy.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import bindparam, select
from sqlmodel import Session

from services.console.asking import ask
from services.console.audit import AUDIT
from services.console.problems import ProblemError
from shared.chassis import limits
from shared.chassis.life import TooEarlyError
from shared.chassis.service import Service
from shared.contracts.guests import EraseGuest, ErasureReason
from shared.contracts.restoring import StoreRestored

OWNER = "guests"
_ADDRESS = re.compile(r"/v1/visits/([a-z0-9-]+)/roster/guests/(g-[0-9a-z]+)")
_ERASURES = (
    select(AUDIT.c.seq, AUDIT.c.principal, AUDIT.c.roles, AUDIT.c.resource)
    .where(
        AUDIT.c.method == "DELETE",
        AUDIT.c.route == "/v1/visits/{visit}/roster/guests/{guest}",
        AUDIT.c.status == 204,
        AUDIT.c.at >= bindparam("since"),
        AUDIT.c.seq > bindparam("after"),
    )
    .order_by(AUDIT.c.seq)
    .limit(limits.AUDIT_ROWS)
)
log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Erasure:
    """An erasure that was done: by whom, in which roles, and whose."""

    seq: int
    actor: str
    roles: tuple[str, ...]
    visit: str
    guest: str


def erasures(session: Session, since: datetime, after: int) -> list[Erasure]:
    """At most `limits.AUDIT_ROWS` erasures done since then, behind a row of the audit."""
    found = []
    for row in session.execute(_ERASURES, {"since": since, "after": after}):
        named = _ADDRESS.fullmatch(row.resource)
        assert named is not None, row.resource
        found.append(Erasure(row.seq, row.principal, tuple(row.roles), named[1], named[2]))
    return found


class Erasures:
    """Repeats them when the guests service says that its store is an older one."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def repeat(self, event: StoreRestored) -> None:
        """Ask for every erasure since the copy again. Raises TooEarlyError while nobody answers."""
        if event.service != OWNER:
            return
        after, count = 0, 0
        while some := await self._service.read(
            lambda session, after=after: erasures(session, event.as_of, after)  # type: ignore[misc]
        ):
            for one in some:
                await self._erase(event, one)
            after, count = some[-1].seq, count + len(some)
        log.info("erased_again", guests=count, since=event.as_of.isoformat())

    async def _erase(self, event: StoreRestored, one: Erasure) -> None:
        query = EraseGuest(
            cause=event.cause, actor=one.actor, roles=one.roles, visit=one.visit, guest=one.guest,
            reason=ErasureReason.WITHDRAWN,
        )  # fmt: skip
        try:
            await ask(self._service, query)
        except ProblemError as error:
            raise TooEarlyError(f"erasing {one.guest} again: {error}") from error
