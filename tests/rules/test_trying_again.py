"""A blocked visit tries again by itself, and goes on saying why it is not ready meanwhile."""

from __future__ import annotations

from services.visits import views
from shared.contracts.visits import Phase
from tests.rules.toyworld import Owner, World


def full_house() -> World:
    """`second` was refused at a hall that `first` fills."""
    world = World({"venues": Owner("venues", 5)})
    for visit in ("first", "second"):
        world.submit(visit, {"venues": 5})
        world.settle_moment()
    assert world.phases["second"].phase is Phase.BLOCKED
    return world


def test_while_it_tries_again_the_last_refusal_is_shown() -> None:
    world = full_house()
    world.pass_time(3)
    assert world.phases["second"].phase is Phase.HOLDING
    [need] = world.readings["second"].needs
    shown = views.need_view(world.visits["second"], need)
    assert shown.state == views.ASKED
    assert shown.refusal is not None and shown.refusal.code == "no_capacity"


def test_a_new_wish_is_not_blamed_with_the_old_refusal() -> None:
    world = full_house()
    world.submit("second", {"venues": 4})
    [need] = world.readings["second"].needs
    assert views.need_view(world.visits["second"], need).refusal is None


def test_it_moves_up_when_others_let_go() -> None:
    world = full_house()
    world.cancel("first")
    world.settle_moment()
    world.pass_time(3)
    world.settle_moment()
    assert world.phases["second"].phase is Phase.READY
