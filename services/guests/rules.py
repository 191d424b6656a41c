"""Who may see what of a guest, and why: purposes as a table, and what a look gives.

Owns: purpose → fields and roles. Personal data is processed for a named purpose and within its
minimum (PIPL art. 5-6); the readers and what is kept from them follow the documents of the field.
Must not: know where guests are stored; must not record anything itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shared.contracts.guests import Lodging
from shared.contracts.lodged import HOTEL_PURPOSE, HOTEL_ROLE
from shared.contracts.message import Problem
from shared.contracts.roster import FIELDS, Guest

PLANNER, LEAD, LIAISON, AUDITOR = "planner", "station_lead", "unit_liaison", "auditor"
HOTEL = HOTEL_ROLE
"""A hotel: behind the link of one order, by the console, once bookings has found the link good; or
over its own system, by bookings."""
NAME = ("family_name", "given_name")
SENSITIVE = ("diet_reason",)
"""Religion and health (PIPL art. 28). The constraint alone is what a meal cannot do without."""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What a look for this purpose gives, to whom, and of which guests."""

    fields: tuple[str, ...]
    roles: frozenset[str]
    one_guest: bool = False
    """Only for one guest who is named."""
    only_with: str | None = None
    """Guests without this field have no part in it."""
    lodged: bool = False
    """Only of guests lodged in one hotel for one need, both of which are named."""


def _for(*fields: str, to: tuple[str, ...], **more: Any) -> Purpose:
    return Purpose(fields, frozenset(to), **more)


PURPOSES: Mapping[str, Purpose] = {
    # The roster as it was sent: for the desk officer who keeps it (step 2, guest profile).
    "desk": _for(*FIELDS, to=(PLANNER,)),
    # 接待方案, without id numbers, phones and reasons.
    "planner": _for(*NAME, "sex", "nationality", "category", "rank", "unit", "post", "room_group",
                    "table", "diets", to=(PLANNER, LEAD)),
    # 房间分配表, for the hotel: what its register must have, and no more.
    "rooming": _for(*NAME, "sex", "nationality", "document_kind", "document_number", "room_group",
                    "room_need", "hotel", to=(PLANNER, LEAD, LIAISON)),
    # The same for a hotel's page behind a link: who comes, who shares, and whom it must report to
    # the police as foreign (F03). The number it reads in the document itself, at the desk.
    HOTEL_PURPOSE: _for(*NAME, "nationality", "room_group", to=(HOTEL,), lodged=True),
    # 房间分配表, for staff: no id.
    "rooms": _for(*NAME, "sex", "room_group", "room_need", "hotel", to=(PLANNER, LEAD)),
    # 菜单: constraints per seat, no names, no reasons.
    "kitchen": _for("table", "diets", to=(PLANNER, LEAD, LIAISON), only_with="diets"),
    # 乘车安排, for drivers: first name and phone.
    "transport": _for("given_name", "phone", to=(PLANNER, LEAD, LIAISON)),
    # 座次/席位图: rank makes the order.
    "seating": _for(*NAME, "rank", "unit", "post", "table", to=(PLANNER, LEAD)),
    "badge": _for(*NAME, "unit", "post", "category", to=(PLANNER, LEAD)),
    # 接待清单: unit, name and post of each guest (G03), for settlement and audit.
    "settlement": _for(*NAME, "unit", "post", to=(PLANNER, AUDITOR)),
    # A guest's own data, on request (PIPL art. 45).
    "guest": _for(*FIELDS, to=(PLANNER,), one_guest=True),
}  # fmt: skip

WRITERS = frozenset({PLANNER})
"""Roles that may put a roster or erase a guest."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """A look that is allowed: of whom, and which fields."""

    fields: tuple[str, ...]
    only_with: str | None = None
    lodging: Lodging | None = None


def judge(
    purpose: str,
    roles: Collection[str],
    fields: Sequence[str] | None,
    one_guest: bool,
    lodging: Lodging | None = None,
) -> Allowed | Problem:
    """Whether this look is within its purpose; a Problem says why it is not.

    Fields that the purpose does not allow refuse the whole look, so that asking for more than
    one may have is seen in the record.
    """
    known = PURPOSES.get(purpose)
    if known is None:
        return _refusal("unknown_purpose", "purpose", "there is no such purpose",
                        f"use one of {', '.join(PURPOSES)}")  # fmt: skip
    if known.roles.isdisjoint(roles):
        return _refusal("role_without_purpose", "roles", f"{purpose} is for other roles",
                        f"it is for {', '.join(sorted(known.roles))}")  # fmt: skip
    if known.one_guest and not one_guest:
        return _refusal("guest_missing", "guest", f"{purpose} is about one guest",
                        "name the guest by id")  # fmt: skip
    if known.lodged and lodging is None:
        return _refusal("lodging_missing", "lodging", f"{purpose} is about one hotel's guests",
                        "name the need for rooms and the hotel")  # fmt: skip
    wanted = known.fields if fields is None else tuple(dict.fromkeys(fields))
    if not set(wanted) <= set(known.fields):
        return _refusal("field_outside_purpose", "fields", f"{purpose} does not need all of these",
                        f"it has {', '.join(known.fields)}")  # fmt: skip
    return Allowed(wanted, known.only_with, lodging)


def _refusal(code: str, path: str, message: str, remedy: str) -> Problem:
    return Problem(code=code, path=path, message=message, remedy=remedy)


def view(guest: Guest, allowed: Allowed) -> dict[str, Any] | None:
    """What the look gives of one guest; None when they have no part in it."""
    if allowed.only_with is not None and not getattr(guest, allowed.only_with):
        return None
    if allowed.lodging is not None and not lodged(guest, allowed.lodging):
        return None
    return guest.model_dump(mode="json", include=set(allowed.fields))


def lodged(guest: Guest, where: Lodging) -> bool:
    """Whether the roster lodges this guest there."""
    said = guest.hotel or (where.hotel if where.alone else None)
    return guest.room_need == where.need and said == where.hotel


def register_entry(guest: Guest | None) -> tuple[object, ...] | None:
    """What a hotel's register depends on; None for a guest whom the roster lodges nowhere."""
    if guest is None or guest.room_need is None:
        return None
    fields = (*PURPOSES[HOTEL_PURPOSE].fields, "room_need", "hotel")
    return tuple(getattr(guest, name) for name in fields)


def recorded(purpose: str, fields: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """Purpose and fields as the audit keeps them: words of ours, never text from outside."""
    known = PURPOSES.get(purpose)
    if known is None:
        return "unknown", ()
    wanted = known.fields if fields is None else fields
    return purpose, tuple(one for one in FIELDS if one in wanted)


def counts(guests: Sequence[Guest]) -> dict[tuple[str, str], int]:
    """Head-counts by (`guests`, `category` or `diet`) and name: nobody can be told from them."""
    found: dict[tuple[str, str], int] = {}
    for guest in guests:
        keys = [("guests", "all"), ("category", guest.category.value)]
        for key in (*keys, *(("diet", diet.value) for diet in guest.diets)):
            found[key] = found.get(key, 0) + 1
    return found
