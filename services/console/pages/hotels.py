"""`/hotels`: every hotel that must agree, those with problems first; and one hotel below it.

Must not: judge; bookings does. Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_hotels import USUAL_NIGHTS, HotelId, nights_of, orders_of
from services.console.asking import ask, read_as, read_by
from services.console.door import Console, Parts
from services.console.pages import frame
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import address
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.hotels import HotelLines, HotelNights, HotelOrders, ReadHotels

ROUTE = "/hotels"
ONE = "/hotels/{hotel}"
EVERY_S = 5.0
PAGE, ORDERS, MOST_CURSOR = 50, 25, 200

router = APIRouter(include_in_schema=False)
frame.Link("hotels", ROUTE, "operations", 9)


@router.get(ROUTE)
async def hotels_page(
    parts: Parts, who: Who, request: Request,
    after: Annotated[str, Query(max_length=MOST_CURSOR)] = "",
) -> Response:  # fmt: skip
    """A page of all hotels that are asked."""
    language = frame.language_for(request)
    topics = [text_of("hotels", language, query={"after": after})]
    found, status = None, 200
    try:
        found = await _lines(parts, who, after)
    except ProblemError as error:
        status = error.status
    following = found.next if found else None
    return frame.render(
        request, who, "hotels/page.html", title="hotels.title", status=status, topics=topics,
        topic=topics[0], hotels=found.hotels if found else None, at=parts.service.clock.now(),
        here=address(ROUTE, {"after": after}), first_link=ROUTE if after else None,
        next_link=address(ROUTE, {"after": following}) if following else None,
    )  # fmt: skip


@topic("hotels", ROUTE, every_s=EVERY_S)
async def rows(asked: Asked) -> Fragments:
    """The rows."""
    made, at = module("hotels/parts.html", asked.language), asked.parts.service.clock.now()
    found = await _lines(asked.parts, asked.who, (asked.query or {}).get("after", ""))
    return {f"hotel-{one.hotel}": fragment(made.row(one, at)) for one in found.hotels}


async def _lines(parts: Console, who: Principal, after: str) -> HotelLines:
    query = ReadHotels(**read_by(who), after=after[:MOST_CURSOR] or None, limit=PAGE)
    return read_as(HotelLines, await ask(parts.service, query), "the hotels")


# -------------------------------------------------------------------- one hotel


@router.get(ONE)
async def hotel_page(
    parts: Parts, who: Who, request: Request, hotel: HotelId,
    after: Annotated[str, Query(max_length=100)] = "", ended: str = "", nights: str = "",
) -> Response:  # fmt: skip
    """One hotel: how it stands, its nights, its orders."""
    return await _hotel_page(parts, who, request, hotel, _shown(after, ended, nights))


def _shown(after: str, ended: str, nights: str) -> dict[str, str]:
    """What of a hotel is shown, as it stands in the address; what says nothing is left out."""
    told = {"after": after, "ended": "1" if ended else "", "nights": nights if _day(nights) else ""}
    return {name: value for name, value in told.items() if value}


async def _hotel_page(
    parts: Console, who: Principal, request: Request, hotel: str, shown: Mapping[str, str]
) -> Response:
    found = await _orders(parts, who, hotel, shown)
    assert found.line is not None
    nights = await nights_of(parts, who, hotel, _day(shown.get("nights", "")), USUAL_NIGHTS)
    language, here = frame.language_for(request), f"{ROUTE}/{hotel}"
    topics = [text_of("hotel", language, hotel), text_of("hotel_orders", language, hotel, shown)]
    return frame.render(
        request, who, "hotels/one.html", title=getattr(found.line.name, language), topics=topics,
        topic=topics[1], line=found.line, at=parts.service.clock.now(), nights=nights,
        orders=found.orders, shown=shown, here=address(here, shown),
        toggle=address(here, {} if "ended" in shown else {"ended": "1"}),
        first_link=address(here, {**shown, "after": ""}) if "after" in shown else None,
        next_link=address(here, {**shown, "after": found.next}) if found.next else None,
        night_links=_night_links(here, shown, nights),
    )  # fmt: skip


def _night_links(here: str, shown: Mapping[str, str], nights: HotelNights) -> dict[str, str | None]:
    """Where the nights before and after these are."""
    first = max(nights.starts_on, date(1971, 3, 1)) - timedelta(days=USUAL_NIGHTS)
    later = address(here, {**shown, "nights": str(nights.next)}) if nights.next else None
    earlier = address(here, {**shown, "nights": str(first)})
    return {"earlier": earlier, "today": address(here, {**shown, "nights": ""}), "later": later}


@topic("hotel", ONE, every_s=EVERY_S)
async def live(asked: Asked) -> Fragments:
    """How one hotel stands."""
    made, at = module("hotels/parts.html", asked.language), asked.parts.service.clock.now()
    found = await _orders(asked.parts, asked.who, asked.about, {})
    return {"hotel-whole": fragment(made.whole(found.line, at))}


@topic("hotel_orders", ONE, every_s=EVERY_S)
async def live_orders(asked: Asked) -> Fragments:
    """Its orders."""
    made, at = module("hotels/parts.html", asked.language), asked.parts.service.clock.now()
    query = asked.query or {}
    shown = _shown(query.get("after", "")[:100], query.get("ended", ""), "")
    found = await _orders(asked.parts, asked.who, asked.about, shown)
    return {f"order-{one.order}": fragment(made.order(one, at)) for one in found.orders}


async def _orders(
    parts: Console, who: Principal, hotel: str, shown: Mapping[str, str]
) -> HotelOrders:
    return await orders_of(parts, who, hotel, "ended" in shown, shown.get("after"), ORDERS)


def _day(text: str) -> date | None:
    """The day that an address names; None for one that names none."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
