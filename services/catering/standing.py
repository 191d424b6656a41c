"""What a meal that stands would cost now, and whether its kitchen can still serve it. Pure.

Must not: count covers; the cells do.
"""

from __future__ import annotations

from collections.abc import Sequence

from services.catering.inventory import Larder, cell
from shared.contracts.values import Money
from shared.holds.port import Given


def concerns(unit_id: str, larder: Larder) -> Sequence[str]:
    """A kitchen's sittings; of a menu those of all kitchens that serve its style."""
    menu = larder.menus.get(unit_id)
    if menu is None:
        return larder.parts(unit_id)
    return [
        cell(kitchen, sitting)
        for kitchen in larder.kitchens.values()
        if menu.style in kitchen.styles
        for sitting in kitchen.sittings
    ]


def suits(given: Given, larder: Larder) -> bool:
    """Whether the menu is there, and the kitchen still serves every diet that was asked for."""
    kitchen = larder.kitchens.get(str(given.allotted["unit"]))
    if kitchen is None or given.allotted["menu"] not in larder.menus:
        return False
    return set(given.allotted["diets"]) <= set(kitchen.diets)


def price(given: Given, larder: Larder) -> Money | None:
    """What is billed, by the price of its menu; None when the menu is gone."""
    menu = larder.menus.get(str(given.allotted["menu"]))
    return Money(amount=int(given.allotted["billed"]) * menu.price_per_head) if menu else None
