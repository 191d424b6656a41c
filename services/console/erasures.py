"""Guests who were erased since a copy of the guests' store was made are erased again, and rosters
that went back with it are found.

An erasure is a question, kept by no stream; but every write that passed this door stands in the
audit, and its address names the guest; whom a roster left out `rosters` knows. A copy that is
brought back has that guest's data and key.

Must not: know anything of a guest but the opaque id; nor bring back what was put since the copy:
only who put a roster can put it again.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import bindparam, select
from sqlmodel import Session

from services.console import bounds, rosters
from services.console.asking import ask, read_as
from services.console.audit import AUDIT
from services.console.problems import ProblemError
from services.console.roles import Role
from shared.chassis import limits
from shared.chassis.gathering import AT_LEISURE
from shared.chassis.life import TooEarlyError
from shared.chassis.lifecycle import repeat
from shared.chassis.service import Service
from shared.contracts.guests import EraseGuest, ErasureReason, ReadTotals, RosterTotals
from shared.contracts.restoring import StoreRestored
from shared.contracts.rosters import RosterChanged

OWNER = "guests"
FORGET_S = 300.0
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


def begin(service: Service) -> None:
    """Wire it: what is heard of rosters, what is repeated, and what is asked for now and then."""
    those = Erasures(service)
    service.reminds = those.repeat
    service.background(lambda: repeat(bounds.ROSTERS_S, those.look, "rosters"))
    service.every(FORGET_S, rosters.forget)

    @service.broker.subscriber(**service.takes(RosterChanged, gather=AT_LEISURE))
    async def hear_roster(some: list[RosterChanged]) -> None:
        """A roster was put: a guests service that is brought back may have to be told."""
        await service.handle(rosters.heard, some)


class Erasures:
    """Repeats them when the guests service says that its store is an older one, and asks it for
    rosters that it may not have any more."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._quiet = service.quiet()

    async def repeat(self, event: StoreRestored) -> None:
        """Ask for every erasure since the copy again. Raises TooEarlyError while nobody answers."""
        if event.service != OWNER:
            return
        since = event.as_of - timedelta(seconds=bounds.CLOCKS_APART_S)
        count = await self._those_asked_for(event, since) + await self._those_left_out(event, since)
        await self._service.writer.run(rosters.doubt)
        log.info("erased_again", guests=count, since=since.isoformat())

    async def _those_asked_for(self, event: StoreRestored, since: datetime) -> int:
        after, count = 0, 0
        while some := await self._service.read(
            lambda session, after=after: erasures(session, since, after)  # type: ignore[misc]
        ):
            for one in some:
                await self._erase(event, actor=one.actor, roles=one.roles, visit=one.visit,
                                  guest=one.guest, reason=ErasureReason.WITHDRAWN)  # fmt: skip
            after, count = some[-1].seq, count + len(some)
        return count

    async def _those_left_out(self, event: StoreRestored, since: datetime) -> int:
        """No head-count counts them: whoever left them out has put somebody else, or nobody."""
        after, count = "", 0
        while some := await self._service.read(
            lambda session, after=after: rosters.left_out(session, since, after)  # type: ignore[misc]
        ):
            for one in some:
                await self._erase(event, actor=one.actor, roles=(Role.PLANNER,), visit=one.visit,
                                  guest=one.guest, reason=ErasureReason.NOT_COMING,
                                  counted=False)  # fmt: skip
            after, count = some[-1].guest, count + len(some)
        return count

    async def _erase(self, event: StoreRestored, **told: Any) -> None:
        query = EraseGuest(cause=event.cause, **told)
        try:
            await ask(self._service, query)
        except ProblemError as error:
            raise TooEarlyError(f"erasing {query.guest} again: {error}") from error

    async def look(self) -> None:
        """Ask for rosters that are in doubt whether the guests service has an older one. Raises
        ProblemError while it does not answer; then it is asked again with the next look."""
        if self._quiet.goes_on():
            return
        some = await self._service.read(rosters.doubted)
        found = [(one, await self._went_back(one)) for one in some]
        if some:
            await self._service.writer.run(lambda work: rosters.answered(work, found))
        else:
            self._quiet.begin(None)

    async def _went_back(self, one: rosters.Doubt) -> bool:
        query = ReadTotals(cause="read", actor="console", roles=("console",), visit=one.visit)
        found = read_as(RosterTotals, await ask(self._service, query), "the roster")
        return found.revision < one.revision
