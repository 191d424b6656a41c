"""`ResourceConformance`: subclass it, say what your service is, and its promises are tested.

    class TestVenues(ResourceConformance):
        service = "venues"
        def rules(self): return VenueRules()
        def documents(self): return {"places": [...], "halls": [...]}   # as in the seed file
        def sample(self, need="day-1/hall"): return NeedRequest(...)
        def grown(self, need="day-1/hall"): return NeedRequest(...)
        def hopeless(self, need="day-1/hall"): return NeedRequest(...)

Every test runs on SQLite and on PostgreSQL. Put the subclass into `test_<service>.py` beside this.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest

from shared.contracts.holds import Alternative, HoldState, NeedRequest, Refusal
from shared.contracts.values import Text, Window
from shared.holds.port import Rules
from tests.conformance.desk import Desk, confirm, place, release

NEED = "day-1/need"
VISITS = 40
LIVING = (HoldState.HELD, HoldState.PENDING)


class ResourceConformance:
    """What every resource service promises, whatever it books."""

    service: ClassVar[str]
    now: ClassVar[datetime] = datetime(2027, 6, 1, 1, 0, tzinfo=UTC)
    """Keep the windows of the samples at least two days later."""
    min_alternatives: ClassVar[int] = 1
    """How many ways out a refusal for want of capacity must offer in this small inventory."""

    # ------------------------------------------------------------ what a service says of itself

    def rules(self) -> Rules[Any]:
        """The service's rules."""
        raise NotImplementedError

    def documents(self) -> dict[str, list[dict[str, Any]]]:
        """A small inventory, as in the seed file: `sample` fits fewer than 40 times."""
        raise NotImplementedError

    def sample(self, need: str = NEED) -> NeedRequest:
        """A wish that fits an empty inventory, without anyone's consent."""
        raise NotImplementedError

    def grown(self, need: str = NEED) -> NeedRequest:
        """The same wish made larger, or moved: it fits while `sample` stands for the same need."""
        raise NotImplementedError

    def hopeless(self, need: str = NEED) -> NeedRequest:
        """A valid wish that not even an empty inventory can grant."""
        raise NotImplementedError

    @pytest.fixture
    def desk(self, store_url: str) -> Iterator[Desk]:
        """The service at work, on a fresh store."""
        desk = Desk(self.service, self.rules(), store_url, self.now, self.documents())
        yield desk
        desk.close()

    # ------------------------------------------------------------ a yes

    def test_a_yes_says_what_it_means(self, desk: Desk) -> None:
        held = desk.place("v", h1=self.sample())["h1"]
        assert held.state is HoldState.HELD
        assert held.revision == 1
        assert held.expires_at == self.now + timedelta(hours=1)
        assert held.summary is not None
        assert said(held.summary)
        assert held.cost is not None
        assert held.cost.amount >= 0
        assert isinstance(held.allotted["unit"], str)
        assert json.loads(json.dumps(held.allotted)) == held.allotted
        assert desk.cells()
        desk.check()

    def test_placing_twice_is_placing_once(self, desk: Desk) -> None:
        command = place("v", h1=self.sample())
        heard = desk.handle(desk.kernel.place, command, command)
        cells = desk.cells()
        assert len(heard.events) == 2
        again = desk.place("v", h1=self.sample())
        assert again == heard.holds
        assert desk.cells() == cells
        desk.check()

    def test_the_first_content_of_a_hold_stands(self, desk: Desk) -> None:
        first = desk.place("v", h1=self.sample())
        assert desk.place("v", h1=self.grown()) == first
        desk.check()

    def test_confirming_twice_is_confirming_once(self, desk: Desk) -> None:
        desk.place("v", h1=self.sample())
        firm = desk.confirm("v", "h1")
        assert firm["h1"].state is HoldState.CONFIRMED
        assert firm["h1"].revision == 2
        assert firm["h1"].expires_at is None
        assert desk.confirm("v", "h1") == firm
        assert desk.place("v", h1=self.sample()) == firm
        desk.check()

    def test_a_confirmed_hold_never_expires(self, desk: Desk) -> None:
        desk.place("v", h1=self.sample())
        firm = desk.confirm("v", "h1")
        desk.later(30 * 86400)
        assert desk.expire() == {}
        assert desk.confirm("v", "h1") == firm
        assert desk.cells()

    # ------------------------------------------------------------ going

    def test_releasing_twice_is_releasing_once(self, desk: Desk) -> None:
        for firm in (False, True):
            hold = f"h-{firm}"
            desk.place("v", **{hold: self.sample()})
            if firm:
                desk.confirm("v", hold)
            gone = desk.release("v", hold)
            assert gone[hold].state is HoldState.RELEASED
            assert desk.cells() == {}
            assert desk.release("v", hold) == gone
            assert desk.confirm("v", hold) == gone
            assert desk.place("v", **{hold: self.sample()}) == gone
            desk.check()

    def test_a_release_that_comes_first_leaves_a_tombstone(self, desk: Desk) -> None:
        gone = desk.release("v", "h1")
        assert gone["h1"].state is HoldState.RELEASED
        late = desk.place("v", h1=self.sample(), h2=self.sample("day-2/need"))
        assert late["h1"].state is HoldState.RELEASED
        assert late["h2"].state is HoldState.HELD
        desk.release("v", "h2")
        assert desk.cells() == {}

    def test_an_unconfirmed_hold_expires(self, desk: Desk) -> None:
        desk.place("v", h1=self.sample())
        desk.later(3599)
        assert desk.expire() == {}
        desk.later(1)
        ended = desk.expire()
        assert ended["h1"].state is HoldState.EXPIRED
        assert ended["h1"].revision == 2
        assert desk.cells() == {}
        assert desk.expire() == {}
        assert desk.release("v", "h1") == ended

    def test_a_late_command_finds_the_hold_expired(self, desk: Desk) -> None:
        """Time alone ends a hold, even when no sweep has passed since."""
        samples = {hold: self.sample() for hold in ("confirmed", "placed", "released")}
        for hold, sample in samples.items():
            desk.place(hold, **{hold: sample})
        desk.later(3600)
        told = desk.confirm("confirmed", "confirmed") | desk.release("released", "released")
        told |= desk.place("placed", placed=samples["placed"])
        assert {hold.state for hold in told.values()} == {HoldState.EXPIRED}
        assert desk.cells() == {}
        desk.check()

    # ------------------------------------------------------------ capacity

    def test_nothing_is_oversold(self, desk: Desk) -> None:
        commands = [place(f"v{n}", **{f"h{n}": self.sample()}) for n in range(VISITS)]
        heard = desk.handle(desk.kernel.place, *commands[: VISITS // 2])
        told = dict(heard.holds)
        for command in commands[VISITS // 2 :]:
            told |= desk.handle(desk.kernel.place, command).holds
        refused = [hold for hold in told.values() if hold.state is HoldState.REFUSED]
        held = [hold for hold in told.values() if hold.state is HoldState.HELD]
        assert held, "the sample must fit"
        assert refused, "the inventory must be so small that the sample does not fit 40 times"
        desk.check()
        for hold in held:
            desk.confirm(hold.visit, hold.hold)
        desk.check()
        desk.release(held[0].visit, held[0].hold)
        assert desk.place("after", after=self.sample())["after"].state is HoldState.HELD
        desk.check()

    def test_a_refusal_says_why_and_what_would_fit(self, desk: Desk) -> None:
        refused = self.fill(desk)
        assert said(refused.sentence)
        assert refused.code not in ("", "invalid_need")
        assert len(refused.alternatives) >= self.min_alternatives
        for number, way_out in enumerate(refused.alternatives):
            assert said(way_out.sentence)
            assert json.loads(json.dumps(way_out.change)) == way_out.change
            if number == 0 and way_out.change:
                tried = desk.place("w", w=changed(self.sample(), way_out))["w"]
                assert tried.state in LIVING, (way_out, tried.refusal)
        desk.check()

    def fill(self, desk: Desk) -> Refusal:
        """Place the sample until it is refused."""
        for n in range(VISITS):
            refusal = desk.place(f"v{n}", **{f"h{n}": self.sample()})[f"h{n}"].refusal
            if refusal is not None:
                return refusal
        raise AssertionError("the sample fits 40 times: make the inventory smaller")

    def test_the_hopeless_is_refused(self, desk: Desk) -> None:
        told = desk.place("v", h1=self.hopeless())["h1"]
        assert told.state is HoldState.REFUSED
        assert told.refusal is not None
        assert said(told.refusal.sentence)
        assert desk.confirm("v", "h1")["h1"] == told
        assert desk.release("v", "h1")["h1"] == told
        assert desk.cells() == {}

    # ------------------------------------------------------------ make before break

    @pytest.mark.parametrize("firm", [False, True])
    def test_a_successor_overlaps_what_stands(self, desk: Desk, firm: bool) -> None:
        """In the small inventory filled by others, the need's own hold is not in its own way."""
        desk.place("v", old=self.sample())
        if firm:
            desk.confirm("v", "old")
        before = desk.cells()
        assert desk.place("v", same=self.sample())["same"].state is HoldState.HELD
        assert desk.cells() == before, "the same wish again must take nothing more"
        desk.release("v", "same")
        assert desk.cells() == before
        new = desk.place("v", new=self.grown())["new"]
        assert new.state in LIVING, new.refusal
        both = desk.cells()
        desk.check()
        desk.release("v", "new")
        assert desk.cells() == before
        assert desk.place("v", newer=self.grown())["newer"].state in LIVING
        assert desk.cells() == both
        desk.release("v", "old")
        desk.check()
        desk.release("v", "newer")
        assert desk.cells() == {}

    def test_a_full_house_still_lets_a_need_stay_as_it_is(self, desk: Desk) -> None:
        desk.place("v", old=self.sample())
        desk.confirm("v", "old")
        self.fill(desk)
        cells = desk.cells()
        assert desk.place("v", same=self.sample())["same"].state is HoldState.HELD
        assert desk.cells() == cells

    # ------------------------------------------------------------ rubbish and restarts

    def test_rubbish_is_refused_and_harms_no_neighbour(self, desk: Desk) -> None:
        good = self.sample()
        rubbish = {
            "typo": good.model_copy(update={"details": {**good.details, "no_such_wish": 1}}),
            "empty": good.model_copy(update={"details": {"nothing": None}}),
            "foreign": good.model_copy(update={"kind": "no-such-kind"}),
            "ancient": moved(good, datetime(1, 1, 1, tzinfo=UTC), timedelta(hours=2)),
            "distant": moved(good, datetime(9999, 12, 30, tzinfo=UTC), timedelta(hours=20)),
            "endless": moved(good, good.window.starts_at, timedelta(days=365 * 300)),
        }
        told = desk.place("v", **rubbish, good=good)
        assert told.pop("good").state is HoldState.HELD
        assert {hold.state for hold in told.values()} == {HoldState.REFUSED}
        for hold in told.values():
            assert hold.refusal is not None
            assert said(hold.refusal.sentence), hold
        codes = {name: hold.refusal.code for name, hold in told.items() if hold.refusal}
        assert {codes[name] for name in ("typo", "empty", "foreign")} == {"invalid_need"}
        desk.check()

    def test_a_restart_forgets_nothing(self, desk: Desk) -> None:
        desk.place("v", h1=self.sample(), h2=self.sample("day-2/need"))
        firm = desk.confirm("v", "h1")
        cells = desk.cells()
        desk.restart()
        assert desk.confirm("v", "h1") == firm
        assert desk.place("v", h1=self.sample())["h1"] == firm["h1"]
        assert desk.cells() == cells
        desk.later(3600)
        assert set(desk.expire()) == {"h2"}
        desk.check()

    def test_a_group_ends_as_single_messages_would(self, desk: Desk) -> None:
        commands = [place("v", h1=self.sample()), place("v", h2=self.grown())]
        told = desk.handle(desk.kernel.place, *commands).holds
        grouped = desk.cells()
        desk.handle(desk.kernel.release, release("v", "h1"), release("v", "h2"))
        assert desk.cells() == {}
        again = desk.place("v", h3=self.sample()) | desk.place("v", h4=self.grown())
        assert desk.cells() == grouped
        assert [h.allotted for h in told.values()] == [h.allotted for h in again.values()]
        desk.handle(desk.kernel.confirm, confirm("v", "h3"), confirm("v", "h4", "h4"))
        desk.check()


def said(sentence: Text) -> bool:
    """Whether both languages say something."""
    return bool(sentence.zh.strip() and sentence.en.strip())


def moved(request: NeedRequest, starts_at: datetime, length: timedelta) -> NeedRequest:
    """The same wish at another time."""
    window = Window(starts_at=starts_at, ends_at=starts_at + length)
    return request.model_copy(update={"window": window})


def changed(request: NeedRequest, way_out: Alternative) -> NeedRequest:
    """The wish with the change that an alternative proposes."""
    times = {key: way_out.change[key] for key in ("starts_at", "ends_at") if key in way_out.change}
    details = {key: value for key, value in way_out.change.items() if key not in times}
    window = Window.model_validate(request.window.model_dump() | times)
    return request.model_copy(update={"window": window, "details": {**request.details, **details}})
