"""Letters as .eml files in a folder, for machines without a mail server.

Must not: leave half a file: a letter appears whole or not at all.
"""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from services.notifications.channels.mime import bytes_of
from services.notifications.channels.port import Letter, Unavailable


class Folder:
    """One file per letter; the same letter again replaces its own file."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def send(self, letter: Letter) -> None:
        """Write the file. Raises Rejected or Unavailable."""
        body = bytes_of(letter)
        try:
            await asyncio.to_thread(self._write, self._path(letter), body)
        except OSError as error:
            raise Unavailable(f"the folder of letters: {error.strerror}") from error

    def _path(self, letter: Letter) -> Path:
        made = letter.created_at.strftime("%Y%m%dT%H%M%SZ")
        return self._folder / f"{made}-{letter.recipient}-{letter.kind}-{letter.id}.eml"

    def _write(self, path: Path, body: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_suffix(".part")
        # Letters have addresses in them: nobody else on the machine reads them.
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(body)
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
