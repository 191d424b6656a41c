"""GuestRequests out: what we order of a hotel, as OTA_ResRetrieveRS.

One order is one room: the standard knows one named guest per reservation. An order keeps its id for
life; a change goes out as `Modify`, the end as `Cancelled`.

Must not: be kept, logged or put into an event: an order carries the guest's name.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.house import House
from services.bookings.hotels.alpinebits.outcomes import Outcome, answer, warning
from services.bookings.hotels.alpinebits.xml import Unacceptable
from shared.contracts.values import Money

ANSWER = "OTA_ResRetrieveRS"
_PLAIN_ID = re.compile(r"[A-Za-z0-9._-]{1,32}")
_TELEPHONE = re.compile(r"\+?[0-9]{3,30}")
_MINOR_DIGITS = {"JPY": 0, "KRW": 0}
"""Currencies without a hundredth."""


class Status(StrEnum):
    """`ResStatus` of the standard."""

    REQUESTED = "Requested"
    RESERVED = "Reserved"
    MODIFY = "Modify"
    CANCELLED = "Cancelled"


@dataclass(frozen=True, slots=True, repr=False)
class Person:
    """A guest as one hotel needs to know them. Has no `repr`, so that no log shows it."""

    given: str
    surname: str
    language: str | None = None
    """ISO 639-1, for example `zh`."""
    country: str | None = None
    """ISO 3166-1, for example `CN`."""
    telephone: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class Order:
    """One room for one guest, with those who share it counted."""

    id: str
    """Our reference, the same for life; see `wire_id`."""
    status: Status
    room_type: str
    """Ours; the house knows the hotel's code."""
    arrival: date
    departure: date
    adults: int
    created_at: datetime
    changed_at: datetime | None = None
    children: tuple[int, ...] = ()
    """Their ages."""
    price: Money | None = None
    """Of the whole stay."""
    group: str | None = None
    """Orders of one block or party carry the same; at most 32 characters reach the hotel."""
    remark: str | None = None
    guest: Person | None = field(default=None, repr=False)


def wire_id(reference: str) -> str:
    """A reference of ours as it fits into 32 characters; the same for the same reference."""
    if _PLAIN_ID.fullmatch(reference):
        return reference
    return hashlib.sha256(reference.encode()).hexdigest()[:32]


def answer_with(orders: Sequence[Order], house: House) -> tuple[Any, Outcome, tuple[str, ...]]:
    """The answer to OTA_ReadRQ, its outcome, and the ids of orders the standard cannot say.

    Those are left out, so that one of them holds up no other; the hotel is told how many.
    """
    sent, unsaid = [], []
    for order in orders:
        try:
            sent.append(_sayable(order, house))
        except Unacceptable:
            unsaid.append(order.id)
    outcome = Outcome()
    if unsaid:
        outcome = outcome.and_note(warning(f"{len(unsaid)} orders cannot be sent this way"))
    root = answer(ANSWER, outcome)
    listed = xml.child(root, "ReservationsList")
    for one in sent:
        listed.append(one)
    return root, outcome, tuple(unsaid)


def _sayable(order: Order, house: House) -> Any:
    """One HotelReservation, checked by itself. Raises Unacceptable."""
    alone = answer(ANSWER, Outcome())
    found = reservation(xml.child(alone, "ReservationsList"), order, house)
    xml.check(alone)
    return found


def reservation(parent: Any, order: Order, house: House) -> Any:
    """Append one HotelReservation. Raises Unacceptable without a code for the room type."""
    cancelled = order.status is Status.CANCELLED
    changed = order.changed_at
    found = xml.child(parent, "HotelReservation", CreateDateTime=_instant(order.created_at),
                      LastModifyDateTime=None if changed is None else _instant(changed),
                      ResStatus=order.status)  # fmt: skip
    xml.child(found, "UniqueID", Type="15" if cancelled else "14", ID=wire_id(order.id))
    if not cancelled:
        _stay(xml.child(xml.child(found, "RoomStays"), "RoomStay", RoomStayGroupID=_group(order)),
              order, house)  # fmt: skip
        if order.guest is not None:
            _guest(found, order.guest)
    _about(xml.child(found, "ResGlobalInfo"), order, house)
    return found


def _stay(stay: Any, order: Order, house: House) -> None:
    code = house.code_of(order.room_type)
    if code is None:
        raise Unacceptable("the room type has no code at the hotel")
    if order.departure <= order.arrival:
        raise Unacceptable("a stay has at least one night")
    xml.child(xml.child(stay, "RoomTypes"), "RoomType", RoomTypeCode=code)
    if house.rate_plan is not None:
        plan = xml.child(xml.child(stay, "RatePlans"), "RatePlan", RatePlanCode=house.rate_plan)
        if house.meal_plan is not None:
            xml.child(plan, "MealsIncluded", MealPlanIndicator="true",
                      MealPlanCodes=house.meal_plan)  # fmt: skip
    guests = xml.child(stay, "GuestCounts")
    xml.child(guests, "GuestCount", Count=str(order.adults))
    for age in order.children:
        xml.child(guests, "GuestCount", Count="1", Age=str(age))
    xml.child(stay, "TimeSpan", Start=order.arrival.isoformat(), End=order.departure.isoformat())
    if order.price is not None:
        xml.child(stay, "Total", AmountAfterTax=_amount(order.price),
                  CurrencyCode=order.price.currency)  # fmt: skip


def _guest(found: Any, guest: Person) -> None:
    profile = found
    for name in ("ResGuests", "ResGuest", "Profiles", "ProfileInfo", "Profile"):
        profile = xml.child(profile, name)
    customer = xml.child(profile, "Customer", Language=guest.language)
    person = xml.child(customer, "PersonName")
    xml.child(person, "GivenName", _cut(guest.given, 64) or "-")
    xml.child(person, "Surname", _cut(guest.surname, 64) or "-")
    telephone = re.sub(r"[\s()/.-]", "", guest.telephone or "")
    if _TELEPHONE.fullmatch(telephone):
        xml.child(customer, "Telephone", PhoneTechType="5", PhoneNumber=telephone)
    if guest.email is not None:
        xml.child(customer, "Email", guest.email)
    if guest.country is not None:
        xml.child(xml.child(customer, "Address"), "CountryName", Code=guest.country)


def _about(info: Any, order: Order, house: House) -> None:
    if remark := _cut(order.remark or "", 1_000):
        comment = xml.child(xml.child(info, "Comments"), "Comment", Name="customer comment")
        xml.child(comment, "Text", remark)
    ids = xml.child(info, "HotelReservationIDs")
    xml.child(ids, "HotelReservationID", ResID_Type="13", ResID_Value=_cut(order.id, 64),
              ResID_Source="redcrown")  # fmt: skip
    xml.child(info, "BasicPropertyInfo", HotelCode=house.code, HotelName=house.name)


def _group(order: Order) -> str | None:
    return None if order.group is None else wire_id(order.group)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).replace(microsecond=0).isoformat()


def _amount(price: Money) -> str:
    digits = _MINOR_DIGITS.get(price.currency, 2)
    whole, rest = divmod(price.amount, 10**digits)
    return f"{whole}.{rest:0{digits}d}" if digits else str(whole)


def _cut(text: str, most: int) -> str:
    return xml.printable(text).strip()[:most]
