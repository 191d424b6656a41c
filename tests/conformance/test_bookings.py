"""Bookings keeps the promises of every resource service: in the house, and in a block."""

from __future__ import annotations

from typing import Any

from services.bookings.rules import BookingRules
from shared.contracts.holds import NeedRequest
from tests.conformance.suite import NEED, ResourceConformance
from tests.rules.booking_case import block_doc, hotel_doc, kind_doc, wish


class TestRooms(ResourceConformance):
    """Two hotels; who grows is split over both."""

    service = "bookings"
    min_alternatives = 2
    event: str | None = None

    def rules(self) -> BookingRules:
        return BookingRules()

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        small = kind_doc("twin", 7, accessible=2), kind_doc("king", 2, beds=1)
        return {"hotels": [hotel_doc("a", *small), hotel_doc("b", *small, lat=47.01)]}

    def sample(self, need: str = NEED) -> NeedRequest:
        return self.need(need, singles=2, pairs=2, accessible=1, hotel="a")

    def grown(self, need: str = NEED) -> NeedRequest:
        return self.need(need, singles=4, pairs=6, accessible=1, hotel="a", split=True)

    def hopeless(self, need: str = NEED) -> NeedRequest:
        return self.need(need, singles=2, pairs=2, hotel="a", min_class=5)

    def need(self, need: str, **wished: Any) -> NeedRequest:
        """A wish for rooms on the nights of 18 and 19 August 2027."""
        return wish(event=self.event, **wished).model_copy(update={"need": need})


class TestBlocks(TestRooms):
    """The same for guests of an event that has a block in one of the hotels."""

    event = "expo"

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        return {**super().documents(), "blocks": [block_doc("a", 5)]}

    def test_a_block_outlives_its_cut_off_for_who_stands_in_it(self, desk: Any) -> None:
        """The database keeps what stands, refuses nothing of it, and lets nobody else in."""
        desk.place("v", h1=self.sample())
        desk.confirm("v", "h1")
        cells = desk.cells()
        assert cells["block:block-a", self.first_night()] == 4
        desk.later(71 * 86400)
        again = desk.place("v", h2=self.sample())
        assert again["h2"].refusal is None
        assert desk.cells() == cells
        other = desk.place("w", h3=self.sample())["h3"]
        assert other.refusal is None
        assert desk.cells()["block:block-a", self.first_night()] == 4
        desk.release("v", "h1", "h2")
        assert "block:block-a" not in {unit for unit, _slot in desk.cells()}
        desk.check()

    def first_night(self) -> int:
        return self.sample().window.local("Asia/Shanghai")[0].date().toordinal()
