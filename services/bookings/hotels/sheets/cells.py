"""Single cells: what we write so that no program takes it for a formula, and what is in one.

Must not: know a column.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from services.bookings.hotels.sheets.dates import Raw

MAX_TEXT = 500
"""Characters of one cell that are read or written."""
_FORMULA = "=+-@\t\r\n"
_BLANKS = " \u3000\xa0"
_ROOM_NUMBER = re.compile(
    r"(?:room|rm|no|房号|房间|第)?[.:#\s]*([0-9a-z][0-9a-z-]{0,11})(?:号?房间?|号|室)?"
)


def safe(text: str) -> str:
    """Text that no spreadsheet program runs: a quote before whatever could start a formula.

    Full-width signs count too: some programs take them for the plain ones.
    """
    clean = "".join(one for one in text if one in "\n\t" or _printable(one))[:MAX_TEXT]
    first = unicodedata.normalize("NFKC", clean.lstrip(_BLANKS)[:1])[:1] or clean[:1]
    return f"'{clean}" if first and first in _FORMULA else clean


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


def _printable(one: str) -> bool:
    point = ord(one)
    return (
        point >= 32
        and not 0x7F <= point < 0xA0
        and not 0xD800 <= point < 0xE000
        and (point not in (0xFFFE, 0xFFFF))
    )
