"""The promises, shown by a service of sixty lines; and those that take consent or two replicas."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.contracts.holds import HoldState, NeedRequest
from shared.contracts.values import Text
from tests.conformance.desk import Desk, place, release
from tests.conformance.parking import (
    DAY_START,
    ParkingRules,
    lots,
    parking,
    parking_in_catalog,  # noqa: F401 - a fixture
)
from tests.conformance.suite import ResourceConformance


@pytest.mark.usefixtures("parking_in_catalog")
class TestParking(ResourceConformance):
    service = "parking"

    def rules(self) -> ParkingRules:
        return ParkingRules()

    def documents(self) -> dict[str, list[dict[str, object]]]:
        return lots(north=10)

    def sample(self, need: str = "day-1/parking") -> NeedRequest:
        return parking(need, 3)

    def grown(self, need: str = "day-1/parking") -> NeedRequest:
        return parking(need, 8)

    def hopeless(self, need: str = "day-1/parking") -> NeedRequest:
        return parking(need, 11)


@pytest.fixture
def asked(store_url: str, parking_in_catalog: None) -> Iterator[Desk]:  # noqa: F811
    """A lot whose keeper must agree."""
    desk = Desk("parking", ParkingRules(), store_url, TestParking.now, lots(asked=4))
    desk.place("v", h=parking())
    yield desk
    desk.close()


class TestConsent:
    def test_a_pending_hold_takes_its_places(self, asked: Desk) -> None:
        told = asked.place("w", w=parking(quantity=2))["w"]
        assert told.state is HoldState.REFUSED
        mine = asked.place("v", h=parking())["h"]
        assert mine.state is HoldState.PENDING
        assert mine.consent is not None
        assert mine.consent.answer_by == asked.now + timedelta(seconds=1800)
        assert asked.confirm("v", "h")["h"] == mine, "nothing is firm before the answer"

    def test_a_yes_makes_it_held(self, asked: Desk) -> None:
        heard = asked.consent("h", granted=True)
        assert heard.holds["h"].state is HoldState.HELD
        assert heard.holds["h"].revision == 2
        assert heard.answers[0].outcome == "accepted"
        again = asked.consent("h", granted=True)
        assert (again.holds, again.answers) == (heard.holds, heard.answers)
        assert asked.consent("h", granted=False, command="c-2").answers[0].outcome == "conflict"
        assert asked.confirm("v", "h")["h"].state is HoldState.CONFIRMED
        asked.check()

    def test_a_no_frees_the_places_and_offers_ways_out(self, asked: Desk) -> None:
        heard = asked.consent("h", granted=False)
        refusal = heard.holds["h"].refusal
        assert refusal is not None
        assert refusal.code == "consent_refused"
        assert [one.change for one in refusal.alternatives] == [{"quantity": 2}, {"quantity": 1}]
        assert asked.cells() == {}
        again = asked.consent("h", granted=False)
        assert (again.holds, again.answers) == (heard.holds, heard.answers)
        assert asked.consent("h", granted=True, command="c-2").answers[0].outcome == "conflict"

    @pytest.mark.parametrize("swept", [True, False])
    def test_silence_is_a_no(self, asked: Desk, swept: bool) -> None:
        asked.later(1799)
        assert asked.expire() == {}
        asked.later(1)
        told = asked.expire() if swept else asked.consent("h", granted=True).holds
        refusal = told["h"].refusal
        assert refusal is not None
        assert refusal.code == "consent_silent"
        assert len(refusal.alternatives) == 2
        assert asked.cells() == {}
        assert asked.consent("h", granted=True).answers[0].outcome == "conflict"

    def test_a_granted_hold_still_expires(self, asked: Desk) -> None:
        asked.consent("h", granted=True)
        asked.later(3600)
        assert asked.expire()["h"].state is HoldState.EXPIRED
        assert asked.cells() == {}

    def test_a_question_withdrawn_or_unknown(self, asked: Desk) -> None:
        asked.release("v", "h")
        assert asked.consent("h", granted=True).answers[0].outcome == "conflict"
        heard = asked.consent("stranger", granted=True)
        assert heard.answers[0].outcome == "missing"
        assert heard.answers[0].problems[0].remedy
        assert heard.holds == {}
        assert asked.cells() == {}


@pytest.mark.usefixtures("parking_in_catalog")
class TestLedger:
    def desk(self, url: str, places: int | None = None) -> Desk:
        documents = None if places is None else lots(north=places)
        return Desk("parking", ParkingRules(), url, TestParking.now, documents)

    def test_capacity_that_shrank_below_what_is_taken(self, store_url: str) -> None:
        """What stands goes on standing and may be let go; nothing more is given."""
        desk = self.desk(store_url, 10)
        desk.place("v", a=parking(quantity=6), b=parking("day-1/more", 4))
        desk.confirm("v", "a", "b")
        desk.seed(lots(north=5))
        assert desk.place("w", w=parking(quantity=1))["w"].state is HoldState.REFUSED
        desk.release("v", "b")
        desk.check()
        assert desk.place("w", w2=parking(quantity=1))["w2"].state is HoldState.REFUSED
        desk.release("v", "a")
        assert desk.place("w", w3=parking(quantity=5))["w3"].state is HoldState.HELD
        desk.check()
        desk.close()

    def test_one_event_tells_all_holds_of_a_command(self, store_url: str) -> None:
        desk = self.desk(store_url, 10)
        heard = desk.handle(
            desk.kernel.place, place("v", a=parking(), b=parking("day-2/parking")),
            place("w", c=parking()),
        )  # fmt: skip
        assert [[h.hold for h in event.holds] for event in heard.events] == [["a", "b"], ["c"]]
        assert [event.visit for event in heard.events] == ["v", "w"]
        assert {event.cause for event in heard.events} == {"act-1"}
        desk.close()

    def test_a_long_sweep_comes_in_bites_that_fit_the_bus(self, store_url: str) -> None:
        desk = self.desk(store_url, 1000)
        for n in range(7):
            holds = {f"h{n}-{k}": parking(f"day-{n}/p-{k}", 1) for k in range(100)}
            desk.place("v", **holds)
        desk.later(3600)
        with desk.work() as (work, heard):
            assert desk.kernel.expire(work) is True
        assert all(len(event.holds) <= 100 for event in heard.events)
        assert len(heard.holds) == 500
        assert len(desk.expire()) == 200
        assert desk.cells() == {}
        desk.close()

    def test_the_page_shows_the_load_in_the_window(self, store_url: str) -> None:
        desk = self.desk(store_url, 10)
        desk.place("v", a=parking(hours=1))
        day = timedelta(days=1)
        page = desk.page(starts_at=DAY_START - day, ends_at=DAY_START + day)
        assert page.next is None
        assert page.units[0].name == Text(zh="north", en="north")
        load = page.units[0].load
        assert [(cell.taken, cell.capacity) for cell in load] == [(3, 10)] * 4
        assert load[0].label == "2027-06-10 02:00"
        assert not desk.page(starts_at=DAY_START + day, ends_at=DAY_START + 2 * day).units[0].load
        desk.close()

    def test_a_page_of_a_busy_year_fits_the_bus(self, store_url: str) -> None:
        desk = Desk(
            "parking", ParkingRules(), store_url, TestParking.now,
            lots(**{f"lot-{n:03}": 10 for n in range(30)}),
        )  # fmt: skip
        for n in range(30):
            name = f"lot-{n:03}"
            desk.place(f"v{n}", **{name: parking(quantity=1, unit=name, hours=24 * 7)})
        seen: list[str] = []
        after: str | None = None
        while True:
            page = desk.page(
                starts_at=DAY_START, ends_at=DAY_START + timedelta(days=7), limit=200, after=after
            )
            assert len(page.model_dump_json()) < 900 * 1024
            assert all(unit.load for unit in page.units)
            seen += [unit.unit for unit in page.units]
            after = page.next
            if after is None:
                break
        assert seen == [f"lot-{n:03}" for n in range(30)]
        desk.close()


@pytest.mark.usefixtures("parking_in_catalog")
class TestReplicas:
    """Two replicas on one PostgreSQL; the second comes while the first has not yet committed."""

    @pytest.fixture
    def two(self, postgres) -> Iterator[tuple[Desk, Desk]]:  # type: ignore[no-untyped-def]
        url = postgres.create_database()
        first = Desk("parking", ParkingRules(), url, TestParking.now, lots(north=10))
        second = Desk("parking", ParkingRules(), url, TestParking.now)
        yield first, second
        first.close()
        second.close()

    def race(self, two: tuple[Desk, Desk], one, other) -> BaseException | None:  # type: ignore[no-untyped-def]
        """Handle `one` and commit it only after `other` has had time to run or to wait."""
        failed: list[BaseException] = []

        def run() -> None:
            try:
                two[1].handle(two[1].handler(other), other)
            except BaseException as error:
                failed.append(error)

        thread = threading.Thread(target=run)
        with two[0].work() as (work, _heard):
            from shared.chassis.work import Delivery

            two[0].handler(one)(work, [Delivery(one, "in-1")])
            thread.start()
            thread.join(0.4)
        thread.join(10)
        assert not thread.is_alive()
        return failed[0] if failed else None

    def test_two_holds_of_one_need_placed_at_once(self, two: tuple[Desk, Desk]) -> None:
        one, other = place("v", h1=parking(quantity=4)), place("v", h2=parking(quantity=6))
        assert self.race(two, one, other) is None
        two[0].check()
        two[0].release("v", "h1", "h2")
        assert two[0].cells() == {}

    def test_a_third_hold_beside_a_standing_one(self, two: tuple[Desk, Desk]) -> None:
        two[0].place("v", h0=parking(quantity=2))
        one, other = place("v", h1=parking(quantity=4)), place("v", h2=parking(quantity=5))
        assert self.race(two, one, other) is None
        two[0].check()

    def test_a_successor_placed_while_its_predecessor_goes(self, two: tuple[Desk, Desk]) -> None:
        for first in (True, False):
            old, new = f"old-{first}", f"new-{first}"
            two[0].place("v", **{old: parking(quantity=4)})
            pair = place("v", **{new: parking(quantity=6)}), release("v", old)
            assert self.race(two, *(pair if first else pair[::-1])) is None
            two[0].check()
            two[0].release("v", old, new)
            assert two[0].cells() == {}

    def test_the_last_places_are_given_once(self, two: tuple[Desk, Desk]) -> None:
        """On an empty lot there is no cell to lock: the loser fails and is handled again."""
        one, other = place("v", h1=parking(quantity=6)), place("w", h2=parking(quantity=6))
        error = self.race(two, one, other)
        assert error is None or "never_oversold" in str(error)
        assert two[1].place("w", h2=parking(quantity=6))["h2"].state is HoldState.REFUSED
        two[0].check()

    def test_sweeping_while_a_command_comes(self, two: tuple[Desk, Desk]) -> None:
        two[0].place("v", h1=parking(quantity=4))
        for desk in two:
            desk.later(3600)
        assert self.race(two, place("v", h2=parking(quantity=5)), release("v", "h1")) is None
        assert set(two[1].expire()) <= {"h1"}
        two[0].check()
