"""The workbook that a letter to a hotel carries, made when the letter is about to leave.

It takes too long for the transaction in which a letter is written, and for the loop.
Must not: hold a letter back: what cannot be attached is on the page behind the letter's link.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from services.notifications.channels.port import Letter, Workbook
from shared.contracts.hotel_desk import MAX_SHEET
from shared.sheets.rooms import RoomsOrder, file_name, workbook_of

log = structlog.get_logger(__name__)


def with_workbook(letter: Letter) -> Letter:
    """The letter with the workbook of its order. The same letter again gets the same bytes."""
    if letter.rooms is None:
        return letter
    try:
        made = _workbook(letter.rooms)
    except Exception as error:
        log.error("workbook_not_made", notice=letter.id, error=repr(error)[:300])
        return letter
    return replace(letter, workbook=made)


def _workbook(order: RoomsOrder) -> Workbook:
    """Raises ValueError for one that the page would not take back."""
    content = workbook_of(order)
    if len(content) > MAX_SHEET:
        raise ValueError(f"{len(content)} bytes, at most {MAX_SHEET} are read")
    return Workbook(file_name(order.order, order.version), content)
