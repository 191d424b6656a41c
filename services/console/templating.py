"""Templates and what they may call: times, money, ages, sparklines.

Owns: the one Jinja environment. Autoescape is on; a name that is missing is an error.
Must not: know a page, but where a visit is shown.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from services.console.files import HERE, asset
from services.console.phrases import put
from services.console.roles import ROUTES
from services.console.words import LANGUAGES, say, speaker
from shared.contracts.catalog import CATALOG
from shared.contracts.values import Money

SITE_ZONE = "Asia/Shanghai"
"""Lists are shown in the zone of the site; a visit's own times are in its document."""
MINUTE_S, HOUR_S, DAY_S = 60, 3_600, 86_400

TEMPLATES = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def local(instant: datetime, form: str = "%Y-%m-%d %H:%M") -> str:
    """An instant as the wall clock of the site shows it, to the minute unless `form` says else."""
    return instant.astimezone(ZoneInfo(SITE_ZONE)).strftime(form)


def days_to(day: date, now: datetime) -> int:
    """Days from today at the site to a day; negative when it is past."""
    return (day - now.astimezone(ZoneInfo(SITE_ZONE)).date()).days


def money(cost: Money) -> str:
    """Minor units as an amount with two decimals."""
    return f"{cost.amount / 100:,.2f} {cost.currency}"


def minor(amount: int, currency: str = "CNY") -> str:
    """An amount in minor units as `money` shows it."""
    return money(Money(amount=amount, currency=currency))


def span(seconds: float, language: str) -> str:
    """A length of time as people say it: `12 s`, `5 min`, `5 h 20 min`, `3 d`. Never negative.

    `static/ages.js` says the same while the page is open.
    """
    t, whole = speaker(language), max(0, int(seconds))
    if whole < MINUTE_S:
        return t("age.s", count=whole)
    if whole < HOUR_S:
        return t("age.min", count=whole // MINUTE_S)
    if whole < 2 * DAY_S:
        return t("age.h", hours=whole // HOUR_S, minutes=whole % HOUR_S // MINUTE_S)
    return t("age.d", count=whole // DAY_S)


def bound(limit: float, unit: str, language: str) -> str:
    """A limit as people say it: `1 min` of 60 seconds, `500 ms`, `2 %` of a share."""
    if unit == "share":
        return f"{100 * limit:g} %"
    if unit == "s":
        return span(limit, language) if limit >= 1 else f"{1_000 * limit:g} ms"
    return f"{limit:g}"


def wrong(text: str, language: str) -> Markup:
    """A sentence about what is wrong, in the reader's language, or marked as what it is in."""
    said, its = put(text, language)
    if its == language:
        return Markup.escape(said)
    return Markup('<span lang="{}">{}</span>').format(its, said)


def size(many: float) -> str:
    """Bytes as people read them: `3.4 MB`."""
    for unit in ("B", "kB", "MB", "GB"):
        if many < 1_000:
            return f"{many:.0f} {unit}" if unit == "B" or many >= 100 else f"{many:.1f} {unit}"
        many /= 1_000
    return f"{many:.1f} TB"


def rate(many: float) -> str:
    """So many a second: `0`, `0.4`, `12`."""
    return f"{many:.0f}" if many >= 10 or many < 0.05 else f"{many:.1f}"


def iso(instant: datetime) -> str:
    """An instant as `<time datetime>` and scripts read it, in UTC."""
    return instant.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def kind_name(kind: str, language: str) -> str:
    """What a kind of need is called; its own id when the catalog does not have it."""
    known = CATALOG.get(kind)
    return say(known.name, language) if known else kind


def visit_link(visit: str) -> str:
    """Where a visit is shown: on its page when there is one, else as its document."""
    page = ("GET", "/visits/{visit}") in ROUTES
    return f"/visits/{visit}" if page else f"/v1/visits/{visit}"


def points(values: list[float], width: int = 120, height: int = 24) -> str:
    """`points` of an SVG polyline through numbers, oldest first, from 0 to the largest."""
    most = max(values, default=0) or 1
    step = width / max(1, len(values) - 1)
    return " ".join(
        f"{round(index * step, 1):g},{round(height - 1 - one / most * (height - 2), 1):g}"
        for index, one in enumerate(values)
    )


@lru_cache(64)
def module(template: str, language: str) -> Any:
    """The macros of a template in one language, to be called for fragments: `module(…).row(x)`.

    The macros see `t` and `language`, as in a page.
    """
    assert language in LANGUAGES
    return TEMPLATES.get_template(template).make_module(
        {"t": speaker(language), "language": language}
    )


def fragment(html: object) -> str:
    """What a macro gave, as the text of a fragment, without blank lines around it."""
    return str(html).strip()


TEMPLATES.filters.update(
    local=local,
    minor=minor,
    money=money,
    span=span,
    bound=bound,
    iso=iso,
    points=points,
    size=size,
    rate=rate,
    days_to=days_to,
    wrong=wrong,
)
TEMPLATES.globals.update(asset=asset, visit_link=visit_link, kind_name=kind_name, zone=SITE_ZONE)
