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
from services.console.templating import module
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


@pytest.mark.parametrize(
    ("feed", "language", "row", "whole"),
    [
        (HotelFeed(polled_at=JUST, silent=True), "en", "tells no changes", "never answered"),
        (HotelFeed(polled_at=JUST, silent=True), "zh", "变动查询无答复", "从未答复"),
        (HotelFeed(stale_since=LONG), "en", "may be out of date", "may have been missed since"),
        (HotelFeed(stale_since=LONG), "zh", "可能不是最新", "可能漏掉了变动"),
    ],
)
def test_the_list_says_it_in_words(feed: HotelFeed, language: str, row: str, whole: str) -> None:
    line = HotelLine(
        hotel="h", name=Text(zh="h", en="h"), system="haip", link=HotelLinkState.GOOD, feed=feed
    )
    made = module("hotels/parts.html", language)
    assert row in str(made.row(line, NOW))
    assert row in str(made.whole(line, NOW)) and whole in str(made.whole(line, NOW))
    well = line.model_copy(update={"feed": HotelFeed(polled_at=JUST, answered_at=JUST)})
    assert row not in str(made.row(well, NOW)) + str(made.whole(well, NOW))


def test_who_did_not_come_is_told_until_the_day_of_departure_is_over() -> None:
    last_night = NOW.date()
    assert not over(last_night, last_night + timedelta(days=1))
    assert over(last_night, last_night + timedelta(days=2))


def test_why_a_link_cannot_be_paused_is_said_in_both_languages() -> None:
    assert [put(one, "zh")[1] for one in LINKLESS] == ["zh", "zh"]
    assert "by hand" in LINKLESS[False] and "by hand" not in LINKLESS[True]
