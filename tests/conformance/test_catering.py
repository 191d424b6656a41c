"""Catering keeps the promises of every resource service."""

from __future__ import annotations

from typing import Any

from services.catering.rules import CateringRules
from shared.contracts.holds import NeedRequest
from tests.conformance.suite import NEED, ResourceConformance
from tests.rules.meal_case import DISHES, MENUS, kitchen, request


class TestMeals(ResourceConformance):
    """Two kitchens with sittings of one hundred."""

    service = "catering"

    def rules(self) -> CateringRules:
        return CateringRules()

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        return {"kitchens": [kitchen("a"), kitchen("b")], "dishes": DISHES, "menus": MENUS}

    def sample(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 40)

    def grown(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 90)

    def hopeless(self, need: str = NEED) -> NeedRequest:
        return self.need(need, 101)

    def need(self, need: str, covers: int) -> NeedRequest:
        """A wish for so many covers at dinner."""
        return request(covers=covers).model_copy(update={"need": need})
