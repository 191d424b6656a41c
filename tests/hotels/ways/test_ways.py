"""What becomes of a hold, whatever the hotel runs: one suite that each of the six ways passes.

A case is a test of one way; the first line of its docstring is its row of the table in
docs/hotels.md. What a way has not is in its `cannot`, with the reason, and counted here. Whenever
both sides rest, `agreeing.agree` holds: what we hold is what the hotel shows, nothing is there
twice, no order is without a hold, and each hold says what it is.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shared.contracts.holds import HoldState
from shared.contracts.values import Text
from tests.hotels.ways.by_hand import ByHand
from tests.hotels.ways.called import Called
from tests.hotels.ways.linked import Apaleo, Cloudbeds, Haip, Ohip
from tests.hotels.ways.way import Way

S = HoldState
WAYS: tuple[type[Way], ...] = (Haip, Ohip, Apaleo, Cloudbeds, Called, ByHand)
EXCEPTIONS = 9
"""Cases that some way has not, in all. One more is a decision, not an accident."""
ON_BOTH = (Haip, Called, ByHand)
"""One way of each kind is run on PostgreSQL, too, in cases where its locks and leases matter."""
DOCS = Path(__file__).parents[3] / "docs" / "hotels.md"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "way" in metafunc.fixturenames:
        case: Any = metafunc.function
        some = [(one, "sqlite") for one in WAYS if case.__name__ not in one.cannot]
        if hasattr(case, "on_both"):
            some += [(one, "postgresql") for one in ON_BOTH if case.__name__ not in one.cannot]
        names = [f"{one.name}-{database}".replace(" ", "-") for one, database in some]
        both = [(one, one) for one in some]
        metafunc.parametrize(("store", "way"), both, ids=names, indirect=True)


def on_both(case: Callable[..., Any]) -> Callable[..., Any]:
    """Run on PostgreSQL, too."""
    case.on_both = True  # type: ignore[attr-defined]
    return case


def rooms(found: dict[str, Counter[Any]]) -> list[int]:
    """Rooms on each of the nights of all that the hotel keeps for us."""
    return sorted(n for one in found.values() for n in one.values())


async def shown(way: Way) -> list[int]:
    return rooms(await way.shown())


def refusal(way: Way, name: str, code: str) -> Text:
    """The hold is refused with this code, and another hotel is offered; the sentence."""
    no = way.hold(name)
    assert no.state is S.REFUSED and no.refusal is not None
    assert no.refusal.code == code
    assert no.refusal.alternatives[0].change["hotel"] == "plain"
    return no.refusal.sentence


@on_both
async def test_its_word_makes_it_held(way: Way) -> None:
    """Pending until the hotel's word; yes makes it held."""
    way.silent = True
    way.place("v", h1=3)
    placed = way.hold("h1")
    assert placed.state is S.PENDING and placed.consent is not None
    assert placed.consent.asked_of == way.hotel
    assert await shown(way) == [], "nothing goes out in the transaction of the hold"
    await way.rest()
    assert way.state("h1") is S.PENDING and await shown(way) == []
    way.silent = False
    await way.rest()
    assert way.state("h1") is S.HELD and await shown(way) == [3, 3]


async def test_a_receipt_is_no_yes(way: Way) -> None:
    """A receipt alone is no yes."""
    way.place("v", h1=3)
    await way.work()
    await way.receives()
    await way.work()
    assert way.state("h1") is S.PENDING
    await way.rest()
    assert way.state("h1") is S.HELD


async def test_a_full_house_says_what_is_left(way: Way) -> None:
    """Full: refused with `hotel_full`, the nights and the rooms left; other hotels are offered."""
    way.leave(2)
    way.place("v", h1=3)
    await way.rest()
    said = refusal(way, "h1", "hotel_full")
    assert "2027-08-18 twin: 2 left, 2027-08-19 twin: 2 left" in said.en
    assert said.zh.startswith(way.hotel)
    assert await shown(way) == []


async def test_a_no_is_refused(way: Way) -> None:
    """Refused for another reason: `hotel_refused`; other hotels are offered."""
    way.declining = True
    way.place("v", h1=3)
    await way.rest()
    refusal(way, "h1", "hotel_refused")
    assert await shown(way) == []


async def test_silence_ends_with_the_consent(way: Way) -> None:
    """Silent until the consent's end: refused, and what is answered later counts no more."""
    way.silent = True
    way.place("v", h1=3)
    await way.rest()
    way.expire()
    refusal(way, "h1", "consent_silent")
    way.silent = False
    await way.rest()
    assert way.state("h1") is S.REFUSED and await shown(way) == []


async def test_more_asks_for_the_difference(way: Way) -> None:
    """Resized up: the difference alone is asked for."""
    await way.firm("v", h1=6)
    way.leave(3)
    way.place("v", h2=9)
    await way.rest()
    assert way.state("h2") is S.HELD, "three more are enough for six that become nine"
    assert await shown(way) == [9, 9] and await way.definite() != set()
    way.release("v", "h2")
    await way.rest()
    assert way.state("h1") is S.CONFIRMED and await shown(way) == [6, 6]


async def test_more_than_the_house_keeps_what_stands(way: Way) -> None:
    """Resized up past the house: refused, and what was confirmed is kept."""
    await way.firm("v", h1=6)
    way.leave(2)
    way.place("v", h2=9)
    await way.rest()
    assert way.state("h2") is S.REFUSED and way.state("h1") is S.CONFIRMED
    assert await shown(way) == [6, 6]


async def test_less_needs_no_new_yes(way: Way) -> None:
    """Resized down: needs no answer, and the hotel gets back what is not wanted."""
    await way.firm("v", h1=6)
    way.silent = True
    way.place("v", h2=2)
    await way.rest()
    assert way.state("h2") is S.HELD, "it is no more than the hotel agreed to"
    way.silent = not way.answers_in_the_call  # Fewer rooms wait for no answer.
    way.confirm("v", "h2")
    way.release("v", "h1")
    await way.rest()
    assert way.state("h2") is S.CONFIRMED and await shown(way) == [2, 2]


async def test_confirmed_is_definite_at_the_hotel(way: Way) -> None:
    """Confirmed: definite at the hotel, too."""
    way.place("v", h1=3)
    await way.rest()
    assert await way.definite() == set()
    way.confirm("v", "h1")
    await way.rest()
    assert way.state("h1") is S.CONFIRMED
    assert await way.definite() == (await way.shown()).keys()


async def test_released_while_it_is_asked(way: Way) -> None:
    """Released before the hotel's word: nothing stands, and its word counts no more."""
    way.silent = True
    way.place("v", h1=3)
    await way.rest()
    way.release("v", "h1")
    way.silent = False
    await way.rest()
    assert way.state("h1") is S.RELEASED and await shown(way) == []


@pytest.mark.parametrize("confirmed", [False, True], ids=["held", "confirmed"])
async def test_released_is_the_hotels_again(way: Way, confirmed: bool) -> None:
    """Released before and after it is confirmed: the hotel has its rooms again."""
    way.place("v", h1=3)
    await way.rest()
    if confirmed:
        way.confirm("v", "h1")
        await way.rest()
    assert await shown(way) == [3, 3]
    way.release("v", "h1")
    await way.rest()
    assert way.state("h1") is S.RELEASED and await shown(way) == []
    assert way.front.rows()[0].ended


async def test_a_command_twice_is_once(way: Way) -> None:
    """The same command twice: the hotel is asked once."""
    for act in (lambda: way.place("v", h1=3), lambda: way.confirm("v", "h1"),
                lambda: way.release("v", "h1")):  # fmt: skip
        act()
        await way.rest()
        before, order = way.hold("h1"), way.front.rows()
        act()
        await way.rest()
        assert way.hold("h1") == before
        assert [one.ours for one in way.front.rows()] == [one.ours for one in order]
        assert [one.standing for one in way.front.rows()] == [one.standing for one in order]


async def test_an_answer_twice_is_once(way: Way) -> None:
    """The hotel's answer twice: it counts once."""
    way.place("v", h1=3)
    await way.rest()
    before = way.hold("h1")
    assert before.state is S.HELD
    await way.says_again()
    await way.rest()
    assert way.hold("h1") == before and await shown(way) == [3, 3]


@on_both
async def test_an_answer_to_an_older_version(way: Way) -> None:
    """An answer to an older version is no answer to the newer."""
    way.place("v", h1=3)
    await way.says_of_older(lambda: way.place("v", h2=5))
    assert way.state("h2") is S.PENDING
    await way.rest()
    assert way.state("h2") is S.HELD and await shown(way) == [5, 5]


async def test_a_late_yes_to_what_is_released(way: Way) -> None:
    """A yes to what was released meanwhile: nothing stands."""
    way.place("v", h1=3)
    await way.says_of_older(lambda: way.release("v", "h1"))
    await way.rest()
    assert way.state("h1") is S.RELEASED and await shown(way) == []


@on_both
@pytest.mark.parametrize("what", ["request", "answer"])
async def test_a_lost_answer_is_left_by_reading(way: Way, what: str) -> None:
    """A request or an answer is lost: it is left by a read only, nothing is booked twice."""
    way.place("v", h1=3)
    way.loses(what)
    await way.rest()
    assert way.state("h1") is S.HELD and await shown(way) == [3, 3]


async def test_a_late_request_is_waited_for(way: Way) -> None:
    """A request arrives late, after its sender has given it up: nothing is booked twice."""
    way.place("v", h1=3)
    way.delays()
    await way.rest()
    assert way.state("h1") is S.HELD and await shown(way) == [3, 3]


@on_both
async def test_the_hotel_takes_back(way: Way) -> None:
    """The hotel takes back what it agreed to: withdrawn; wanted again it is another order."""
    await way.firm("v", h1=3)
    await way.takes_back()
    await way.rest()
    refusal(way, "h1", "hotel_withdrew")
    assert await shown(way) == [] and way.front.desk.cells() == {}, "its rooms are free again"
    way.place("v", h2=3)
    await way.rest()
    assert way.state("h2") is S.HELD
    assert [one.ended for one in way.front.rows()] == [True, False]


async def test_the_hotel_cuts_a_night(way: Way) -> None:
    """The hotel cuts a night and gave it to others: withdrawn, the whole of it."""
    await way.firm("v", h1=6)
    await way.cuts()
    await way.rest()
    refusal(way, "h1", "hotel_withdrew")
    assert await shown(way) == []


async def test_two_visits_want_the_last_rooms(way: Way) -> None:
    """Two visits compete for the hotel's last rooms: one has them, the other is refused."""
    way.leave(4)
    way.place("v", h1=3)
    way.place("w", h2=3)
    await way.rest()
    states = sorted([way.state("h1"), way.state("h2")])
    assert states == [S.HELD, S.REFUSED]
    assert await shown(way) == [3, 3]


async def test_what_we_have_promised_is_not_asked_for_twice(way: Way) -> None:
    """Two visits compete for what we count there: the hotel is asked for the first alone."""
    way.place("v", h1=6)
    way.place("w", h2=6)
    assert way.state("h2") is S.REFUSED
    await way.rest()
    assert way.state("h1") is S.HELD and await shown(way) == [6, 6]


@on_both
@pytest.mark.parametrize("asked", [False, True], ids=["before-it", "after-it"])
async def test_a_crash_around_asking(
    way: Way, asked: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between intent and answer: nothing is booked twice."""
    way.place("v", h1=3)
    await way.dies_asking(monkeypatch, asked)
    assert way.state("h1") is S.PENDING
    await way.rest()
    assert way.state("h1") is S.HELD and await shown(way) == [3, 3]


async def unnoted(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hotel has said yes to a hold, and bookings died before it noted so."""
    way.silent = not way.answers_in_the_call
    way.place("v", h1=3)
    if way.silent:
        await way.rest()
    await way.says()
    await way.dies(monkeypatch)
    way.silent = False
    assert way.state("h1") is S.PENDING


@on_both
async def test_a_crash_before_the_answer_is_noted(
    way: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between answer and store: the answer counts, once."""
    await unnoted(way, monkeypatch)
    await way.rest()
    assert way.state("h1") is S.HELD and await shown(way) == [3, 3]


async def test_released_after_such_a_crash(way: Way, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same, and nobody wants it any more: the hotel is looked at before the order ends."""
    await unnoted(way, monkeypatch)
    way.release("v", "h1")
    await way.rest()
    assert way.state("h1") is S.RELEASED and await shown(way) == []


# The suite itself


def cases() -> dict[str, str]:
    """Each case by its name, and what it is about."""
    found = {name: one for name, one in globals().items() if name.startswith("test_")}
    with_way = {name: one for name, one in found.items() if "way" in one.__annotations__}
    return {name: one.__doc__.strip().rstrip(".") for name, one in with_way.items()}


def test_what_a_way_has_not_is_counted() -> None:
    known = cases().keys()
    assert {name for one in WAYS for name in one.cannot} <= known
    assert all(why for one in WAYS for why in one.cannot.values())
    assert sum(len(one.cannot) for one in WAYS) == EXCEPTIONS


def told(way: type[Way], case: str) -> str:
    return f"no: {way.cannot[case]}" if case in way.cannot else "yes"


def table() -> list[str]:
    """The rows of docs/hotels.md."""
    return [
        f"| {about} | " + " | ".join(told(one, name) for one in WAYS) + " |"
        for name, about in cases().items()
    ]


def test_the_documents_have_the_table() -> None:
    lines = DOCS.read_text(encoding="utf-8").splitlines()
    assert [one for one in table() if one not in lines] == []
