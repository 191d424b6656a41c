"""Which menu a kitchen serves: fitting, in season, good value, of the region.

Source of the order: the field's own aim of green, local, seasonal and affordable food
(绿色食品, 地方特色, 时令, 实惠), domain notes 1.18 and rule G06.
Must not: know a date's covers or a hold.
"""

from __future__ import annotations

from services.catering.documents import Kitchen, Menu
from services.catering.inventory import Larder
from shared.contracts.needs import MealNeed

GOVERNMENT = "government"


def offered(larder: Larder, kitchen: Kitchen, need: MealNeed, month: int, line: str) -> list[Menu]:
    """Menus of the wished style that this kitchen may serve to this party, prices aside."""
    found = []
    for menu in larder.menus.values():
        if menu.style is not need.style or (menu.kitchens and kitchen.id not in menu.kitchens):
            continue
        dishes = larder.dishes_of(menu)
        if month not in menu.months:
            continue
        if any(set(dish.allergens) & set(need.avoid_allergens) for dish in dishes):
            continue
        if line == GOVERNMENT and any(dish.denied_officially for dish in dishes):
            continue
        found.append(menu)
    return found


def choose(larder: Larder, menus: list[Menu], need: MealNeed, month: int) -> Menu | None:
    """The wished menu, else the best within the price: most local and seasonal, then cheapest."""
    limit = need.max_price_per_head
    affordable = [menu for menu in menus if limit is None or menu.price_per_head <= limit]
    if need.menu is not None:
        return next((menu for menu in affordable if menu.id == need.menu), None)
    return min(
        affordable,
        key=lambda menu: (-_regional(larder, menu, month), menu.price_per_head, menu.id),
        default=None,
    )


def _regional(larder: Larder, menu: Menu, month: int) -> float:
    """Share of dishes that are local and in season, in steps of a quarter."""
    dishes = larder.dishes_of(menu)
    good = sum(dish.local and month in dish.months for dish in dishes)
    return round(4 * good / len(dishes)) / 4
