"""Deciding one meal: which kitchen, which sitting, which menu, how many covers.

Must not: word refusals or look for ways out; `ways_out` does.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.catering import guarantee
from services.catering.documents import Kitchen, Menu, Sitting
from services.catering.inventory import Larder, cell, closed
from services.catering.menus import choose, offered
from shared.contracts.holds import NeedRequest
from shared.contracts.needs import MealNeed
from shared.contracts.values import Money, Text, Window
from shared.holds.port import Allotment, Ask, Claim


@dataclass(frozen=True, slots=True)
class Wish:
    """A meal as wished: the need, the people, the time."""

    need: MealNeed
    covers: int
    window: Window
    zone: str
    line: str

    @property
    def day(self) -> int:
        """The local day, as an ordinal."""
        return self.window.local(self.zone)[0].date().toordinal()

    @property
    def month(self) -> int:
        """The local month."""
        return self.window.local(self.zone)[0].month


@dataclass(frozen=True, slots=True)
class Table:
    """A kitchen that can serve the wish at a sitting with a menu."""

    kitchen: Kitchen
    sitting: Sitting
    menu: Menu


def read_wish(request: NeedRequest) -> Wish:
    """Fill in what the planner left out: everybody eats. Raises ValidationError."""
    need = MealNeed.model_validate(request.details)
    everybody = request.party.guests + request.party.companions
    return Wish(need, need.covers or everybody, request.window, request.zone, request.line)


def sitting_of(kitchen: Kitchen, wish: Wish) -> Sitting | None:
    """The sitting in which the meal begins, by the clock of the site."""
    starts = wish.window.local(wish.zone)[0].time()
    return next((one for one in kitchen.sittings if one.opens <= starts < one.closes), None)


def obstacle(larder: Larder, kitchen: Kitchen, wish: Wish, free: int | None) -> str | None:
    """Why a kitchen cannot serve a wish, as a refusal code; None when it can.

    `free` are the covers left at the sitting; None asks about everything but them.
    """
    need = wish.need
    if need.style not in kitchen.styles:
        return "style_not_offered"
    if set(need.diets) - set(kitchen.diets):
        return "diet_not_served"
    sitting = sitting_of(kitchen, wish)
    if sitting is None:
        return "no_sitting"
    if closed(kitchen, wish.day):
        return "closed"
    menus = offered(larder, kitchen, need, wish.month, wish.line)
    if not menus:
        return "allergen" if need.avoid_allergens else "no_menu"
    if choose(larder, menus, need, wish.month) is None:
        known = need.menu is None or need.menu in {menu.id for menu in menus}
        return "too_expensive" if known else "no_such_menu"
    if wish.covers > sitting.covers:
        return "too_large"
    return "no_capacity" if free is not None and free < wish.covers else None


def table_at(larder: Larder, kitchen: Kitchen, wish: Wish, ask: Ask) -> Table | str:
    """A table for the wish at this kitchen, or the code of what stands against it."""
    sitting = sitting_of(kitchen, wish)
    left = ask.free.free(cell(kitchen, sitting), wish.day) if sitting else 0
    code = obstacle(larder, kitchen, wish, left)
    if code is not None or sitting is None:
        return code or "no_sitting"
    menus = offered(larder, kitchen, wish.need, wish.month, wish.line)
    menu = choose(larder, menus, wish.need, wish.month)
    return "no_menu" if menu is None else Table(kitchen, sitting, menu)


def candidates(larder: Larder, wish: Wish, ask: Ask) -> Iterable[Kitchen]:
    """Kitchens in order: the wished one, the one that stands, then by id near the wished place."""
    wished = larder.kitchens.get(wish.need.kitchen or "")
    if wish.need.kitchen_only:
        return [wished] if wished else []
    stands = larder.kitchens.get(str(ask.standing.allotted.get("unit"))) if ask.standing else None
    first = [kitchen for kitchen in (wished, stands) if kitchen is not None]
    rest = sorted(larder.kitchens.values(), key=lambda kitchen: kitchen.id)
    return list({kitchen.id: kitchen for kitchen in (*first, *rest)}.values())


def allot(table: Table, wish: Wish, ask: Ask) -> Allotment:
    """The order: covers claimed, counts settled, consent asked where it is due."""
    kitchen, sitting, menu = table.kitchen, table.sitting, table.menu
    date = wish.window.local(wish.zone)[0].date().isoformat()
    due = guarantee.deadline(kitchen, wish.window.starts_at)
    late = ask.now >= due
    before = guarantee.guaranteed_before(ask.standing, kitchen.id, sitting.id, date)
    counts = guarantee.settle(wish.covers, before, late)
    consent = None
    if guarantee.needs_consent(wish.covers, before, late):
        answer_by = ask.now + timedelta(seconds=ask.consent_within_s)
        consent = guarantee.ask(kitchen, wish.covers, before, wish.window.starts_at, answer_by)
    return Allotment(
        claims=(Claim(cell(kitchen, sitting), wish.day, wish.day + 1, counts.guaranteed),),
        summary=_summary(table, wish, date),
        allotted={
            "unit": kitchen.id,
            "place": kitchen.place,
            "sitting": sitting.id,
            "date": date,
            "style": menu.style.value,
            "menu": menu.id,
            "dishes": list(menu.dishes),
            "expected": counts.expected,
            "guaranteed": counts.guaranteed,
            "billed": counts.billed,
            "diets": dict(wish.need.diets),
            "guarantee_by": due.isoformat(),
        },
        cost=Money(amount=counts.billed * menu.price_per_head),
        consent=consent,
    )


def _summary(table: Table, wish: Wish, date: str) -> Text:
    style = {
        "individual": ("分餐制", "individual portions"),
        "buffet": ("自助餐", "buffet"),
        "buffet_reception": ("自助酒会", "buffet reception"),
        "round_table": ("圆桌", "round tables"),
    }[table.menu.style.value]
    diets = "".join(f", {count} {diet}" for diet, count in sorted(wish.need.diets.items()))
    kitchen, sitting = table.kitchen.name, table.sitting.name
    return Text(
        zh=f"{kitchen.zh}，{date} {sitting.zh}，{style[0]}，{wish.covers} 人，"
        f"{table.menu.name.zh}{diets}",
        en=f"{kitchen.en}, {date} {sitting.en}, {style[1]}, {wish.covers} covers, "
        f"{table.menu.name.en}{diets}",
    )


def moved(wish: Wish, starts_at: datetime) -> Wish:
    """The same meal at another time."""
    length = wish.window.ends_at - wish.window.starts_at
    return replace(wish, window=Window(starts_at=starts_at, ends_at=starts_at + length))
