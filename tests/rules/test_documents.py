"""What stands in a visit's documents, and when there are none."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.console.documents import (
    INVENTORIES,
    Arranged,
    entries_of,
    inventories_of,
    named,
    obstacle,
)
from services.console.rooming import MOST_NIGHTS, rooming_of
from shared.contracts.catalog import CATALOG
from shared.contracts.inventory import UnitView
from shared.contracts.values import Text
from shared.contracts.visits import NeedView, Phase, VisitView
from tests.support.specs import DAY, hall, spec

MEAL = {"id": "meal", "kind": "meal", "style": "buffet", "diets": {"halal": 3}}
ROOMS = {"id": "rooms", "kind": "room", "singles": 2, "sharing_pairs": 1}
GIVEN: dict[str, dict[str, Any]] = {
    "hall": {"unit": "h-1", "setup": "theatre", "attendance": 20,
             "from": f"{DAY}T01:00:00+00:00", "to": f"{DAY}T05:00:00+00:00"},
    "meal": {"unit": "k-1", "sitting": "lunch", "menu": "m-1", "dishes": ["d-1", "d-2"],
             "style": "buffet", "expected": 20, "guaranteed": 20, "billed": 20,
             "diets": {"halal": 3}, "guarantee_by": "2027-09-11T02:00:00+00:00"},
    "room": {"unit": "i-1", "check_in": "2027-09-14", "check_out": "2027-09-16", "nights": 2,
             "hotels": [{"hotel": "i-1", "accessible": 1, "rooms": [
                 {"type": "twin", "rooms": 1, "from_block": 0, "use": "pair"},
                 {"type": "twin", "rooms": 1, "from_block": 0, "use": "single"}]},
                 {"hotel": "i-2", "accessible": 0, "rooms": [
                     {"type": "king", "rooms": 1, "from_block": 0, "use": "single"}]}]},
}  # fmt: skip


def unit(kind: str, one: str, **document: Any) -> tuple[tuple[str, str], UnitView]:
    name = Text(zh=f"名 {one}", en=f"Name {one}")
    return (kind, one), UnitView(unit=one, kind=kind, name=name, document=document)


CONTACT = {"post": {"zh": "值班", "en": "Duty desk"}, "email": "duty@example.org"}
SITTING = {"id": "lunch", "name": {"zh": "午餐", "en": "lunch"}}
UNITS = dict([
    unit("halls", "h-1", place="p-1"),
    unit("places", "p-1", dossier={"contact": CONTACT}),
    unit("kitchens", "k-1", contact=CONTACT, sittings=[SITTING]),
    unit("menus", "m-1"), unit("dishes", "d-1"),
    unit("hotels", "i-1", room_types=[{"id": "twin", "name": {"zh": "双床间", "en": "Twin"}}]),
])  # fmt: skip


def view(*needs: dict[str, Any], phase: Phase = Phase.READY, **of_need: Any) -> VisitView:
    made = spec("v-1", *needs)
    item = made.programme[0]
    window = {"starts_at": f"{DAY}T02:00:00Z", "ends_at": f"{DAY}T04:00:00Z"}
    seen = [
        NeedView.model_validate({
            "need": f"{item.id}/{one.id}", "kind": one.kind, "service": CATALOG[one.kind].service,
            "item": item.title, "window": window, "state": "confirmed",
            "allotted": GIVEN[one.kind], "summary": {"zh": "定", "en": "Firm"}, **of_need,
        })
        for one in item.needs
    ]  # fmt: skip
    return VisitView.model_validate({
        "visit": "v-1", "revision": 3, "sequence": 9, "phase": phase, "line": "event",
        "title": made.title, "host": "desk", "guests": 20, **window, "needs_total": len(seen),
        "needs_firm": len(seen), "cost": {"amount": 0}, "changed_at": f"{DAY}T00:00:00Z",
        "time_zone": made.time_zone, "spec": made, "needs": seen,
    })  # fmt: skip


def arranged(*needs: dict[str, Any]) -> list[Arranged]:
    [(day, [entry])] = entries_of(view(*needs), UNITS)
    assert day == date.fromisoformat(DAY)
    return list(entry.arranged)


@pytest.mark.parametrize("phase", Phase)
def test_only_what_is_firm_as_a_whole_has_documents(phase: Phase) -> None:
    seen = view(hall("h-1"), phase=phase)
    assert (obstacle(seen) is None) is (phase in (Phase.READY, Phase.CLOSED))


@pytest.mark.parametrize("state", ["held", "pending", "asked", "open", "refused", "released"])
def test_one_need_that_is_not_firm_keeps_all_documents_back(state: str) -> None:
    for phase in (Phase.READY, Phase.CLOSED):
        assert obstacle(view(hall("h-1"), phase=phase, state=state)) == "doc.none_not_firm"
    [(_, [entry])] = entries_of(view(hall("h-1"), state=state), UNITS)
    assert entry.arranged == ()
    assert rooming_of(view(ROOMS, state=state), UNITS).hotels == ()


def test_a_rule_that_forbids_keeps_documents_of_a_closed_visit_back() -> None:
    rule = {"rule": "G1", "severity": "block", "sentence": {"zh": "否", "en": "no"}, "citation": ""}
    seen = view(hall("h-1"), phase=Phase.CLOSED)
    barred = VisitView.model_validate({**seen.model_dump(), "findings": [rule]})
    assert obstacle(barred) == "doc.none_not_firm"


def test_a_hall_has_its_times_with_set_up_and_the_post_of_its_place() -> None:
    [one] = arranged(hall("h-1"))
    [place] = one.units
    assert place.name is not None and place.place is not None and place.contact is not None
    assert (place.name.en, place.place.en, place.contact.en) == ("Name h-1", "Name p-1",
                                                                 "Duty desk")  # fmt: skip
    assert one.taken is not None
    assert [f"{at:%H:%M}" for at in one.taken] == ["09:00", "13:00"]
    assert (one.need.starts.hour, one.need.ends.hour) == (10, 12)


def test_a_meal_has_its_menu_and_a_dish_that_is_unknown_its_id() -> None:
    [one] = arranged(MEAL)
    assert one.menu is not None and one.menu.sitting is not None and one.menu.guarantee_by
    assert isinstance(one.menu.name, Text) and one.menu.name.en == "Name m-1"
    assert [getattr(dish, "en", dish) for dish in one.menu.dishes] == ["Name d-1", "d-2"]
    assert one.menu.guarantee_by.astimezone(UTC) == datetime(2027, 9, 11, 2, tzinfo=UTC)
    assert one.wish["diets"] == {"halal": 3}


def test_rooms_are_counted_by_hotel_and_night() -> None:
    found = rooming_of(view(ROOMS), UNITS)
    assert [one.hotel.unit for one in found.hotels] == ["i-1", "i-2"]
    nights = [date(2027, 9, 14), date(2027, 9, 15)]
    assert list(found.nights) == nights
    first, second = found.hotels
    for night in nights:
        twin = first.nights[night]["twin"]
        assert (twin.singles, twin.pairs, twin.rooms, twin.guests) == (1, 1, 2, 3)
        assert (second.total(night).rooms, found.total(night).guests) == (1, 4)
    assert first.accessible == 1 and second.accessible == 0
    assert getattr(first.types["twin"], "en", "") == "Twin"
    assert second.hotel.name is None, "its id stands for it"


def test_a_very_long_stay_is_cut_and_says_so() -> None:
    long = {**GIVEN["room"], "check_out": "2029-09-14"}
    [first, _] = rooming_of(view(ROOMS, allotted=long), UNITS).hotels
    assert len(first.nights) == MOST_NIGHTS and not first.whole


def test_without_names_ids_stand_for_them() -> None:
    assert named("halls", "h-9", {}).name is None
    [(_, [entry])] = entries_of(view(hall("h-1"), MEAL), {})
    assert [one.units[0].unit for one in entry.functions] == ["h-1", "k-1"]


def test_names_are_asked_of_those_who_have_them() -> None:
    assert set(INVENTORIES) <= set(CATALOG)
    assert inventories_of(view(hall("h-1"))) == [("venues", "halls"), ("venues", "places")]
    assert ("bookings", "hotels") in inventories_of(view(ROOMS))
