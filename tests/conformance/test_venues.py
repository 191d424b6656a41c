"""Venues keeps the promises of every resource service: once for halls, once for sites."""

from __future__ import annotations

from typing import Any

from services.venues.rules import VenueRules
from shared.contracts.holds import NeedRequest
from tests.conformance.suite import NEED, ResourceConformance
from tests.rules.venue_case import PLACE, hall_doc, site_doc, wish


class TestHalls(ResourceConformance):
    """Three indivisible halls, two of them the parts of a whole that the grown wish needs."""

    service = "venues"

    def rules(self) -> VenueRules:
        return VenueRules()

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        small = {"capacity": {"theatre": 50}}
        halls = [
            hall_doc("whole", parts=["a", "b"]),
            hall_doc("a", **small),
            hall_doc("b", **small),
            hall_doc("c", **small),
        ]
        return {"places": [PLACE], "halls": halls}

    def sample(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 40)

    def grown(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 80)

    def hopeless(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 101)

    def need(self, need: str, heads: int) -> NeedRequest:
        """A wish for any hall that takes so many people."""
        wished = wish("hall", setup="theatre", attendance=heads)
        return wished.model_copy(update={"need": need})


class TestSites(ResourceConformance):
    """One site for 100 visitors at a time."""

    service = "venues"

    def rules(self) -> VenueRules:
        return VenueRules()

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        return {"places": [PLACE], "sites": [site_doc("s", visitors=100)]}

    def sample(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 30)

    def grown(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 90)

    def hopeless(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 101)

    def need(self, need: str, visitors: int) -> NeedRequest:
        """A wish for so many places at the site."""
        wished = wish("site", site="s", visitors=visitors)
        return wished.model_copy(update={"need": need})
