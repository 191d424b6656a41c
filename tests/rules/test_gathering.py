"""What waits for others, for how long, and in which order it is handed over."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from nats.aio.msg import Msg

from shared.chassis.gathering import AT_ONCE, Gathering, Waiting

NO_CLIENT: Any = None
ROOM = 20


def told(text: str) -> Msg:
    return Msg(NO_CLIENT, subject="evt.x.told.v1", data=text.encode())


def about(message: Msg) -> str:
    return message.data[:1].decode()


def two(_about: str, heap: Sequence[Msg]) -> bool:
    return len(heap) == 2


PAIRS = Gathering(1.0, about, two, crowd_s=3.0, room=ROOM)


def texts(some: Sequence[Msg]) -> str:
    return " ".join(one.data.decode() for one in some)


def waiting(*arrived: str, gathering: Gathering = PAIRS) -> Waiting:
    """Messages that arrived a second from each other, the first at 0."""
    found = Waiting(gathering)
    for second, one in enumerate(arrived):
        found.take(told(one), float(second))
    return found


def test_what_waits_for_nobody_goes_at_once() -> None:
    some = waiting("a1", "b1", gathering=AT_ONCE)
    assert some.due_at() == 0.0
    assert texts(some.hand_over(0.0)) == "a1 b1"
    assert (some.due_at(), len(some)) == (None, 0)


def test_a_whole_heap_goes_at_once_and_leaves_the_others() -> None:
    some = waiting("a1", "b1", "b2")
    assert texts(some.hand_over(0.0)) == "b1 b2"
    assert (len(some), some.due_at()) == (1, 1.0)
    assert texts(some.hand_over(0.9)) == ""
    assert texts(some.hand_over(1.0)) == "a1"


def test_among_many_it_waits_longer_but_not_for_ever() -> None:
    assert waiting("a1", "b1").due_at() == 2.0
    assert waiting("a1", "b1", "c1", "d1", "e1").due_at() == 3.0
    some = waiting("a1", "b1", "c1", "d1", "e1")
    assert texts(some.hand_over(4.5)) == "a1 b1"


def test_beyond_half_of_the_room_nothing_waits() -> None:
    many = [f"{chr(97 + number)}1" for number in range(ROOM // 2)]
    assert waiting(*many[:-1]).due_at() == 3.0
    assert texts(waiting(*many).hand_over(0.0)) == " ".join(many)


def test_what_is_given_up_is_all_of_it() -> None:
    some = waiting("a1", "b1", "b2", "c1")
    assert texts(some.give_up()) == "b1 b2 a1 c1"
    assert len(some) == 0


@given(st.lists(st.sampled_from("abcd"), max_size=40), st.floats(0, 10))
def test_each_is_handed_over_once_in_its_order(names: list[str], at: float) -> None:
    some, got = Waiting(PAIRS), []
    arrived = [f"{name}{number}" for number, name in enumerate(names)]
    for number, one in enumerate(arrived):
        some.take(told(one), float(number))
        if number % 3 == 0:
            got += some.hand_over(min(at, number))
    got += some.hand_over(float(len(names)) + 10)
    assert len(some) == 0
    for name in "abcd":
        mine = [one.data.decode() for one in got if about(one) == name]
        assert mine == [one for one in arrived if one[0] == name]
    assert len(got) == len(arrived)
