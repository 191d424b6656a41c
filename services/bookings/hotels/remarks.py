"""What a hotel remarked while it accepted a write: from the adapter's answer to whoever asked.

Owns: that a warning stands on the view that is read back after its write, and on no other.
Must not: keep a hotel's text, which may name somebody; its code alone is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from services.bookings.hotels.model import Remark

CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,19}")
MOST = 20
"""Warnings of one write."""
_heard: ContextVar[list[Remark] | None] = ContextVar("heard", default=None)


@contextmanager
def hearing() -> Iterator[list[Remark]]:
    """What is remarked in here, by calls of the same task."""
    heard: list[Remark] = []
    token = _heard.set(heard)
    try:
        yield heard
    finally:
        _heard.reset(token)


def warned(code: str) -> None:
    """A write was accepted with a warning. What is no code becomes an empty one."""
    heard, remark = _heard.get(), Remark("warning", code if CODE.fullmatch(code) else "")
    if heard is not None and remark not in heard and len(heard) < MOST:
        heard.append(remark)
