"""Prices, styles, descriptions and retirement of a unit: through the same door as a closure.

Every service and both databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from services.venues.rules import VenueRules
from shared.contracts.changes import UnitChange
from shared.contracts.holds import Hold, HoldState
from shared.holds.port import Judge
from tests.conformance.desk import Desk
from tests.conformance.parking import ParkingRules, lots
from tests.conformance.suite import ResourceConformance
from tests.conformance.test_bookings import TestRooms as Rooms
from tests.conformance.test_catering import TestMeals as Meals
from tests.conformance.test_escorts import TestPeople as People
from tests.conformance.test_escorts import TestVehicles as Vehicles
from tests.conformance.test_venues import TestHalls as Halls
from tests.conformance.test_venues import TestSites as Sites
from tests.rules.meal_case import request as meal
from tests.rules.venue_case import doc, wish

NOW = ResourceConformance.now


@dataclass(frozen=True)
class Case:
    """A suite, the unit that its sample is given, and the unit's price."""

    suite: type[ResourceConformance]
    unit: str
    priced: str
    part: str | None = None
    amount: int = 777


CASES = {
    "rooms": Case(Rooms, "a", "a", "twin"),
    "hall": Case(Halls, "a", "a"),
    "site": Case(Sites, "s", "s"),
    "menu": Case(Meals, "a", "plain"),
    "person": Case(People, "liaison-0", "liaison-0"),
    "vehicle": Case(Vehicles, "coach-0", "coach-0"),
    "driver": Case(Vehicles, "driver-0", "driver-0"),
}


def made(**fields: Any) -> UnitChange:
    return UnitChange.model_validate(fields)


def desk_of(suite: ResourceConformance, url: str, documents: dict[str, Any] | None = None) -> Desk:
    return Desk(suite.service, suite.rules(), url, NOW, documents or suite.documents())


@pytest.fixture(params=CASES)
def known(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def desk(known: Case, store_url: str) -> Iterator[Desk]:
    desk = desk_of(known.suite(), store_url)
    yield desk
    desk.close()


def standing(desk: Desk, known: Case) -> Hold:
    desk.place("v", firm=known.suite().sample())
    return desk.confirm("v", "firm")["firm"]


# ---------------------------------------------------------------- prices


def test_a_price_shows_whose_cost_would_differ_and_moves_nobody(known: Case, desk: Desk) -> None:
    firm = standing(desk, known)
    change = made(price={"part": known.part, "amount": known.amount}, why="a new agreement")
    told = desk.preview(known.priced, change)
    assert (told.problems, told.withdraws, told.hits_known) == ((), False, True)
    (hit,) = told.hits
    assert (hit.hold, hit.agreed, told.visits_total) == ("firm", firm.cost, 1)

    assert desk.change(known.priced, change, told.revision).outcome == "accepted"
    assert desk.settle() == {}, "nobody is withdrawn"
    assert desk.confirm("v", "firm")["firm"].cost == firm.cost, "what was agreed stays"
    # The same arranged anew costs what the preview said.
    desk.release("v", "firm")
    anew = desk.place("v", anew=known.suite().sample())["anew"]
    assert anew.allotted == firm.allotted and anew.cost == hit.anew != firm.cost
    again = desk.preview(known.priced, change).problems[0]
    assert (again.path, again.message) == ("price.amount", "it is so already")


def test_a_price_of_what_nobody_has_hits_nobody(store_url: str) -> None:
    desk = desk_of(Rooms(), store_url)
    desk.place("v", firm=Rooms().sample())
    desk.confirm("v", "firm")
    taken = {key[0].rpartition("/")[2] for key in desk.cells()}
    assert "king" in taken and "twin" in taken
    assert desk.preview("b", made(price={"part": "twin", "amount": 1})).hits == ()
    wrong = desk.preview("a", made(price={"amount": 1})).problems[0]
    assert wrong.path == "price.part"
    desk.close()


def test_who_has_no_prices_says_so(store_url: str) -> None:
    desk = Desk("parking", ParkingRules(), store_url, NOW, lots(north=10, asked=4))
    assert not isinstance(ParkingRules(), Judge) and isinstance(VenueRules(), Judge)
    assert desk.preview("north", made(price={"amount": 1})).problems[0].path == "price"
    assert desk.preview("north", made(retire=True)).problems[0].path == "retire"
    told = desk.preview("north", made(describe={"note": "by the gate"}))
    assert (told.problems, told.hits) == ((), ())
    desk.close()


# ---------------------------------------------------------------- styles of a hall


def test_a_style_that_takes_fewer_withdraws_who_no_longer_fits(store_url: str) -> None:
    desk = desk_of(Halls(), store_url)
    for name, heads, hour in (("many", 45, 9), ("few", 20, 13)):
        one = wish(
            "hall", f"2027-08-18T{hour:02}:00", setup="theatre", attendance=heads, hall="a"
        )  # fmt: skip
        desk.place(name, **{name: one})
        assert desk.confirm(name, name)[name].allotted["unit"] == "a"
    change = made(count={"part": "theatre", "quantity": 30})
    told = desk.preview("a", change)
    assert [one.hold for one in told.hits] == ["many"] and told.withdraws
    assert desk.preview("c", change).hits == ()
    assert desk.change("a", change, told.revision).outcome == "accepted"
    gone = desk.settle()
    assert set(gone) == {"many"} and gone["many"].refusal is not None
    assert gone["many"].refusal.code == "unit_cut"
    assert "less room" in gone["many"].refusal.sentence.en
    desk.check()
    # A style is added, and one that there is not is refused.
    more = made(count={"part": "u_shape", "quantity": 12})
    seen = desk.preview("a", more)
    assert (seen.problems, seen.hits) == ((), ())
    assert desk.change("a", more, seen.revision, "c-2").outcome == "accepted"
    (view,) = desk.page(unit="a", kind="halls", starts_at=NOW, ends_at=NOW).units
    assert view.document["capacity"] == {"theatre": 30, "u_shape": 12}
    for part in ("circle", None):
        wrong = made(count={"part": part, "quantity": 9})
        assert desk.preview("a", wrong).problems[0].path == "count.part"
    desk.close()


# ---------------------------------------------------------------- descriptions


NAME = {"zh": "新名", "en": "A new name"}
DESCRIBED: dict[str, tuple[type[ResourceConformance], str, dict[str, Any]]] = {
    "hotel": (Rooms, "a", {"contact.email": "new@example.org", "name": NAME}),
    "hall": (Halls, "a", {"dossier.facilities": [NAME], "dossier.last_checked": "2027-07-30"}),
    "place": (Halls, "p", {"dossier.security": [NAME], "note": "the east gate"}),
    "site": (Sites, "s", {"dossier.contact.post": NAME}),
    "kitchen": (Meals, "a", {"diets": ["halal", "vegetarian", "kosher"]}),
    "dish": (Meals, "rice", {"provenance": NAME}),
    "person": (People, "liaison-0", {"name": NAME}),
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_description_hits_nobody(name: str, store_url: str) -> None:
    suite, unit, fields = DESCRIBED[name]
    desk = desk_of(suite(), store_url)
    desk.place("v", firm=suite().sample())
    desk.confirm("v", "firm")
    change = made(describe=fields)
    told = desk.preview(unit, change)
    assert (told.problems, told.hits) == ((), ())
    assert desk.change(unit, change, told.revision).outcome == "accepted"
    assert desk.settle() == {}
    (view,) = desk.page(unit=unit, starts_at=NOW, ends_at=NOW).units
    for path, value in fields.items():
        found: Any = view.document
        for step in path.split("."):
            found = found[step]
        assert found == value and path in view.described
    desk.close()


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"name": {"zh": "厅", "en": " "}}, "describe.name"),
        ({"name": "hall"}, "describe.name"),
        ({"dossier.contact.email": "nobody"}, "describe.dossier.contact.email"),
        ({"dossier.last_checked": "yesterday"}, "describe.dossier.last_checked"),
        ({"dossier.facilities": [NAME, {"zh": "x"}]}, "describe.dossier.facilities.1.en"),
        ({"dossier.facilities": [NAME, {"zh": "", "en": ""}]}, "describe.dossier.facilities"),
        ({"dossier": {}}, "describe.dossier"),
        ({"capacity": {"theatre": 1}}, "describe.capacity"),
        ({"id": "b"}, "describe.id"),
        ({"retired": True}, "describe.retired"),
        ({"note": 7}, "describe.note"),
        ({"note": None}, "describe"),
    ],
)
def test_what_is_wrong_with_a_description_says_where(
    hall_desk: Desk, fields: dict[str, Any], path: str
) -> None:
    assert hall_desk.preview("a", made(describe=fields)).problems[0].path == path
    assert hall_desk.change("a", made(describe=fields), 1).outcome == "invalid"


@pytest.fixture
def hall_desk(store_url: str) -> Iterator[Desk]:
    desk = desk_of(Halls(), store_url)
    yield desk
    desk.close()


def test_who_was_promised_a_diet_is_hit_when_it_goes(store_url: str) -> None:
    desk = desk_of(Meals(), store_url)
    for name, diets in (("halal", {"halal": 3}), ("plain", {})):
        desk.place(name, **{name: meal(covers=20, diets=diets, kitchen="a")})
        assert desk.confirm(name, name)[name].allotted["unit"] == "a"
    change = made(describe={"diets": ["vegetarian"]})
    told = desk.preview("a", change)
    assert [one.hold for one in told.hits] == ["halal"]
    desk.change("a", change, told.revision)
    gone = desk.settle()
    assert set(gone) == {"halal"} and gone["halal"].refusal is not None
    assert "can no longer give" in gone["halal"].refusal.sentence.en
    desk.close()


def test_the_kind_tells_a_sight_from_its_place(store_url: str) -> None:
    """A sight and the place where it is may have one id."""
    documents = Sites().documents()
    documents["places"].append(doc("s", lat=47.1, lon=123.1))
    desk = desk_of(Sites(), store_url, documents)
    change = made(describe={"note": "mind the step"})
    assert (desk.preview("s", change).kind, desk.preview("s", change, kind="places").kind) == (
        "sites", "places",
    )  # fmt: skip
    assert desk.preview("s", change, kind="hats").problems[0].code == "no_such_unit"
    desk.close()


# ---------------------------------------------------------------- retirement


def test_a_retired_unit_takes_nobody_and_may_come_back(known: Case, desk: Desk) -> None:
    firm = standing(desk, known)
    told = desk.preview(known.unit, made(retire=True))
    if known.unit == "a" and known.suite is Halls:
        assert told.problems[0].path == "retire", "a whole divides into it"
        return
    assert (told.problems, [one.hold for one in told.hits]) == ((), ["firm"])
    assert desk.change(known.unit, made(retire=True), told.revision).outcome == "accepted"
    gone = desk.settle()["firm"]
    assert gone.state is HoldState.REFUSED and gone.refusal is not None
    assert gone.refusal.code == "unit_closed" and "no longer in use" in gone.refusal.sentence.en
    assert desk.cells() == {}
    again = desk.place("v", again=known.suite().sample())["again"]
    assert again.state is HoldState.REFUSED or again.allotted != firm.allotted
    desk.release("v", "again")
    seen = desk.preview(known.unit, made(retire=False))
    assert (seen.problems, seen.hits) == ((), ())
    desk.change(known.unit, made(retire=False), seen.revision, "back")
    assert desk.place("v", back=known.suite().sample())["back"].allotted == firm.allotted
    desk.check()


def test_a_whole_that_is_retired_takes_its_holds_along_and_leaves_the_parts(
    store_url: str,
) -> None:
    desk = desk_of(Halls(), store_url)
    desk.place("v", big=Halls().need("day-1/big", 80))
    assert desk.confirm("v", "big")["big"].allotted["unit"] == "whole"
    told = desk.preview("whole", made(retire=True))
    assert [one.hold for one in told.hits] == ["big"]
    desk.change("whole", made(retire=True), told.revision)
    assert set(desk.settle()) == {"big"} and desk.cells() == {}
    assert desk.place("w", small=Halls().sample())["small"].state is HoldState.HELD
    desk.close()


def test_a_menu_that_is_retired_takes_its_meals_along(store_url: str) -> None:
    desk = desk_of(Meals(), store_url)
    desk.place("v", firm=Meals().sample())
    assert desk.confirm("v", "firm")["firm"].allotted["menu"] == "plain"
    told = desk.preview("plain", made(retire=True))
    assert [one.hold for one in told.hits] == ["firm"]
    desk.change("plain", made(retire=True), told.revision)
    assert set(desk.settle()) == {"firm"}
    assert desk.place("v", again=Meals().sample())["again"].allotted["menu"] == "nutty"
    desk.close()


def test_who_is_late_is_told_what_was_changed(hall_desk: Desk) -> None:
    hall_desk.change("a", made(price={"amount": 500}), 1, "first")
    late = hall_desk.change("a", made(retire=True), 1, "late")
    assert (late.outcome, late.problems[0].code) == ("conflict", "stale_revision")
    assert "since then planner: price 500" in late.problems[0].message


# ---------------------------------------------------------------- new units


ADDED = {
    "hotel": (Rooms, "hotels", "a"), "hall": (Halls, "halls", "a"), "site": (Sites, "sites", "s"),
    "kitchen": (Meals, "kitchens", "a"), "menu": (Meals, "menus", "plain"),
    "person": (People, "people", "liaison-0"), "vehicle": (Vehicles, "vehicles", "coach-0"),
    "place": (Halls, "places", "p"),
}  # fmt: skip


def like(desk: Desk, kind: str, unit: str, **fields: Any) -> UnitChange:
    """A new unit like one that there is, with fields of its own."""
    (view,) = desk.page(kind=kind, unit=unit, starts_at=NOW, ends_at=NOW).units
    return made(add={**view.document, "id": "brand-new", **fields})


@pytest.mark.parametrize("name", ADDED)
def test_a_unit_is_added_and_hits_nobody(name: str, store_url: str) -> None:
    suite, kind, unit = ADDED[name]
    desk = desk_of(suite(), store_url)
    desk.place("v", firm=suite().sample())
    desk.confirm("v", "firm")
    new = like(desk, kind, unit)
    told = desk.preview("brand-new", new, kind=kind)
    assert (told.problems, told.hits, told.revision) == ((), (), 0) and told.name is not None
    answer = desk.change("brand-new", new, 0, kind=kind)
    assert answer.outcome == "accepted" and answer.revision > 0
    assert desk.change("brand-new", new, 0, kind=kind) == answer, "once, however often it is sent"
    assert desk.settle() == {}
    (view,) = desk.page(kind=kind, unit="brand-new", starts_at=NOW, ends_at=NOW).units
    assert (view.document, view.revision) == (new.add, answer.revision)
    # Who asks for the same with another command is told that it is there.
    again = desk.change("brand-new", new, 0, "c-2", kind=kind)
    assert (again.outcome, again.problems[0].path) == ("invalid", "add.id")
    desk.close()


def test_a_new_hall_is_given_and_is_changed_like_any_other(store_url: str) -> None:
    desk = desk_of(Halls(), store_url)
    new = like(desk, "halls", "a", capacity={"theatre": 700})
    assert desk.change("brand-new", new, 0, kind="halls").outcome == "accepted"
    many = wish("hall", "2027-08-18T09:00", setup="theatre", attendance=600)
    desk.place("v", many=many)
    assert desk.confirm("v", "many")["many"].allotted["unit"] == "brand-new"
    shut = made(retire=True)
    seen = desk.preview("brand-new", shut)
    assert [one.hold for one in seen.hits] == ["many"]
    assert desk.change("brand-new", shut, seen.revision, "c-2").outcome == "accepted"
    # What is added before the sweep was not there before, and hides nothing from it.
    other = made(add={**(new.add or {}), "id": "newer"})
    assert desk.change("newer", other, 0, "c-3", kind="halls").outcome == "accepted"
    assert set(desk.settle()) == {"many"}
    taken = desk.preview("brand-new", new, kind="halls").problems[0]
    assert taken.path == "add.id"
    desk.close()


CLOSED = {"starts_at": "2027-08-18T08:00+08:00", "ends_at": "2027-08-18T18:00+08:00",
          "reason": {"zh": "检修", "en": "repairs"}}  # fmt: skip


WRONG: tuple[tuple[dict[str, Any], str | None, str], ...] = (
    ({"id": "other"}, "halls", "add.id"),
    ({"id": "Not An Id"}, "halls", "add.id"),
    ({"place": "nowhere"}, "halls", "add"),
    ({"capacity": {}}, "halls", "add.capacity"),
    ({"capacity": {"theatre": 0}}, "halls", "add.capacity.theatre"),
    ({"name": {"zh": "厅", "en": ""}}, "halls", "add.name"),
    ({"closures": [CLOSED]}, "halls", "add.closures"),
    ({"retired": True}, "halls", "add.retired"),
    ({"price": 7}, "halls", "add.price"),
    ({}, None, "kind"),
    ({}, "routes", "kind"),
)


def test_what_is_wrong_with_a_new_unit_says_where(hall_desk: Desk) -> None:
    for fields, kind, path in WRONG:
        new = like(hall_desk, "halls", "a", **fields)
        told = hall_desk.preview("brand-new", new, kind=kind).problems
        assert path in [one.path for one in told], (fields, told)
        answer = hall_desk.change("brand-new", new, 0, kind=kind)
        assert answer.outcome == "invalid" and answer.problems == told
    assert not hall_desk.page(unit="brand-new", starts_at=NOW, ends_at=NOW).units


def test_a_style_is_taken_off_a_hall_and_who_had_it_is_hit(store_url: str) -> None:
    desk = desk_of(Halls(), store_url)
    one = wish("hall", "2027-08-18T09:00", setup="theatre", attendance=20, hall="a")
    desk.place("v", had=one)
    desk.confirm("v", "had")
    off = made(count={"part": "theatre", "quantity": 0})
    last = desk.preview("a", off)
    assert last.problems[0].path == "count.quantity", "a hall offers one style at least"
    more = made(count={"part": "u_shape", "quantity": 12})
    assert desk.change("a", more, last.revision, "c-1").outcome == "accepted"
    told = desk.preview("a", off)
    assert [hit.hold for hit in told.hits] == ["had"]
    assert desk.change("a", off, told.revision, "c-2").outcome == "accepted"
    assert set(desk.settle()) == {"had"}
    (view,) = desk.page(kind="halls", unit="a", starts_at=NOW, ends_at=NOW).units
    assert view.document["capacity"] == {"u_shape": 12}
    assert desk.preview("a", off).problems[0].message == "it is so already"
    desk.close()
