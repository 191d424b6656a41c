"""The rules of catering: sittings, menus, the guarantee, and ways out that really are ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.holds import NeedRequest, Refusal
from shared.contracts.values import Window
from shared.holds.port import Allotment
from tests.rules.meal_case import (
    DINNER,
    EARLY,
    LATE,
    Board,
    kitchen,
    larder,
    request,
    standing,
)


def served(answer: Allotment | Refusal) -> Allotment:
    assert isinstance(answer, Allotment), answer
    return answer


def refused(answer: Allotment | Refusal, code: str) -> Refusal:
    assert isinstance(answer, Refusal), answer
    assert answer.code == code
    assert answer.sentence.zh and answer.sentence.en
    return answer


def test_everybody_eats_when_covers_are_left_out() -> None:
    order = served(Board(larder()).decide(request()))
    assert order.claims[0].quantity == 50
    assert order.allotted["sitting"] == "dinner"
    assert order.allotted["date"] == "2027-08-18"
    assert order.consent is None


def test_the_sitting_follows_the_clock_of_the_site() -> None:
    noon = datetime(2027, 8, 18, 4, 0, tzinfo=UTC)
    order = served(Board(larder()).decide(request(noon)))
    assert order.claims[0].unit == "a/lunch"
    refusal = refused(Board(larder()).decide(request(noon - timedelta(hours=3))), "no_sitting")
    assert refusal.alternatives[0].change["starts_at"] == "2027-08-18T03:00:00+00:00"


def test_a_sitting_is_never_overrun() -> None:
    board = Board(larder(kitchen("a", covers=80)))
    board.take(served(board.decide(request(covers=50))))
    refused(board.decide(request(covers=31)), "no_capacity")
    served(board.decide(request(covers=30)))
    refused(board.decide(request(covers=81)), "too_large")


def test_the_wished_kitchen_then_another_unless_only() -> None:
    board = Board(larder())
    assert served(board.decide(request(kitchen="b"))).allotted["unit"] == "b"
    board.take(served(board.decide(request(kitchen="b", covers=80))))
    assert served(board.decide(request(kitchen="b"))).allotted["unit"] == "a"
    only = refused(board.decide(request(kitchen="b", kitchen_only=True)), "no_capacity")
    assert only.alternatives[0].change["kitchen"] == "a"
    refused(board.decide(request(kitchen="z")), "no_such_kitchen")


def test_menus_by_region_price_allergens_and_rule_g06() -> None:
    board = Board(larder())
    assert served(board.decide(request())).allotted["menu"] == "plain"
    assert served(board.decide(request(menu="nutty"))).allotted["menu"] == "nutty"
    cheap = served(board.decide(request(max_price_per_head=4000)))
    assert (cheap.allotted["menu"], cheap.cost.amount) == ("nutty", 50 * 3000)
    refused(
        board.decide(request(max_price_per_head=4000, avoid_allergens=["nuts"])), "too_expensive"
    )
    round_table = {"style": "round_table"}
    assert served(board.decide(request(**round_table))).allotted["menu"] == "luxury"
    refused(board.decide(request(line="government", **round_table)), "no_menu")


def test_diets_and_styles_must_be_served() -> None:
    board = Board(larder())
    assert served(board.decide(request(diets={"halal": 3}))).allotted["diets"] == {"halal": 3}
    refused(board.decide(request(diets={"kosher": 1})), "diet_not_served")
    refused(board.decide(request(style="individual")), "style_not_offered")


def test_a_closed_kitchen_serves_nobody() -> None:
    shut = {
        "first_day": "2027-08-18",
        "last_day": "2027-08-18",
        "reason": {"zh": "修", "en": "works"},
    }
    refusal = refused(Board(larder(kitchen("a", closures=[shut]))).decide(request()), "closed")
    assert refusal.alternatives


@pytest.mark.parametrize(
    ("now", "before", "covers", "asks", "billed"),
    [
        (EARLY, 48, 68, False, 68),
        (EARLY, 48, 30, False, 30),
        (LATE, 48, 68, True, 68),
        (LATE, 48, 48, False, 48),
        (LATE, 48, 30, False, 48),
        (LATE, 0, 20, True, 20),
    ],
)
def test_the_guarantee(now: datetime, before: int, covers: int, asks: bool, billed: int) -> None:
    board = Board(larder(kitchen("a")))
    stands = standing(served(board.decide(request(covers=before)))) if before else None
    order = served(board.decide(request(covers=covers), now, stands))
    assert (order.consent is not None) is asks
    assert order.allotted["billed"] == billed
    assert order.cost.amount == billed * 5000
    if order.consent is not None:
        assert order.consent.asked_of == "a"
        assert order.consent.answer_by == now + timedelta(seconds=1800)


def test_the_deadline_is_72_hours_to_the_minute() -> None:
    board = Board(larder(kitchen("a")))
    due = DINNER - timedelta(hours=72)
    assert served(board.decide(request(), due - timedelta(seconds=1))).consent is None
    assert served(board.decide(request(), due)).consent is not None


def test_the_kitchen_must_answer_before_the_meal() -> None:
    board = Board(larder(kitchen("a")))
    order = served(board.decide(request(), DINNER - timedelta(minutes=5)))
    assert order.consent is not None
    assert order.consent.answer_by == DINNER


def test_two_ways_out_when_the_kitchen_may_say_no() -> None:
    board = Board(larder())
    stands = standing(served(board.decide(request(covers=48))))
    order = served(board.decide(request(covers=68), LATE, stands))
    changes = [option.change for option in order.alternatives]
    assert changes[0] == {"covers": 48}
    assert changes[1]["kitchen"] == "b"


wishes = st.fixed_dictionaries(
    {"covers": st.integers(1, 130)},
    optional={
        "kitchen": st.sampled_from(["a", "b", "z"]),
        "kitchen_only": st.booleans(),
        "style": st.sampled_from(["buffet", "round_table", "individual"]),
        "diets": st.sampled_from([{"halal": 2}, {"kosher": 1}]),
        "max_price_per_head": st.sampled_from([1000, 4000, 20000]),
        "avoid_allergens": st.just(["nuts"]),
    },
)
starts = st.integers(0, 72).map(
    lambda half: DINNER - timedelta(hours=18) + half * timedelta(minutes=30)
)


def changed(wish: NeedRequest, change: dict[str, Any]) -> NeedRequest:
    """The wish with an alternative applied."""
    times = {
        k: datetime.fromisoformat(v) for k, v in change.items() if k in ("starts_at", "ends_at")
    }
    details = {**wish.details, **{k: v for k, v in change.items() if k not in times}}
    window = Window(**times) if times else wish.window
    return wish.model_copy(update={"window": window, "details": details})


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(wishes, starts), min_size=1, max_size=8))
def test_no_sitting_is_overrun_and_every_way_out_works(history: list[Any]) -> None:
    board = Board(larder())
    for details, starts_at in history:
        wish = request(starts_at, **details)
        answer = board.decide(wish)
        assert answer == board.decide(wish), "same arguments, same answer"
        if isinstance(answer, Refusal):
            for option in answer.alternatives:
                served(board.decide(changed(wish, option.change)))
        else:
            board.take(answer)
    for (unit, slot), used in board.used.items():
        assert used <= board.stock.capacity(unit, slot, EARLY)
