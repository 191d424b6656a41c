"""A resource service whose store was brought back from an older copy, while it recovers."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from shared.chassis import limits
from shared.chassis.life import Life, TooEarlyError
from shared.contracts.holds import HoldState
from tests.conformance.desk import Desk, place
from tests.conformance.parking import (
    ParkingRules,
    lots,
    parking,
    parking_in_catalog,  # noqa: F401 - a fixture
)
from tests.conformance.test_parking import TestParking as Usual


@pytest.fixture
def desk(store_url: str, parking_in_catalog: None) -> Iterator[Desk]:  # noqa: F811
    """Two of four places are held by `known`; then the store is restored."""
    desk = Desk("parking", ParkingRules(), store_url, Usual.now, lots(north=4))
    desk.place("v", known=parking(quantity=2))
    desk.life = Life(desk.now)
    yield desk
    desk.close()


def test_newcomers_wait_until_what_stood_before_is_back(desk: Desk) -> None:
    with pytest.raises(TooEarlyError):
        desk.place("w", newcomer=parking(quantity=1))
    desk.check()
    desk.later(limits.RECOVERY_S)
    assert desk.place("w", newcomer=parking(quantity=1))["newcomer"].state is HoldState.HELD


def test_what_is_sent_again_is_placed_above_the_numbers_that_others_have_seen(desk: Desk) -> None:
    command = place("w", forgotten=parking(quantity=2))
    told = desk.handle(desk.kernel.place, command, again=True).holds["forgotten"]
    assert told.state is HoldState.HELD
    assert told.revision == desk.life.floor


def test_what_was_refused_since_is_no_reason_to_refuse_at_once(desk: Desk) -> None:
    """Of two visits that were sent again in another order, only one had room before."""
    command = place("w", forgotten=parking(quantity=3))
    with pytest.raises(TooEarlyError):
        desk.handle(desk.kernel.place, command, again=True)
    desk.check()
    desk.later(limits.RECOVERY_S)
    told = desk.handle(desk.kernel.place, command, again=True).holds["forgotten"]
    assert told.state is HoldState.REFUSED


def test_a_confirmation_of_what_is_not_back_yet_waits(desk: Desk) -> None:
    with pytest.raises(TooEarlyError):
        desk.confirm("w", "forgotten")
    assert desk.confirm("v", "known")["known"].state is HoldState.CONFIRMED


def test_a_consent_to_what_is_not_back_yet_waits(desk: Desk) -> None:
    with pytest.raises(TooEarlyError):
        desk.consent("forgotten", granted=True)


def test_a_release_never_waits(desk: Desk) -> None:
    """Capacity that nobody wants is free at once, and a placing sent again finds the tombstone."""
    assert desk.release("w", "forgotten")["forgotten"].state is HoldState.RELEASED
    command = place("w", forgotten=parking(quantity=1))
    told = desk.handle(desk.kernel.place, command, again=True).holds["forgotten"]
    assert told.state is HoldState.RELEASED


def test_nothing_expires_until_confirmations_had_time_to_come_again(desk: Desk) -> None:
    desk.life = Life(desk.now + timedelta(hours=2))
    desk.later(2 * 3600)
    assert desk.expire() == {}
    assert desk.confirm("v", "known")["known"].state is HoldState.CONFIRMED


def test_and_then_it_does(desk: Desk) -> None:
    desk.later(2 * 3600)
    assert desk.expire()["known"].state is HoldState.EXPIRED
