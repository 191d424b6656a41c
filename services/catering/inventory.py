"""All documents of catering, linked and checked once; the capacity of each sitting.

Owns: units `<kitchen>/<sitting>`, counted in local days.
Must not: decide a request; `meals` does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from services.catering.documents import Dish, Kitchen, Menu, Sitting
from shared.holds.port import Unit, day_label


@dataclass(frozen=True, slots=True)
class Larder:
    """Kitchens, dishes and menus by id."""

    kitchens: Mapping[str, Kitchen]
    dishes: Mapping[str, Dish]
    menus: Mapping[str, Menu]

    def capacity(self, unit: str, slot: int, now: datetime) -> int:
        """Covers of a sitting on a day; 0 when the kitchen is closed or unknown."""
        kitchen_id, _, sitting_id = unit.partition("/")
        kitchen = self.kitchens.get(kitchen_id)
        if kitchen is None or closed(kitchen, slot):
            return 0
        return next((one.covers for one in kitchen.sittings if one.id == sitting_id), 0)

    def label(self, unit: str, slot: int) -> str:
        """For example `2027-08-18 dinner`."""
        return f"{day_label(slot)} {unit.partition('/')[2]}"

    def parts(self, unit_id: str) -> Sequence[str]:
        """The sittings of a kitchen."""
        kitchen = self.kitchens.get(unit_id)
        return [cell(kitchen, one) for one in kitchen.sittings] if kitchen else []

    def dishes_of(self, menu: Menu) -> list[Dish]:
        """The dishes of a menu, in its order."""
        return [self.dishes[dish] for dish in menu.dishes]


def cell(kitchen: Kitchen, sitting: Sitting) -> str:
    """The claimable unit of a sitting."""
    return f"{kitchen.id}/{sitting.id}"


def closed(kitchen: Kitchen, day: int) -> bool:
    """Whether a closure covers this local day (ordinal)."""
    on = date.fromordinal(day)
    return any(one.first_day <= on <= one.last_day for one in kitchen.closures)


def build(units: Mapping[str, Sequence[Unit]]) -> Larder:
    """Link all documents. Raises ValueError naming the document with a broken reference."""
    kitchens = {one.id: one for one in units.get("kitchens", ()) if isinstance(one, Kitchen)}
    dishes = {one.id: one for one in units.get("dishes", ()) if isinstance(one, Dish)}
    menus = {one.id: one for one in units.get("menus", ()) if isinstance(one, Menu)}
    for kitchen in kitchens.values():
        ids = [one.id for one in kitchen.sittings]
        if len(set(ids)) < len(ids):
            raise ValueError(f"kitchens {kitchen.id}: a sitting id is used twice")
    for menu in menus.values():
        for dish in menu.dishes:
            if dish not in dishes:
                raise ValueError(f"menus {menu.id}: there is no dish {dish!r}")
        for kitchen_id in menu.kitchens:
            if kitchen_id not in kitchens:
                raise ValueError(f"menus {menu.id}: there is no kitchen {kitchen_id!r}")
            if menu.style not in kitchens[kitchen_id].styles:
                raise ValueError(f"menus {menu.id}: {kitchen_id} does not serve {menu.style.value}")
    return Larder(kitchens, dishes, menus)
