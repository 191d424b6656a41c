"""What a refusal means by its body, for OHIP and HAIP; for apaleo: `test_apaleo_parts.py`, for
Cloudbeds: `test_cloudbeds.py`. Each line is one alternative of the tables in `faults`."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from services.bookings.hotels import errors
from services.bookings.hotels.haip import faults as haip
from services.bookings.hotels.line import Answer
from services.bookings.hotels.ohip import faults as ohip
from services.bookings.hotels.ohip import reading

OHIP = [
    ("A reservation with this reference already exists.", errors.Duplicate),
    ("Duplicate external reference", errors.Duplicate),
    ("The operation failed; all changes were rolled back.", errors.RolledBack),
    ("The cut off date of the block has passed.", errors.CutOffPassed),
    ("Past the cut-off", errors.CutOffPassed),
    ("CUTOFF date reached", errors.CutOffPassed),
    ("Block EXPO27 is sold out", errors.BlockFull),
    ("The block is full on 01-SEP-27", errors.BlockFull),
    ("The number of rooms exceeds the block", errors.BlockFull),
    ("Status TEN is not open for pick-up", errors.BlockNotOpen),
    ("Not open for pick up", errors.BlockNotOpen),
    ("Not open for pickup", errors.BlockNotOpen),
    ("The block is closed", errors.BlockNotOpen),
    ("Block EXPO27 was cancelled", errors.BlockNotOpen),
    ("Room type TWN is not available", errors.NoAvailability),
    ("No availability on 01-SEP-27", errors.NoAvailability),
    ("Insufficient inventory", errors.NoAvailability),
    ("The sell limit is reached", errors.NoAvailability),
    ("This would overbook the house", errors.NoAvailability),
    ("The record is in use by another user", errors.Conflict),
    ("The reservation is locked", errors.Conflict),
    ("It was changed by somebody meanwhile", errors.Conflict),
    ("Reservation not found", errors.NotFound),
    ("Rate code EXPO does not exist", errors.NotFound),
    ("Something else about Mr Sentinel", errors.Invalid),
    ("", errors.Invalid),
]


@pytest.mark.parametrize(("said", "kind"), OHIP)
def test_a_refusal_of_ohip_is_told_apart_by_its_body(
    said: str, kind: type[errors.HotelError]
) -> None:
    """In each place where a problem document may have words, and in a rooming list's row."""
    assert type(ohip.meaning(said)) is kind
    for body in (
        {"title": "Error", "detail": said},
        {"title": said, "detail": None},
        {"title": "Error", "o:errorDetails": [{"title": "Error", "detail": said}, "no details"]},
    ):
        found = ohip.classify(Answer(400, {}, body), True)
        assert type(found) is kind
        assert "Sentinel" not in f"{found!r}{found}"
    messages = [{"messageText": "Row 1."}, {"messageText": said}]
    row = {"reservationSeqNo": 1, "createStatus": "Failed", "outcomeMessages": messages}
    assert type(reading.row_errors({"reservations": [row]})[1]) is kind


def test_a_move_that_ohip_does_not_allow_names_those_that_it_does() -> None:
    found = ohip.meaning("Status DEF cannot be changed to TEN, next: REL, CXL")
    assert isinstance(found, errors.IllegalState)
    assert (found.state, found.wanted, found.legal) == ("DEF", "TEN", ("REL", "CXL"))
    found = ohip.meaning("Status CXL cannot be changed to DEF")
    assert isinstance(found, errors.IllegalState)
    assert found.legal == ()


@pytest.mark.parametrize(
    ("status", "body", "write", "kind"),
    [
        (204, None, False, errors.NotFound),
        (404, {"detail": "Duplicate"}, True, errors.NotFound),
        (401, None, False, errors.AuthExpired),
        (403, None, True, errors.Forbidden),
        (429, None, True, errors.RateLimited),
        (500, {"detail": "rolled back"}, True, errors.OutcomeUnknown),
        (500, {"detail": "rolled back"}, False, errors.Unavailable),
        (400, None, True, errors.Invalid),
        (400, ["no document"], True, errors.Invalid),
        (400, {"o:errorDetails": "no list"}, True, errors.Invalid),
    ],
)
def test_a_status_of_ohip_that_says_enough(
    status: int, body: Any, write: bool, kind: type[errors.HotelError]
) -> None:
    assert type(ohip.classify(Answer(status, {}, body), write)) is kind


@pytest.mark.parametrize("status", [200, 201, 202])
def test_what_ohip_does_not_refuse_is_good(status: int) -> None:
    assert ohip.classify(Answer(status, {}, {}), True) is None
    assert ohip.classify(Answer(204, {}, None), True) is None, "written, and nothing to show"


@pytest.mark.parametrize(
    ("said", "status", "kind"),
    [
        ("No availability for room type TWN on 2027-09-01 → 2027-09-03", 400,
         errors.NoAvailability),
        ("No availability for room type TWN on 2027-09-01 → 2027-09-03", 409,
         errors.NoAvailability),
        ("Cannot modify reservation in 'checked_out' status", 400, errors.IllegalState),
        ("Cannot set inventory on a released block", 400, errors.BlockNotOpen),
        ("Cannot set inventory on a cancelled block", 400, errors.BlockNotOpen),
        ("Block is already released", 400, errors.BlockNotOpen),
        ("roomsAllotted cannot be below rooms already picked up (2)", 400, errors.Conflict),
        ("Guest is already on this reservation", 409, errors.Conflict),
        ("Reservation 12 not found", 400, errors.NotFound),
        ("Nothing here", 404, errors.NotFound),
        (["roomTypeId must be a UUID", "adults must be a number"], 400, errors.Invalid),
    ],
)  # fmt: skip
def test_a_refusal_of_haip_is_told_apart_by_its_body(
    said: Any, status: int, kind: type[errors.HotelError]
) -> None:
    """Beside those that were recorded (`test_recordings.py`)."""
    assert type(haip.classify(Answer(status, {}, {"message": said}), True)) is kind


def test_what_haip_lacks_and_what_it_allows_is_read_from_its_words() -> None:
    over = haip.meaning("Over-allotment: 20 rooms requested for 2027-09-01 exceeds … (15)")
    assert isinstance(over, errors.NoAvailability)
    assert over.nights == (errors.Short(date(2027, 9, 1), "", 15),)
    none = haip.meaning("No availability for room type TWN on 2027-09-01")
    assert isinstance(none, errors.NoAvailability)
    assert none.nights == (errors.Short(None, "TWN", 0),)
    moved = haip.meaning(
        "Invalid status transition: no_show → cancelled. Valid transitions from 'no_show': none"
    )
    assert isinstance(moved, errors.IllegalState)
    assert (moved.state, moved.wanted, moved.legal) == ("no_show", "cancelled", ())
