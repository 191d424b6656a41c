"""Escorts keeps the promises of every resource service: once for people, once for vehicles."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import sleep
from typing import Any

from services.escorts.inventory import Escorts
from services.escorts.rules import EscortRules
from shared.contracts.holds import Hold, HoldState, NeedRequest, Refusal
from shared.holds.port import Allotment, Ask
from tests.conformance.desk import Desk
from tests.conformance.suite import NEED, ResourceConformance
from tests.rules.escort_case import driver, person, vehicle, wish
from tests.support.postgres import PostgresServer


class TestPeople(ResourceConformance):
    """Three liaison officers, of whom the grown wish needs two."""

    service = "escorts"

    def rules(self) -> EscortRules:
        return EscortRules()

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        return {"people": [person(f"liaison-{n}") for n in range(3)]}

    def sample(self, need: str = NEED) -> NeedRequest:
        return self.need(need, "2027-08-18T09:00", "2027-08-18T12:00")

    def grown(self, need: str = NEED) -> NeedRequest:
        return self.need(need, "2027-08-18T09:00", "2027-08-18T13:00", count=2)

    def hopeless(self, need: str = NEED) -> NeedRequest:
        return self.need(need, "2027-08-18T09:00", "2027-08-18T12:00", languages=["ja"])

    def need(self, need: str, starts_at: str, ends_at: str, **wishes: Any) -> NeedRequest:
        """A wish for liaison officers."""
        wished = wish("escort", starts_at, ends_at, role="liaison", **wishes)
        return wished.model_copy(update={"need": need})

    def test_the_database_counts_duty_and_the_rules_see_to_rest(self, desk: Desk) -> None:
        everyone = {"count": 3}
        evening = self.need("a/a", "2027-08-18T18:00", "2027-08-18T22:00", **everyone)
        early = self.need("a/b", "2027-08-19T07:00", "2027-08-19T08:00", **everyone)
        late = self.need("a/c", "2027-08-19T09:00", "2027-08-19T18:00", **everyone)
        more = self.need("a/d", "2027-08-19T19:00", "2027-08-19T20:00", **everyone)
        told = desk.place("v", evening=evening, early=early, late=late, more=more)
        codes = {name: hold.refusal.code for name, hold in told.items() if hold.refusal}
        assert codes == {"early": "rest", "more": "duty_limit"}
        duty = {quantity for (unit, _), quantity in desk.cells().items() if "/" in unit}
        assert duty == {270, 570}
        desk.check()


class Hesitant(EscortRules):
    """Rules that let someone else have a go between reading and writing."""

    meanwhile: Callable[[], None] | None = None

    def allocate(self, ask: Ask, inventory: Escorts) -> Allotment | Refusal:
        if self.meanwhile is not None:
            self.meanwhile()
        return super().allocate(ask, inventory)


def test_two_replicas_leave_a_person_rest(postgres: PostgresServer) -> None:
    """An evening and the next morning claim different cells: only the guards keep them apart."""
    url, rules = postgres.create_database(), Hesitant()
    now, documents = ResourceConformance.now, {"people": [person("liaison-1")]}
    one = Desk("escorts", rules, url, now, documents)
    other = Desk("escorts", EscortRules(), url, now)
    for day in ("18", "19"):
        noon = wish("escort", f"2027-08-{day}T12:00", f"2027-08-{day}T13:00", role="liaison")
        one.place("before", **{day: noon})
        one.release("before", day)
    evening = wish("escort", "2027-08-18T19:00", "2027-08-18T22:00", role="liaison")
    morning = wish("escort", "2027-08-19T06:30", "2027-08-19T08:00", role="liaison")
    told: dict[str, Hold] = {}
    thread = Thread(target=lambda: told.update(other.place("b", morning=morning)))

    def meanwhile() -> None:
        thread.start()
        sleep(0.5)

    rules.meanwhile = meanwhile
    told |= one.place("a", evening=evening)
    thread.join(120)
    one.close()
    other.close()
    assert sorted(hold.state.value for hold in told.values()) == ["held", "refused"]


class TestVehicles(ResourceConformance):
    """Three coaches with three drivers; the grown run needs two of each."""

    service = "escorts"

    def rules(self) -> EscortRules:
        return EscortRules()

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        return {
            "people": [driver(f"driver-{n}") for n in range(3)],
            "vehicles": [vehicle(f"coach-{n}", 45) for n in range(3)],
        }

    def sample(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 38)

    def grown(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 58)

    def hopeless(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 136)

    def need(self, need: str, seats: int) -> NeedRequest:
        """A wish for so many seats."""
        wished = wish("vehicle", "2027-08-18T13:00", "2027-08-18T15:00", seats=seats)
        return wished.model_copy(update={"need": need})

    def test_38_to_58_keeps_the_coach_and_adds_one(self, desk: Desk) -> None:
        old = desk.place("v", old=self.sample())["old"]
        desk.confirm("v", "old")
        new = desk.place("v", new=self.grown())["new"]
        assert new.state is HoldState.HELD
        assert old.allotted["vehicles"][0] in new.allotted["vehicles"]
        assert {unit for unit, _ in desk.cells() if unit.startswith("coach")} == {
            "coach-0",
            "coach-1",
        }
        desk.check()
