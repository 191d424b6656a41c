"""Refusals in words, and ways out that were tried before they are offered.

Must not: allot; `meals` does.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from services.catering.documents import Kitchen
from services.catering.inventory import Larder
from services.catering.meals import Wish, candidates, moved, table_at
from shared.contracts.holds import Alternative, Refusal
from shared.contracts.needs import ServiceStyle
from shared.contracts.values import Text
from shared.holds.port import Ask

MOST = 5
SENTENCES: dict[str, tuple[str, str]] = {
    "no_capacity": ("该餐次余位不足，需 {n} 人", "not enough covers left for {n}"),
    "too_large": (
        "{n} 人超过任何一处该餐次的接待能力",
        "{n} covers are more than any sitting serves",
    ),
    "no_sitting": ("该时间没有餐次", "no sitting at that time"),
    "style_not_offered": ("不提供这种用餐形式", "this style of service is not offered"),
    "diet_not_served": ("不能满足全部饮食要求", "not all of the diets can be served"),
    "allergen": ("没有避开这些过敏原的菜单", "no menu without these allergens"),
    "no_menu": ("当季没有这种形式的菜单", "no menu of this style in season"),
    "too_expensive": ("没有符合价格上限的菜单", "no menu within the price limit"),
    "no_such_menu": ("没有这份菜单", "there is no such menu here"),
    "no_such_kitchen": ("没有这个厨房", "there is no such kitchen"),
    "closed": ("当日停业", "closed on that day"),
}
RANK = list(SENTENCES)
"""When several kitchens say no for several reasons, the first in this order is told."""


def refusal(larder: Larder, wish: Wish, ask: Ask) -> Refusal:
    """Why nobody can serve the wish, and what would be possible."""
    wished = wish.need.kitchen
    if wished is not None and wished not in larder.kitchens:
        return _refuse("no_such_kitchen", wish, None, ways_out(larder, wish, ask))
    codes = {}
    for kitchen in candidates(larder, wish, ask):
        code = table_at(larder, kitchen, wish, ask)
        if isinstance(code, str):
            codes[kitchen.id] = code
    if wished is not None and wish.need.kitchen_only:
        kitchen = larder.kitchens[wished]
        return _refuse(codes.get(wished, "no_capacity"), wish, kitchen, ways_out(larder, wish, ask))
    code = min(codes.values(), key=RANK.index, default="no_such_kitchen")
    return _refuse(code, wish, None, ways_out(larder, wish, ask))


def _refuse(
    code: str, wish: Wish, kitchen: Kitchen | None, options: tuple[Alternative, ...]
) -> Refusal:
    zh, en = (one.format(n=wish.covers) for one in SENTENCES[code])
    if kitchen is not None:
        zh, en = f"{kitchen.name.zh}：{zh}", f"{kitchen.name.en}: {en}"
    return Refusal(code=code, sentence=Text(zh=f"{zh}。", en=f"{en}."), alternatives=options)


def ways_out(
    larder: Larder, wish: Wish, ask: Ask, but_not: str | None = None
) -> tuple[Alternative, ...]:
    """Ranked and tried: another kitchen, another style, another sitting, a higher price.

    `but_not` is a kitchen whose consent was just asked: it is no way out of its own refusal.
    """
    found: list[Alternative] = []
    # Whoever waits for a consent is told them in any case: no refusal is what they belong to then.
    sought = ask.advise or but_not is not None
    for option in _tried(larder, wish, ask, but_not) if sought else ():
        if option.change not in [one.change for one in found]:
            found.append(option)
        if len(found) == MOST:
            break
    return tuple(found)


def _tried(larder: Larder, wish: Wish, ask: Ask, but_not: str | None) -> Iterator[Alternative]:
    loose = replace(wish, need=wish.need.model_copy(update={"kitchen_only": False}))
    yield from _kept(wish, ask, but_not)
    yield from _elsewhere(larder, loose, ask, but_not)
    yield from _other_styles(larder, loose, ask, but_not)
    yield from _other_times(larder, wish, ask)
    yield from _other_prices(larder, loose, ask)


def _kept(wish: Wish, ask: Ask, but_not: str | None) -> Iterator[Alternative]:
    """Keep the guaranteed count and serve the others elsewhere."""
    before = int(ask.standing.allotted.get("guaranteed", 0)) if ask.standing else 0
    if but_not is not None and 0 < before < wish.covers:
        rest = wish.covers - before
        yield Alternative(
            sentence=Text(
                zh=f"此处保持 {before} 人，其余 {rest} 人另行安排",
                en=f"keep {before} covers here and serve the other {rest} elsewhere",
            ),
            change={"covers": before},
        )


def _elsewhere(larder: Larder, wish: Wish, ask: Ask, but_not: str | None) -> Iterator[Alternative]:
    for kitchen in sorted(larder.kitchens.values(), key=lambda one: one.id):
        if kitchen.id in (but_not, wish.need.kitchen):
            continue
        if not isinstance(table_at(larder, kitchen, wish, ask), str):
            yield Alternative(
                sentence=Text(
                    zh=f"改由{kitchen.name.zh}供应全部 {wish.covers} 人",
                    en=f"{kitchen.name.en} can serve all {wish.covers}",
                ),
                change={"kitchen": kitchen.id, "kitchen_only": True},
            )


def _other_styles(
    larder: Larder, wish: Wish, ask: Ask, but_not: str | None
) -> Iterator[Alternative]:
    for style in ServiceStyle:
        need = wish.need.model_copy(update={"style": style, "menu": None})
        tried = replace(wish, need=need)
        kitchens = [k for k in candidates(larder, tried, ask) if k.id != but_not]
        if style is wish.need.style or not kitchens:
            continue
        fits = next(
            (k for k in kitchens if not isinstance(table_at(larder, k, tried, ask), str)), None
        )
        if fits is not None:
            zh, en = f"改为 {style.value}，由{fits.name.zh}供应", f"{style.value} at {fits.name.en}"
            change = {"style": style.value, "kitchen": fits.id, "kitchen_only": True, "menu": None}
            yield Alternative(sentence=Text(zh=zh, en=en), change=change)


def _other_times(larder: Larder, wish: Wish, ask: Ask) -> Iterator[Alternative]:
    """The beginning of other sittings, on the day and on the days beside it, nearest first."""
    if wish.need.kitchen is not None and wish.need.kitchen not in larder.kitchens:
        return  # Another time does not bring the kitchen into being.
    zone = ZoneInfo(wish.zone)
    starts: set[datetime] = set()
    for kitchen in candidates(larder, wish, ask):
        for day in (wish.day - 1, wish.day, wish.day + 1):
            for sitting in kitchen.sittings:
                local = datetime.combine(date.fromordinal(day), sitting.opens, zone)
                starts.add(local.astimezone(wish.window.starts_at.tzinfo))
    length: timedelta = wish.window.ends_at - wish.window.starts_at
    for starts_at in sorted(starts, key=lambda one: (abs(one - wish.window.starts_at), one)):
        tried = moved(wish, starts_at)
        if starts_at <= ask.now or tried.window == wish.window:
            continue
        kitchens = candidates(larder, tried, ask)
        if any(not isinstance(table_at(larder, k, tried, ask), str) for k in kitchens):
            at = f"{starts_at.astimezone(zone):%Y-%m-%d %H:%M}"
            yield Alternative(
                sentence=Text(zh=f"改在 {at} 开餐", en=f"begin at {at}"),
                change={
                    "starts_at": starts_at.isoformat(),
                    "ends_at": (starts_at + length).isoformat(),
                },
            )


def _other_prices(larder: Larder, wish: Wish, ask: Ask) -> Iterator[Alternative]:
    need = wish.need.model_copy(update={"max_price_per_head": None, "menu": None})
    if need == wish.need:
        return
    free = replace(wish, need=need)
    tables = [table_at(larder, kitchen, free, ask) for kitchen in candidates(larder, free, ask)]
    fitting = [one for one in tables if not isinstance(one, str)]
    if fitting:
        table = min(fitting, key=lambda one: (one.menu.price_per_head, one.kitchen.id))
        price = table.menu.price_per_head
        yield Alternative(
            sentence=Text(
                zh=f"{table.kitchen.name.zh}{table.menu.name.zh}，每人 {price / 100:.2f} 元",
                en=f"{table.menu.name.en} at {table.kitchen.name.en}, {price / 100:.2f} a head",
            ),
            change={
                "kitchen": table.kitchen.id,
                "kitchen_only": True,
                "menu": table.menu.id,
                "max_price_per_head": price,
            },
        )
