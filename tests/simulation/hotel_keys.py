"""What letters to hotels are signed and made with in the simulation.

Must not: hold a key that is used anywhere else.
"""

from __future__ import annotations

import tempfile
from base64 import b64encode
from functools import cache
from pathlib import Path
from typing import Any

from services.bookings.by_hand.telling import Post
from services.bookings.hotels.sheets.link import KEY_BYTES
from shared.holds.stock import Stock
from tests.simulation.hotels import ROOMS


def post(stock: Stock) -> Post:
    """What letters are made with."""
    keys = Path(_keys().name)
    return Post(keys, "https://visits.example.org", dict.fromkeys(ROOMS, "Asia/Shanghai"), stock)


@cache
def _keys() -> Any:
    """A file with a key; gone with this process."""
    file = tempfile.NamedTemporaryFile("w", suffix=".keys")  # noqa: SIM115
    file.write(b64encode(bytes(KEY_BYTES)).decode())
    file.flush()
    return file
