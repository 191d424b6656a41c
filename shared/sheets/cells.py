"""Single cells: what is in one that came back. What we write in one: `shared.chassis.cells`.

Must not: know a column.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from shared.chassis.cells import MAX_TEXT, safe
from shared.sheets.dates import Raw

_ROOM_NUMBER = re.compile(
    r"(?:room|rm|no|房号|房间|第)?[.:#\s]*([0-9a-z][0-9a-z-]{0,11})(?:号?房间?|号|室)?"
)


def unquoted(text: str) -> str:
    """What `safe` was given, as it comes back."""
    return text[1:] if text.startswith("'") and safe(text[1:]) == text else text


def text_in(raw: Raw) -> str:
    """The text of a cell; whole numbers without a fraction, dates as ISO."""
    if raw is None:
        return ""
    if isinstance(raw, bool):
        return "true" if raw else "false"
    if isinstance(raw, float):
        return str(int(raw)) if raw.is_integer() and abs(raw) < 1e15 else str(raw)
    if isinstance(raw, datetime | date):
        return raw.isoformat()
    return unquoted(str(raw)[:MAX_TEXT].replace("\xa0", " ").strip(" \t\r\n\u3000\ufeff"))


def room_number_in(raw: Raw) -> str | None:
    """A room number, `８１２房` as `812`; None when the text is none. Letters are upper case."""
    text = unicodedata.normalize("NFKC", text_in(raw)).strip().casefold()
    match = _ROOM_NUMBER.fullmatch(text)
    return match[1].upper() if match else None
