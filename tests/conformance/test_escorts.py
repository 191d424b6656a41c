"""Escorts keeps the promises of every resource service: once for people, once for vehicles."""

from __future__ import annotations

from typing import Any

from services.escorts.rules import EscortRules
from shared.contracts.holds import HoldState, NeedRequest
from tests.conformance.desk import Desk
from tests.conformance.suite import NEED, ResourceConformance
from tests.rules.escort_case import driver, person, vehicle, wish


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
