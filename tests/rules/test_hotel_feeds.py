"""How a feed is told of: silent, or possibly missed, or well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from services.bookings.listening.limits import FEED_SILENT_S
from services.bookings.listening.turns import Polled
from services.bookings.orders.acting import LINKLESS
from services.bookings.overview.feeds import feed_of
from services.bookings.overview.lines import rank
from services.bookings.overview.troubles import over
from services.console.phrases import put
from shared.contracts.hotel_troubles import HotelFeed
from shared.contracts.hotels import HotelLine, HotelLinkState
from shared.contracts.values import Text

NOW = datetime(2027, 8, 6, 12, tzinfo=UTC)
JUST = NOW - timedelta(seconds=15)
LONG = NOW - timedelta(seconds=FEED_SILENT_S + 1)


@pytest.mark.parametrize(
    ("polled", "silent"),
    [
        (Polled(), False),
        (Polled(JUST, JUST), False),
        (Polled(NOW, NOW - timedelta(seconds=FEED_SILENT_S)), False),
        (Polled(JUST, LONG), True),
        (Polled(LONG, LONG), True),
        (Polled(JUST, None), True),
        (Polled(JUST, None, None, NOW + timedelta(seconds=1)), False),
    ],
    ids=["never polled", "well", "not long enough", "polled in vain", "nobody polls",
         "never answered", "the first poll is under way"],
)  # fmt: skip
def test_silence(polled: Polled, silent: bool) -> None:
    assert feed_of(polled, NOW, rests=False).silent is silent
    assert not feed_of(polled, NOW, rests=True).silent, "nobody asks while the link is paused"


def test_what_may_have_been_missed_stays_so_in_a_pause() -> None:
    told = feed_of(Polled(JUST, JUST, LONG), NOW, rests=True)
    assert told == HotelFeed(polled_at=JUST, answered_at=JUST, stale_since=LONG)


def test_a_feed_that_cannot_be_relied_on_is_something_wrong() -> None:
    well = HotelLine(hotel="h", name=Text(zh="h", en="h"), system="haip", link=HotelLinkState.GOOD)
    assert rank(well) == rank(well.model_copy(update={"feed": HotelFeed()})) == 2
    for feed in (HotelFeed(silent=True), HotelFeed(stale_since=LONG)):
        assert rank(well.model_copy(update={"feed": feed})) == 0


def test_who_did_not_come_is_told_until_the_day_of_departure_is_over() -> None:
    last_night = NOW.date()
    assert not over(last_night, last_night + timedelta(days=1))
    assert over(last_night, last_night + timedelta(days=2))


def test_why_a_link_cannot_be_paused_is_said_in_both_languages() -> None:
    assert [put(one, "zh")[1] for one in LINKLESS] == ["zh", "zh"]
    assert "by hand" in LINKLESS[False] and "by hand" not in LINKLESS[True]
