"""A unit is changed while the system runs: asked, saved once, and what no longer fits is withdrawn.

Every service and both databases.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from services.bookings.rules import BookingRules
from services.venues.rules import VenueRules
from shared.contracts.changes import UnitChange
from shared.contracts.holds import HoldState, NeedRequest
from shared.holds.changing import LOOK_AGAIN_S, LOOK_FOR_S, WITHDRAW_AT_ONCE
from shared.holds.port import Rules
from tests.conformance.desk import Desk
from tests.conformance.parking import (
    ParkingRules,
    lots,
    parking,
    parking_in_catalog,  # noqa: F401 - a fixture
)
from tests.conformance.suite import ResourceConformance
from tests.conformance.test_bookings import TestRooms as Rooms
from tests.conformance.test_catering import TestMeals as Meals
from tests.conformance.test_escorts import TestVehicles as Vehicles
from tests.conformance.test_venues import TestHalls as Halls
from tests.conformance.test_venues import TestSites as Sites
from tests.rules.booking_case import block_doc
from tests.rules.venue_case import wish as venue_wish

NOW = ResourceConformance.now
REASON = {"zh": "检修", "en": "repairs"}
DAY = {"starts_at": "2027-08-18T00:00:00+08:00", "ends_at": "2027-08-19T00:00:00+08:00"}


def close(**fields: Any) -> UnitChange:
    return UnitChange(close={**fields, "reason": REASON})


def count(quantity: int, part: str | None = None) -> UnitChange:
    return UnitChange.model_validate({"count": {"quantity": quantity, "part": part}})


@dataclass(frozen=True)
class Case:
    service: str
    rules: Rules[Any]
    documents: dict[str, Any]
    request: NeedRequest
    unit: str
    change: UnitChange
    code: str = "unit_closed"


def case(of: type[ResourceConformance], unit: str, change: UnitChange, **more: Any) -> Case:
    suite = of()
    return Case(suite.service, suite.rules(), suite.documents(), suite.sample(), unit, change,
                **more)  # fmt: skip


HALL = Halls().need("day-1/need", 80)
NIGHTS = {"first_night": "2027-08-19", "last_night": "2027-08-19"}
CASES = {
    "hall": case(Halls, "a", close(**DAY)),
    "part-of-the-whole": Case("venues", VenueRules(), Halls().documents(), HALL, "b", close(**DAY)),
    "whole-of-a-part": case(Halls, "whole", close(**DAY)),
    "site": case(Sites, "s", close(**DAY)),
    "visitors": case(Sites, "s", count(29), code="unit_cut"),
    "hotel": case(Rooms, "a", close(**NIGHTS)),
    "rooms": case(Rooms, "a", count(1, "king"), code="unit_cut"),
    "kitchen": case(Meals, "a", close(first_day="2027-08-18", last_day="2027-08-18")),
    "covers": case(Meals, "a", count(30, "dinner"), code="unit_cut"),
    "vehicle": case(Vehicles, "coach-0", close(**DAY)),
}


@pytest.fixture(params=CASES)
def known(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def desk(known: Case, store_url: str) -> Iterator[Desk]:
    desk = Desk(known.service, known.rules, store_url, NOW, known.documents)
    yield desk
    desk.close()


def test_asked_saved_withdrawn(known: Case, desk: Desk) -> None:
    desk.place("v", firm=known.request)
    desk.confirm("v", "firm")
    before = desk.cells()
    told = desk.preview(known.unit, known.change)
    assert (told.problems, [one.hold for one in told.hits]) == ((), ["firm"])
    assert (told.holds_total, told.visits_total, told.next) == (1, 1, None)
    assert told.hits[0].summary is not None and told.revision == 1
    assert desk.cells() == before and desk.settle() == {}, "a question changes nothing"

    saved = desk.change(known.unit, known.change, told.revision)
    assert (saved.outcome, saved.revision) == ("accepted", 2)
    gone = desk.settle()["firm"]
    assert gone.state is HoldState.REFUSED and gone.refusal is not None
    assert gone.refusal.code == known.code
    reason = REASON if known.code == "unit_closed" else {"zh": "容量", "en": "less room"}
    assert reason["en"] in gone.refusal.sentence.en and reason["zh"] in gone.refusal.sentence.zh
    assert desk.cells() == {}
    # Asked again with the same wish, the service gives something else that fits, or says what.
    again = desk.place("v", again=known.request)["again"]
    assert again.state is HoldState.HELD or (again.refusal and again.refusal.alternatives)
    assert desk.settle() == {}
    desk.check()


@pytest.mark.parametrize(
    ("name", "unit", "change"),
    [
        ("hall", "c", close(**DAY)),
        ("hall", "a", close(**{key: day.replace("-18T", "-20T").replace("-19T", "-21T")
                               for key, day in DAY.items()})),
        ("site", "s", count(30)),
        ("hotel", "a", close(first_night="2027-08-20", last_night="2027-08-20")),
        ("rooms", "a", count(2, "twin")),
    ],
)  # fmt: skip
def test_what_does_not_touch_it_stays(
    store_url: str, name: str, unit: str, change: UnitChange
) -> None:
    known = CASES[name]
    desk = Desk(known.service, known.rules, store_url, NOW, known.documents)
    desk.place("v", firm=known.request)
    firm = desk.confirm("v", "firm")
    told = desk.preview(unit, change)
    assert (told.problems, told.hits) == ((), ())
    desk.change(unit, change, told.revision)
    assert desk.settle() == {} and desk.confirm("v", "firm") == firm
    desk.close()


@pytest.mark.parametrize("first", ["a", "whole"])
def test_a_whole_and_its_part_closed_together_hide_nothing(store_url: str, first: str) -> None:
    """Saved one after the other, before anybody looks: each takes what the other takes too."""
    known = CASES["hall"]
    desk = Desk(known.service, known.rules, store_url, NOW, known.documents)
    desk.place("v", firm=known.request)
    desk.confirm("v", "firm")
    for number, unit in enumerate([first, *({"a", "whole"} - {first})]):
        seen = desk.preview(unit, close(**DAY)).revision
        assert desk.change(unit, close(**DAY), seen, f"c-{number}").outcome == "accepted"
    assert desk.settle()["firm"].state is HoldState.REFUSED
    assert desk.cells() == {}
    desk.close()


# ---------------------------------------------------------------- one lot


@pytest.fixture
def lot(store_url: str, parking_in_catalog: None) -> Iterator[Desk]:  # noqa: F811
    desk = Desk("parking", ParkingRules(), store_url, NOW, lots(north=10, asked=4))
    yield desk
    desk.close()


def test_of_two_editors_the_second_is_told(lot: Desk) -> None:
    seen = lot.preview("north", count(8)).revision
    first = lot.change("north", count(8), seen, "c-1")
    assert lot.change("north", count(8), seen, "c-1") == first, "the same command again"
    late = lot.change("north", count(9), seen, "c-2")
    assert (late.outcome, late.revision) == ("conflict", first.revision)
    assert late.problems[0].code == "stale_revision" and late.problems[0].remedy
    assert lot.preview("north", count(9)).revision == first.revision
    assert lot.change("south", count(9), seen, "c-3").outcome == "missing"
    wrong = lot.change("north", count(8), first.revision, "c-4")
    assert (wrong.outcome, wrong.problems[0].path) == ("invalid", "count.quantity")
    assert lot.preview("south", count(9)).problems[0].code == "no_such_unit"


def test_who_is_confirmed_stays_before_who_waits(lot: Desk) -> None:
    lot.place("late", held=parking(quantity=3, unit="asked"))
    lot.place("v", firm=parking(quantity=1, unit="asked"))
    lot.confirm("v", "firm")
    assert lot.place("w", w=parking(quantity=1, unit="asked"))["w"].refusal is not None
    told = lot.preview("asked", count(2))
    assert [(one.hold, one.state) for one in told.hits] == [("held", HoldState.PENDING)]
    lot.change("asked", count(2), told.revision)
    assert set(lot.settle()) == {"held"}
    assert set(lot.cells().values()) == {1}


def test_a_long_list_comes_in_pages_and_goes_in_portions(lot: Desk) -> None:
    lot.change("north", count(300), 1, "more")
    lot.settle()
    for n in range(3):
        lot.place(f"v{n}", **{f"h{n}-{k:03}": parking(f"d/p-{k}", 1, "north") for k in range(99)})
    seen: list[str] = []
    told = lot.preview("north", count(1), limit=100)
    revision = told.revision
    while True:
        seen += [one.hold for one in told.hits]
        assert (told.holds_total, told.visits_total) == (296, 3)
        if told.next is None:
            break
        told = lot.preview("north", count(1), limit=100, after=told.next)
    assert len(seen) == len(set(seen)) == 296
    lot.change("north", count(1), revision, "fewer")
    with lot.work() as (work, heard):
        assert lot.changes.settle(work) is True
    assert len(heard.holds) == WITHDRAW_AT_ONCE
    lot.settle()
    assert set(lot.cells().values()) == {1}
    lot.check()


def test_a_hold_that_another_replica_commits_too_late_goes_too(lot: Desk) -> None:
    """It allotted by the inventory as it was before the change."""
    old = Desk("parking", ParkingRules(), lot.engine.url.render_as_string(False), NOW)
    with old.work() as (work, _heard):
        stale = old.stock.inventory(work)
    old.kernel._stock = SimpleNamespace(inventory=lambda _work: stale)  # type: ignore[assignment]
    lot.change("north", count(2), 1)
    assert lot.settle() == {}
    assert old.place("v", late=parking(quantity=6, unit="north"))["late"].state is HoldState.HELD
    old.close()
    lot.later(LOOK_AGAIN_S)
    assert set(lot.settle()) == {"late"}
    lot.later(LOOK_FOR_S)
    lot.settle()
    lot.check()


def test_a_seed_does_not_undo_what_was_changed(lot: Desk) -> None:
    lot.change("north", count(2), 1)
    lot.seed(lots(north=10, asked=5))
    lot.restart()
    with lot.work() as (work, _heard):
        inventory = lot.stock.inventory(work)
    assert [inventory.capacity(name, 0, NOW) for name in ("north", "asked")] == [2, 5]


def test_what_is_over_is_left_alone(lot: Desk) -> None:
    lot.place("v", h=parking(quantity=3, unit="north"))
    lot.confirm("v", "h")
    lot.later(30 * 86400)
    assert lot.preview("north", count(1)).hits == ()


def test_who_is_clearing_the_hall_is_left_alone(store_url: str) -> None:
    """The event is over, its teardown is not."""
    desk = Desk("venues", VenueRules(), store_url, NOW, Halls().documents())
    request = venue_wish("hall", setup="theatre", attendance=40)
    unit = desk.place("v", h=request)["h"].allotted["unit"]
    desk.now = request.window.ends_at
    assert desk.preview(unit, close(**DAY)).hits == ()
    desk.later(-60)
    assert [one.hold for one in desk.preview(unit, close(**DAY)).hits] == ["h"]
    desk.close()


def test_what_stands_beyond_an_older_cut_goes_on_standing(lot: Desk) -> None:
    """A seed that had less withdrew nobody; nor does a change that makes it more."""
    lot.place("v", a=parking(quantity=6, unit="north"), b=parking("d/b", 4, "north"))
    lot.confirm("v", "a", "b")
    lot.seed(lots(north=5, asked=4))
    told = lot.preview("north", count(7))
    assert (told.problems, told.hits) == ((), ())
    lot.change("north", count(7), told.revision)
    assert lot.settle() == {}


def test_a_change_that_does_not_go_with_the_others_is_refused(store_url: str) -> None:
    documents = {**Rooms().documents(), "blocks": [block_doc("a", 5)]}
    desk = Desk("bookings", BookingRules(), store_url, NOW, documents)
    told = desk.preview("a", count(4, "twin"))
    assert told.problems and "blocks hold 5 rooms" in told.problems[0].message
    assert desk.change("a", count(4, "twin"), 1).outcome == "invalid"
    desk.close()


def test_a_closure_lifted_at_once_withdraws_nobody(store_url: str) -> None:
    suite = Halls()
    desk = Desk("venues", VenueRules(), store_url, NOW, suite.documents())
    desk.place("v", h=venue_wish("hall", setup="theatre", attendance=40))
    desk.change("a", close(**DAY), 1, "shut")
    desk.change("a", UnitChange(lift=0), 2, "open")
    assert desk.settle() == {}
    desk.close()
