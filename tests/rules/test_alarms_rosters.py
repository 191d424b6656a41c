"""The alarm of a roster that went back with a copy that was brought back."""

from __future__ import annotations

from services.console.alarm_life import Timers, step
from services.console.alarm_look import Looks
from services.console.alarm_rules import BY_NAME, looks
from tests.rules.vitals_case import Desk, at

KEY = "roster_went_back/v"


def seen(*visits: str) -> Looks:
    desk = Desk("venues")
    desk.run(60)
    found = looks(desk.board.picture(at(60)), None, at(60), None, visits)
    mine = tuple(one for one in found.found if one.rule.name == "roster_went_back")
    return Looks(found.asked, mine)


def test_it_stands_until_the_roster_is_put_again_whoever_else_is_silent() -> None:
    timers, standing = Timers(), set[str]()

    def after(seconds: float, *visits: str) -> tuple[list[str], tuple[str, ...]]:
        nonlocal timers
        timers, moves = step(timers, seen(*visits), standing, BY_NAME, at(seconds))
        return [one.key for one in moves.raised], moves.cleared

    assert after(0, "v") == ([], ())
    assert after(31, "v") == ([KEY], ())
    standing.add(KEY)
    assert after(60, "v") == ([], ())
    assert after(90) == ([], ()), "calm is waited for"
    assert after(121) == ([], (KEY,))


def test_it_says_what_went_back_and_whom_that_hurts() -> None:
    (one,) = seen("v").found
    assert (one.visit, one.key) == ("v", KEY)
    assert "visit v" in one.sentence.en and "来访 v" in one.sentence.zh
    assert "Guests who were added since" in one.harm.en and "后来加入的来宾" in one.harm.zh
