"""The rules of catering as the kernel of holds wants them: documents, reach, allocate.

Must not: do I/O, read a clock, draw chance.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from services.catering import standing
from services.catering.documents import Dish, Kitchen, Menu
from services.catering.inventory import Larder, build, cell
from services.catering.meals import allot, candidates, read_wish, table_at
from services.catering.ways_out import refusal, ways_out
from shared.contracts.holds import NeedRequest, Refusal
from shared.contracts.values import Money
from shared.holds.port import Allotment, Ask, Given, Reach, Unit


class CateringRules:
    """Needs of kind `meal`."""

    documents: Mapping[str, type[Unit]] = {"kitchens": Kitchen, "dishes": Dish, "menus": Menu}

    def inventory(self, units: Mapping[str, Sequence[Unit]]) -> Larder:
        """Link all documents. Raises ValueError on a broken reference."""
        return build(units)

    def reach(self, request: NeedRequest, inventory: Larder) -> Reach:
        """Every sitting on the day and the days beside it, where alternatives are looked for."""
        day = read_wish(request).day
        return Reach(
            tuple(
                (cell(kitchen, sitting), day - 1, day + 2)
                for kitchen in inventory.kitchens.values()
                for sitting in kitchen.sittings
            )
        )

    def allocate(self, ask: Ask, inventory: Larder) -> Allotment | Refusal:
        """The first kitchen that can serve the wish. Raises ValidationError on foreign details."""
        wish = read_wish(ask.request)
        known = wish.need.kitchen is None or wish.need.kitchen in inventory.kitchens
        for kitchen in candidates(inventory, wish, ask) if known else ():
            table = table_at(inventory, kitchen, wish, ask)
            if isinstance(table, str):
                continue
            order = allot(table, wish, ask)
            if order.consent is not None:
                options = ways_out(inventory, wish, ask, but_not=kitchen.id)
                return replace(order, alternatives=options)
            return order
        return refusal(inventory, wish, ask)

    def concerns(self, unit_id: str, inventory: Larder) -> Sequence[str]:
        """Where holds stand that have to do with a document."""
        return standing.concerns(unit_id, inventory)

    def suits(self, given: Given, inventory: Larder) -> bool:
        """Whether what was given is still what it should be."""
        return standing.suits(given, inventory)

    def price(self, given: Given, inventory: Larder) -> Money | None:
        """What the same would cost now."""
        return standing.price(given, inventory)
