"""A world for `plan()`: toy owners with real hold semantics, a bus that may do anything.

The owners count one unit each ("seats"), know tombstones, revisions and expiry, and take the
maximum over the live holds of one need, as the kernel does. Messages wait in a bag from which the
test draws in any order, twice, or not at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from services.visits.pacing import Pacing
from services.visits.reconcile import Plan, Wanted, plan
from services.visits.specbook import Reading, read
from services.visits.status import Proposal, VisitState, observe
from shared.contracts.holds import LIVE, Hold, HoldRequest, HoldState, Refusal
from shared.contracts.spec import VisitSpec
from shared.contracts.values import Text

START = datetime(2027, 8, 1, tzinfo=UTC)
NO = Refusal(code="no_capacity", sentence=Text(zh="没有空位", en="nothing free"))


@dataclass
class Owner:
    """One resource service with `capacity` seats."""

    service: str
    capacity: int
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)

    def taken(self) -> int:
        """Sum over needs of the largest live hold of each."""
        most: dict[tuple[str, str], int] = {}
        for row in self.rows.values():
            if row["state"] in LIVE and row["need"]:
                key = (row["visit"], row["need"])
                most[key] = max(most.get(key, 0), row["seats"])
        return sum(most.values())

    def place(self, visit: str, one: HoldRequest, seats: int, now: datetime, life: int) -> None:
        if one.hold in self.rows:
            return
        row = {"visit": visit, "need": one.request.need, "seats": seats, "revision": 1,
               "state": HoldState.HELD, "expires": now + timedelta(seconds=life),
               "tag": one.tag}  # fmt: skip
        self.rows[one.hold] = row
        if self.taken() > self.capacity:
            row["state"] = HoldState.REFUSED

    def move(self, visit: str, hold: str, to: HoldState, now: datetime) -> None:
        row = self.rows.get(hold)
        if row is None:
            if to is HoldState.RELEASED:
                self.rows[hold] = {"visit": visit, "need": None, "seats": 0, "revision": 1,
                                   "state": to, "expires": now, "tag": ""}  # fmt: skip
            return
        if row["state"] is HoldState.HELD and row["expires"] <= now:
            to = HoldState.EXPIRED
        legal = {
            HoldState.CONFIRMED: (HoldState.HELD,),
            HoldState.EXPIRED: (HoldState.HELD,),
            HoldState.RELEASED: (HoldState.HELD, HoldState.CONFIRMED),
        }
        if row["state"] in legal[to]:
            row["state"], row["revision"] = to, row["revision"] + 1

    def withdraw(self) -> tuple[str, str] | None:
        """Take back by itself the oldest arrangement that is held or firm."""
        for hold, row in self.rows.items():
            if row["state"] in (HoldState.HELD, HoldState.CONFIRMED):
                row["state"], row["revision"] = HoldState.REFUSED, row["revision"] + 1
                return row["visit"], hold
        return None

    def expire(self, now: datetime) -> list[str]:
        due = [
            hold
            for hold, row in self.rows.items()
            if row["state"] is HoldState.HELD and row["expires"] <= now
        ]
        for hold in due:
            self.move(self.rows[hold]["visit"], hold, HoldState.EXPIRED, now)
        return due

    def answer(self, visit: str, holds: list[str]) -> Any:
        said = []
        for hold in holds:
            row = self.rows.get(hold)
            if row is not None:
                said.append(
                    Hold(
                        hold=hold, visit=visit, need=row["need"], kind=kind_of(self.service),
                        state=row["state"], revision=row["revision"], tag=row["tag"],
                        refusal=NO if row["state"] is HoldState.REFUSED else None,
                        summary=Text(zh="座", en=f"{row['seats']} seats"),
                        allotted={"unit": self.service, "seats": row["seats"]},
                    )
                )  # fmt: skip
        return ("answer", self.service, visit, tuple(said))


def kind_of(service: str) -> str:
    """A kind that this service books."""
    return {"bookings": "room", "venues": "hall", "catering": "meal"}[service]


def spec_of(visit: str, seats: dict[str, int]) -> VisitSpec:
    """A one-day visit that wants so many seats of each service."""
    details = {
        "bookings": lambda n: {"kind": "room", "singles": n},
        "venues": lambda n: {"kind": "hall", "setup": "theatre", "attendance": n},
        "catering": lambda n: {"kind": "meal", "style": "buffet", "covers": n},
    }
    needs = [{"id": service, **details[service](n)} for service, n in seats.items()]
    return VisitSpec.model_validate(
        {
            "visit": visit,
            "line": "event",
            "title": {"zh": "访", "en": "visit"},
            "host": "desk",
            "purpose": "test",
            "party": [{"category": "staff", "count": 10}],
            "programme": [
                {
                    "id": "day",
                    "title": {"zh": "日", "en": "day"},
                    "starts_at": "2027-08-20T09:00",
                    "ends_at": "2027-08-20T18:00",
                    "needs": needs,
                }
            ],
        }
    )


@dataclass
class World:
    """Visits, owners, and the bag of messages between them."""

    owners: dict[str, Owner]
    pacing: Pacing = field(default_factory=Pacing)
    now: datetime = START
    visits: dict[str, VisitState] = field(default_factory=dict)
    readings: dict[str, Reading] = field(default_factory=dict)
    proposed: dict[str, Reading] = field(default_factory=dict)
    wakes: dict[str, datetime | None] = field(default_factory=dict)
    phases: dict[str, Plan] = field(default_factory=dict)
    bag: list[Any] = field(default_factory=list)
    sure: list[Any] = field(default_factory=list)
    """Never lost: nobody asks again for what nobody expects, so the owner's outbox sees to it."""

    def submit(self, visit: str, seats: dict[str, int]) -> None:
        state = self.visits.get(visit) or VisitState(visit=visit, cause="c", actor="a")
        if state.cancelled or state.closed:
            return
        kept = tuple(h for h in state.holds if h.state is not HoldState.REFUSED)
        self.visits[visit] = state.model_copy(
            update={"revision": state.revision + 1, "holds": kept, "proposal": None,
                    "retries": 0, "retry_at": None}
        )  # fmt: skip
        self.readings[visit] = read(spec_of(visit, seats))
        self.proposed.pop(visit, None)
        self.reconcile(visit)

    def propose(self, visit: str, seats: dict[str, int]) -> None:
        state = self.visits.get(visit)
        if state is None or state.cancelled or state.closed:
            return
        proposal = Proposal(
            id="p", based_on=state.revision, created_at=self.now, cause="c", actor="a",
            expires_at=self.now + timedelta(seconds=self.pacing.proposal_for_s),
        )  # fmt: skip
        kept = tuple(h for h in state.holds if h.state is not HoldState.REFUSED)
        self.visits[visit] = state.model_copy(update={"proposal": proposal, "holds": kept})
        self.proposed[visit] = read(spec_of(visit, seats))
        self.reconcile(visit)

    def settle_proposal(self, visit: str, commit: bool) -> None:
        state, made = self.visits.get(visit), self.phases.get(visit)
        if state is None or state.proposal is None or made is None:
            return
        if commit:
            if made.proposal_phase is None or made.proposal_phase.value != "open":
                return
            self.readings[visit] = self.proposed[visit]
            state = state.model_copy(update={"revision": state.revision + 1})
        self.proposed.pop(visit, None)
        self.visits[visit] = state.model_copy(update={"proposal": None})
        self.reconcile(visit)

    def cancel(self, visit: str) -> None:
        state = self.visits.get(visit)
        if state is None or state.closed:
            return
        self.visits[visit] = state.model_copy(update={"cancelled": True, "proposal": None})
        self.proposed.pop(visit, None)
        self.reconcile(visit)

    def wanted(self, visit: str) -> Wanted:
        reading, proposed = self.readings[visit], self.proposed.get(visit)
        return Wanted(
            base=() if self.visits[visit].cancelled else reading.needs,
            ends_at=reading.span.ends_at,
            proposed=proposed.needs if proposed else None,
        )

    def reconcile(self, visit: str) -> Plan:
        made = plan(self.visits[visit], self.wanted(visit), self.pacing, self.now)
        self.visits[visit], self.wakes[visit], self.phases[visit] = made.state, made.wake_at, made
        if made.state.proposal is None:
            self.proposed.pop(visit, None)
        for service, requests in made.place.items():
            self.bag.append(("place", service, visit, requests))
        for service, holds in made.confirm.items():
            self.bag.append(("confirm", service, visit, holds))
        for service, holds in made.release.items():
            self.bag.append(("release", service, visit, holds))
        return made

    def deliver(self, message: Any) -> None:
        verb, service, visit, body = message
        if verb == "answer":
            self.visits[visit] = observe(self.visits[visit], service, body, self.now)
            self.reconcile(visit)
            return
        owner = self.owners[service]
        if verb == "place":
            for one in body:
                details = one.request.details
                seats = details.get("singles") or details.get("attendance") or details.get("covers")
                owner.place(visit, one, seats, self.now, self.pacing.hold_for_s)
            holds = [one.hold for one in body]
        else:
            to = HoldState.CONFIRMED if verb == "confirm" else HoldState.RELEASED
            for hold in body:
                owner.move(visit, hold, to, self.now)
            holds = list(body)
        self.bag.append(owner.answer(visit, holds))

    def withdraw(self, service: str) -> None:
        taken = self.owners[service].withdraw()
        if taken is not None:
            visit, hold = taken
            told = self.owners[service].answer(visit, [hold])
            self.bag.append(told)
            self.sure.append(told)

    def pass_time(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)
        for owner in self.owners.values():
            for hold in owner.expire(self.now):
                self.bag.append(owner.answer(owner.rows[hold]["visit"], [hold]))
        for visit, wake in list(self.wakes.items()):
            if wake is not None and wake <= self.now:
                self.reconcile(visit)

    def settle_moment(self) -> None:
        """Everything on its way arrives; time stands still."""
        while self.bag:
            self.deliver(self.bag.pop(0))

    def settle(self) -> None:
        """The noise stops: everything is delivered, time runs on until nothing stirs."""
        for _ in range(400):
            self.settle_moment()
            waits = [w for w in self.wakes.values() if w is not None]
            soon = [w for w in waits if w < START + timedelta(days=18)]
            if not soon:
                return
            self.pass_time(max((min(soon) - self.now).total_seconds(), 0.1))
        raise AssertionError("the world never came to rest")
