"""What planners ask for: small specs that compete for the same few rooms, halls, covers and guides.

Must not: know how it ends.
"""

from __future__ import annotations

from functools import cache

from shared.contracts.spec import VisitSpec

DAYS = ("2027-09-02", "2027-09-05")
"""The first is too near for the kitchen's guarantee: more covers need its consent."""
NEXT = {"2027-09-02": "2027-09-03", "2027-09-05": "2027-09-06"}
NEEDS = (("talk",), ("talk", "stay"), ("lunch",), ("stay", "lunch"), ("tour",))
GUESTS = (4, 7, 11, 14, 19, 26, 38, 70)
SHAPES = len(NEEDS) * len(DAYS) * len(GUESTS)
OWNERS = {"talk": "venues", "stay": "bookings", "lunch": "catering", "tour": "escorts"}


def owners_of(shape: int) -> set[str]:
    """The services that a spec of this shape needs."""
    return {OWNERS[name] for name in _parts_of(shape)[0]}


@cache
def spec_of(visit: str, shape: int) -> VisitSpec:
    """One of `SHAPES` specs. Which needs, which day and how many guests follow from the number."""
    needs, day, guests = _parts_of(shape)
    return VisitSpec.model_validate(
        {
            "visit": visit, "line": "event", "title": {"zh": "访", "en": "Visit"}, "host": "desk",
            "purpose": "simulation", "party": [{"category": "staff", "count": guests}],
            "programme": [_item(name, day, guests) for name in needs],
        }
    )  # fmt: skip


def _parts_of(shape: int) -> tuple[tuple[str, ...], str, int]:
    rest, needs = divmod(shape, len(NEEDS))
    guests, day = divmod(rest, len(DAYS))
    return NEEDS[needs], DAYS[day], GUESTS[guests]


def _item(name: str, day: str, guests: int) -> dict[str, object]:
    if name == "stay":
        starts, ends = f"{day}T14:00", f"{NEXT[day]}T12:00"
        need: dict[str, object] = {"kind": "room", "singles": max(1, guests // 3)}
    elif name == "talk":
        starts, ends = f"{day}T09:00", f"{day}T11:00"
        need = {"kind": "hall", "setup": "theatre"}
    elif name == "tour":
        starts, ends = f"{day}T13:30", f"{day}T17:00"
        need = {"kind": "vehicle"} if guests > 7 else {"kind": "escort", "role": "liaison"}
    else:
        starts, ends = f"{day}T12:00", f"{day}T13:00"
        need = {"kind": "meal", "style": "buffet"}
    return {
        "id": name, "title": {"zh": name, "en": name}, "starts_at": starts, "ends_at": ends,
        "needs": [{"id": "it", **need}],
    }  # fmt: skip
