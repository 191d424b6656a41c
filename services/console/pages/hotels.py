"""`/hotels`: every hotel that must agree, those with problems first; and one hotel below it.

Must not: judge; bookings does. Must not: offer anything that the JSON API does not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from services.console.access import Who
from services.console.api_hotel_acts import Wish, do
from services.console.api_hotel_files import cuts_of
from services.console.api_hotels import USUAL_NIGHTS, HotelId, nights_of, orders_of
from services.console.asking import ask, read_as, read_by
from services.console.door import Console, Parts
from services.console.hand_guests import GuestStays, by_night, guest_stays
from services.console.pages import forms, frame, levers
from services.console.problems import ProblemError
from services.console.roles import Principal
from services.console.spans import address
from services.console.templating import fragment, module
from services.console.topics import Asked, Fragments, text_of, topic
from shared.contracts.hotel_pickup import HotelCuts
from shared.contracts.hotels import (
    HotelAct,
    HotelActs,
    HotelLines,
    HotelNights,
    HotelOrders,
    ListHotelActs,
    ReadHotels,
)

ROUTE = "/hotels"
ONE = "/hotels/{hotel}"
EVERY_S = 5.0
PAGE, ORDERS, MOST_CURSOR = 50, 25, 200

ACTS_SHOWN = 20
CUTS, CUTS_DONE = 25, 10


@dataclass(frozen=True, slots=True)
class Pulled:
    """Which lever was pulled, and what stands in its form."""

    act: str = ""
    order: str = ""
    tried: levers.Tried = field(default_factory=levers.Tried)


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
    order: Annotated[str, Query(max_length=100)] = "",
) -> Response:  # fmt: skip
    """One hotel: how it stands, its levers, its nights, its orders. With an `order` in the address
    also the lever that has it looked at."""
    shown = _shown(after, ended, nights)
    return await _hotel_page(parts, who, request, hotel, shown, Pulled(order=order))


@router.post(ONE)
async def act(parts: Parts, who: Who, request: Request, hotel: HotelId) -> Response:
    """Pull one of its levers: `act` of the form says which."""
    form = await forms.read_form(request)
    name, order = form.get("act"), form.get("order")[:100]
    try:
        answer = await do(parts, who, request, form.body, _wish(form, hotel))
        return levers.done(answer, f"{ROUTE}/{hotel}")
    except ProblemError as error:
        pulled = Pulled(name, order, levers.wrong(form, error, frame.language_for(request)))
        return await _hotel_page(parts, who, request, hotel, {}, pulled)


def _wish(form: forms.Form, hotel: str) -> Wish:
    """What the form wants. Raises ProblemError: 422."""
    try:
        act = HotelAct(form.get("act"))
    except ValueError as error:
        raise ProblemError("invalid-request", "there is no such act") from error
    reason = levers.reason_in(form)
    minutes = levers.minutes_in(form) if act is HotelAct.PAUSE else None
    order = form.get("order")[:100] if act is HotelAct.ASK_AGAIN else None
    return Wish(hotel, act, reason, minutes, order)


def _shown(after: str, ended: str, nights: str) -> dict[str, str]:
    """What of a hotel is shown, as it stands in the address; what says nothing is left out."""
    told = {"after": after, "ended": "1" if ended else "", "nights": nights if _day(nights) else ""}
    return {name: value for name, value in told.items() if value}


async def _hotel_page(
    parts: Console, who: Principal, request: Request, hotel: str, shown: Mapping[str, str],
    pulled: Pulled,
) -> Response:  # fmt: skip
    found = await _orders(parts, who, hotel, shown)
    assert found.line is not None
    nights = await nights_of(parts, who, hotel, _day(shown.get("nights", "")), USUAL_NIGHTS)
    ends_on = nights.starts_on + timedelta(days=USUAL_NIGHTS)
    guests = await _guests(parts, who, hotel, nights.starts_on)
    language, here = frame.language_for(request), f"{ROUTE}/{hotel}"
    topics = [text_of("hotel", language, hotel), text_of("hotel_orders", language, hotel, shown)]
    return frame.render(
        request, who, "hotels/one.html", title=getattr(found.line.name, language), topics=topics,
        status=pulled.tried.status, pulled=pulled, fresh=levers.Tried(), choices=levers.MINUTES,
        may=who.may("POST", ONE), acts=await _acts(parts, who, hotel),
        topic=topics[1], line=found.line, at=parts.service.clock.now(), nights=nights,
        guests=None if guests is None else by_night(guests.stays, nights.starts_on, ends_on),
        guests_whole=guests is None or guests.whole,
        orders=found.orders, shown=shown, here=address(here, shown),
        toggle=address(here, {} if "ended" in shown else {"ended": "1"}),
        first_link=address(here, {**shown, "after": ""}) if "after" in shown else None,
        next_link=address(here, {**shown, "after": found.next}) if found.next else None,
        night_links=_night_links(here, shown, nights),
        cuts=await _cuts(parts, who, hotel, False, CUTS), may_subscribe=who.may("POST", "/feeds"),
        cuts_done=await _cuts(parts, who, hotel, True, CUTS_DONE),
    )  # fmt: skip


async def _guests(parts: Console, who: Principal, hotel: str, starts_on: date) -> GuestStays | None:
    """Who has come, where people answer by hand; None when bookings does not answer."""
    try:
        return await guest_stays(parts, who, hotel=hotel, starts_on=starts_on, nights=USUAL_NIGHTS)
    except ProblemError:
        return None


async def _acts(parts: Console, who: Principal, hotel: str) -> HotelActs | None:
    """The newest acts; None when bookings does not answer."""
    query = ListHotelActs(**read_by(who), hotel=hotel, limit=ACTS_SHOWN)
    try:
        return read_as(HotelActs, await ask(parts.service, query), "the acts on a hotel")
    except ProblemError:
        return None


async def _cuts(
    parts: Console, who: Principal, hotel: str, done: bool, most: int
) -> HotelCuts | None:
    """The next or newest cut-offs; None when bookings does not answer."""
    try:
        return await cuts_of(parts, who, hotel, done, None, most)
    except ProblemError:
        return None


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
    may = asked.who.may("POST", ONE)
    return {
        f"order-{one.order}": fragment(made.order(one, at, asked.about, may))
        for one in found.orders
    }


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
