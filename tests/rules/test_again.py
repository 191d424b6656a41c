"""Which end of a process is a death after which it begins again."""

from __future__ import annotations

from deploy.again import AGAIN, LIVED_S, WITHIN_S, Deaths


def test_what_ends_before_it_was_up_ends_all() -> None:
    assert not Deaths().begin_again(100.0, 100.0 + LIVED_S - 0.1)
    assert Deaths().begin_again(100.0, 100.0 + LIVED_S)


def test_what_dies_too_often_ends_all_but_old_deaths_are_forgotten() -> None:
    one = Deaths()
    step = WITHIN_S / (2 * AGAIN)
    assert [one.begin_again(0.0, 100.0 + n * step) for n in range(AGAIN + 1)] == [
        *[True] * AGAIN, False,
    ]  # fmt: skip
    assert one.begin_again(0.0, 100.0 + 3 * WITHIN_S)
