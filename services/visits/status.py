"""What the orchestrator knows: the wanted revision, and what the services last said of each hold.

Owns: the stored state of a visit and how an answer changes it.
Must not: decide what to do about it; `reconcile.plan` does.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from shared.contracts.holds import LIVE, Hold, HoldState, Refusal


class Wish(StrEnum):
    """The last thing we asked the owner of a hold to do."""

    PLACE = "place"
    CONFIRM = "confirm"
    RELEASE = "release"


class Held(BaseModel):
    """One hold as the orchestrator sees it."""

    model_config = ConfigDict(frozen=True)

    hold: str
    need: str
    service: str
    attempt: int
    fingerprint: str
    wish: Wish
    placed_at: datetime
    """When we first asked for it, by our own clock: no owner's clock is ever compared with ours."""
    asked_at: datetime
    asks: int = 1
    """0 when we do not remember asking: what we hear of it may be long over, so we ask first, and
    `seen` is empty until then."""
    seen: Hold | None = None
    """The owner's last word; None while it has not answered."""
    last_refusal: Refusal | None = None
    """Why the attempt before this one failed: still the best answer until there is a new one."""
    consent_told: bool = False

    @property
    def live(self) -> bool:
        """It takes, or may take, capacity at its owner."""
        return self.seen is None or self.seen.state in LIVE

    @property
    def leaving(self) -> bool:
        """We have asked for its release."""
        return self.wish is Wish.RELEASE

    @property
    def state(self) -> HoldState | None:
        """The owner's last word on its state."""
        return self.seen.state if self.seen else None

    @property
    def answered(self) -> bool:
        """The owner has done what we last asked, or can never do it."""
        if self.seen is None:
            return False
        if self.wish is Wish.PLACE:
            return True
        if self.wish is Wish.CONFIRM:
            return self.seen.state is not HoldState.HELD
        return self.seen.state not in LIVE


class Proposal(BaseModel):
    """A spec whose barrier is opened by a person."""

    model_config = ConfigDict(frozen=True)

    id: str
    based_on: int
    created_at: datetime
    expires_at: datetime
    cause: str
    actor: str


class VisitState(BaseModel):
    """Everything stored about a visit except its spec documents and timeline."""

    model_config = ConfigDict(frozen=True)

    visit: str
    revision: int = 0
    sequence: int = 0
    cause: str
    """The act that the present efforts serve."""
    actor: str
    cancelled: bool = False
    closed: bool = False
    proposal: Proposal | None = None
    holds: tuple[Held, ...] = ()
    attempts: dict[str, int] = {}
    """Highest attempt number ever used, per need."""
    retries: int = 0
    retry_at: datetime | None = None
    """When a blocked visit tries again by itself."""
    told: str | None = None
    """Digest of the last announced firm arrangement."""
    timeline: int = 0
    """Entries written so far."""
    floor: int = 0
    """Attempts and sequences that others may have seen lie below: see `shared.chassis.life`."""


def observe(
    state: VisitState, service: str, answers: tuple[Hold, ...], now: datetime
) -> VisitState:
    """Take in the owner's words. Older revisions are dropped: answers may arrive in any order.

    A live hold that we know nothing of (our store was restored from an older copy) is adopted: its
    owner is asked what it is now; then it serves its need if that is still as it was, or goes.
    """
    known = {held.hold: held for held in state.holds}
    for answer in answers:
        held = known.get(answer.hold)
        if held is None or held.asks == 0:
            known.pop(answer.hold, None)
            if answer.state in LIVE:
                known[answer.hold] = _adopted(service, answer, now)
        elif held.seen is None or answer.revision > held.seen.revision:
            known[answer.hold] = held.model_copy(update={"seen": answer})
    return state.model_copy(update={"holds": tuple(known.values())})


def _adopted(service: str, answer: Hold, now: datetime) -> Held:
    return Held(
        hold=answer.hold,
        need=answer.need or "?/?",
        service=service,
        attempt=0,
        fingerprint=answer.tag,
        wish=Wish.CONFIRM if answer.state is HoldState.CONFIRMED else Wish.PLACE,
        placed_at=now,
        asked_at=now,
        asks=0,
    )
