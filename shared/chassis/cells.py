"""Text for a cell of a spreadsheet, so that no program takes it for a formula.

Must not: know what the text is.
"""

from __future__ import annotations

import unicodedata

MAX_TEXT = 500
"""Characters of one cell that are read or written."""
_FORMULA = "=+-@\t\r\n"
_BLANKS = " \u3000\xa0"


def safe(text: str) -> str:
    """Text that no spreadsheet program runs: a quote before whatever could start a formula.

    Full-width signs count too: some programs take them for the plain ones.
    """
    clean = "".join(one for one in text if one in "\n\t" or _printable(one))[:MAX_TEXT]
    first = unicodedata.normalize("NFKC", clean.lstrip(_BLANKS)[:1])[:1] or clean[:1]
    return f"'{clean}" if first and first in _FORMULA else clean


def _printable(one: str) -> bool:
    point = ord(one)
    return (
        point >= 32
        and not 0x7F <= point < 0xA0
        and not 0xD800 <= point < 0xE000
        and (point not in (0xFFFE, 0xFFFF))
    )
