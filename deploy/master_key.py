"""The keys of a local system: made once, beside its data, readable by their owner alone.

Must not: replace a key, or make one where data may be sealed under a key that was lost.
"""

from __future__ import annotations

import os
from base64 import b64encode
from pathlib import Path

KEY_BYTES = 32


def master_key(folder: Path) -> Path:
    """The file of the master key in `folder`; made when neither it nor a store of guests is there.

    Where there is a store and no key the file is left missing: the guests service says so.
    """
    path = folder / "guests.key"
    if not (folder / "guests.db").exists():
        _make(path)
    return path


def hotel_link_key(folder: Path) -> Path:
    """The file of the key that signs links to hotels that answer by hand; made when it is not
    there. Links that were signed with one that was lost open nothing any more."""
    path = folder / "hotel_links.key"
    _make(path)
    return path


def _make(path: Path) -> None:
    if path.exists():
        return
    unfinished = path.with_name(f"{path.name}.{os.getpid()}")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)
