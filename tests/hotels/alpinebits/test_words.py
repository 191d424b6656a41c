"""The hotel's own word about an order: compared with the order, and never over a newer one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.orders import Status
from services.bookings.hotels.alpinebits.reports import Record, Report
from services.bookings.hotels.alpinebits.shelf import Shelf, called_off, hand_out, hear, put, take
from services.bookings.hotels.alpinebits.words import Word, differs, read_words
from services.bookings.hotels.alpinebits.xml import Unacceptable
from tests.hotels.alpinebits.world import FRANGART, NOW, order, word

OURS = "DOUBLE 2027-09-14 2027-09-16"


def said(status: str = "Reserved", line: str = OURS, at: str = "2027-09-02T08:00:00Z") -> Word:
    [one] = read_words(xml.read(word(status, "order-1", at=at, line=line)))
    return one


def taken_over(revision: int = 1) -> Shelf:
    shelf = hand_out(put({}, "order-1", revision, NOW), ["order-1"])
    return take(shelf, Report((Record("order-1", False),)))[0]


def test_a_room_line_that_is_ours_is_a_confirmation() -> None:
    assert differs(said(), order(1), FRANGART) == ()
    assert said().at == datetime(2027, 9, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("EZ 2027-09-14 2027-09-16", "room type EZ instead of DOUBLE"),
        ("DOUBLE 2027-09-15 2027-09-16", "arrival 2027-09-15 instead of 2027-09-14"),
        ("DOUBLE 2027-09-14 2027-09-15", "departure 2027-09-15 instead of 2027-09-16"),
    ],
)
def test_a_room_line_that_differs_is_none(line: str, what: str) -> None:
    assert differs(said(line=line), order(1), FRANGART) == (what,)


def test_a_status_without_a_room_line_confirms_nothing_by_itself() -> None:
    assert differs(said(line=""), order(1), FRANGART) is None
    two = replace(said(), lines=said().lines * 2)
    assert differs(two, order(1), FRANGART) == ("2 rooms instead of 1",)


def test_a_word_books_the_state_that_was_taken_over_and_no_later_one() -> None:
    shelf, heard, _ = hear(taken_over(), [said()])
    assert heard == ("order-1",)
    assert shelf["order-1"].booked
    assert not put(shelf, "order-1", 2, NOW)["order-1"].booked
    early, _, _ = hear(hand_out(put({}, "order-1", 1, NOW), ["order-1"]), [said()])
    assert not early["order-1"].booked


def test_an_older_word_never_replaces_a_newer_one() -> None:
    later = said("Cancelled", "", (NOW + timedelta(days=2)).isoformat())
    for words in ([said(), later], [later, said()], [later, said(), later]):
        shelf, _, _ = hear(taken_over(), words)
        assert [one.id for one in called_off(shelf)] == ["order-1"]


def test_an_order_that_we_ended_is_not_called_off_by_the_hotel() -> None:
    shelf, _, _ = hear(taken_over(), [said("Cancelled", "")])
    assert called_off(put(shelf, "order-1", 2, NOW, cancelled=True)) == ()


def test_a_word_that_contradicts_itself_is_refused() -> None:
    body = word("Cancelled", "order-1").replace(b'Type="15"', b'Type="14"')
    with pytest.raises(Unacceptable, match="disagree"):
        read_words(xml.read(body))
    assert said("Modify").status is Status.MODIFY
