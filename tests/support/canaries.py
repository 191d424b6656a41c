"""Searching for planted words in everything that a running system keeps, sends or shows."""

from __future__ import annotations

import base64
import io
import json
import zipfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import quote

import httpx
import nats
from nats.js.errors import NotFoundError
from sqlalchemy import MetaData, create_engine, select

from shared.chassis.bus_use import inbox_of
from tests.support.system import System

INBOXES = tuple(f"{inbox_of(name)}." for name in ("console", "bookings"))
"""Of those who may ask the guests service for names."""


@dataclass(frozen=True)
class Hay:
    """One thing that was searched: its kind, where it was, and its bytes."""

    kind: str
    where: str
    content: bytes


def forms_of(word: str) -> set[bytes]:
    """How a word may stand somewhere: as text, escaped, in UTF-16, in base64 at each offset."""
    raw = word.encode()
    found = {raw, json.dumps(word)[1:-1].encode(), quote(word).encode(), word.encode("utf-16-le")}
    found.add(repr(raw)[2:-1].encode())
    for offset in range(3):
        coded = base64.b64encode(b"\x00" * offset + raw)
        # The first and last letters depend on what stands beside.
        found.add(coded[-(-offset * 8 // 6) : len(coded) - 4])
    return {one.lower() for one in found if len(one) > 5}


def search(words: Iterable[str], hay: Iterable[Hay]) -> set[tuple[str, str, str]]:
    """Word, kind and place of everything found; case does not matter."""
    wanted = {word: forms_of(word) for word in words}
    return {
        (word, one.kind, one.where)
        for one in hay
        for lowered in [one.content.lower()]
        for word, forms in wanted.items()
        if any(form in lowered for form in forms)
    }


async def streams(url: str) -> list[Hay]:
    """Each message of each stream: subject, headers and body."""
    client = await nats.connect(url)
    js = client.jetstream()
    found: list[Hay] = []
    for info in await js.streams_info():
        name = str(info.config.name)
        for seq in range(max(1, info.state.first_seq), info.state.last_seq + 1):
            try:
                one = await js.get_msg(name, seq)
            except NotFoundError:
                continue  # done and gone from the work queue
            head = f"{one.subject} {one.headers}".encode()
            found.append(Hay("stream", f"{name} {one.subject}", head + (one.data or b"")))
    await client.close()
    return found


class Wire:
    """Hears what is published while it listens, but for the questions to the guests service."""

    def __init__(self, client: nats.NATS) -> None:
        self._client = client
        self.heard: list[Hay] = []

    @classmethod
    async def tapped(cls, url: str) -> Wire:
        wire = cls(await nats.connect(url))

        async def hear(message: nats.aio.msg.Msg) -> None:
            # The answers to who asked, at an inbox that nobody else may listen to.
            if not message.subject.startswith(("qry.guests.", *INBOXES)):
                content = f"{message.headers}".encode() + message.data
                wire.heard.append(Hay("wire", message.subject, content))

        await wire._client.subscribe(">", cb=hear)
        await wire._client.flush()
        return wire

    async def close(self) -> None:
        await self._client.close()


def files(kind: str, folder: Path, *patterns: str) -> Iterator[Hay]:
    """Files as they lie there."""
    for pattern in patterns:
        for path in sorted(folder.glob(pattern)):
            if path.is_file():
                yield Hay(kind, path.name, path.read_bytes())


def tables(service: str, url: str) -> Iterator[Hay]:
    """Every row of every table of a store."""
    engine = create_engine(url)
    known = MetaData()
    with engine.connect() as connection:
        known.reflect(connection)
        for table in known.sorted_tables:
            for row in connection.execute(select(table)):
                cells = [bytes(c) if isinstance(c, memoryview) else c for c in row]
                kind = "own store" if service == "guests" else "foreign store"
                yield Hay(kind, f"{service}: {table.name}", repr(cells).encode())
    engine.dispose()


def shown(
    system: System, console: str, paths: Iterable[str], headers: dict[str, str]
) -> Iterator[Hay]:
    """Metrics of every process, and pages of the console."""
    for replica in system.replicas:
        address = f"http://127.0.0.1:{replica.port}/metrics"
        yield Hay("metrics", replica.service, httpx.get(address, timeout=60).content)
    for path in paths:
        found = httpx.get(f"{console}{path}", headers=headers, timeout=60)
        assert found.status_code == 200, f"{path}: {found.text}"
        yield Hay("page", path, found.content)


def letters(some: Iterable[EmailMessage]) -> Iterator[Hay]:
    """Letters as they were read by who got them."""
    for one in some:
        texts = [_unpacked(part.get_content()) for part in one.walk() if not part.is_multipart()]
        content = f"{one.items()} {texts}".encode()
        yield Hay("letter", str(one["Message-ID"]), content)


def _unpacked(content: str | bytes) -> str | list[str]:
    """What a file says: the parts of a workbook are packed, and nothing would be found in it."""
    if isinstance(content, str):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        return [book.read(name).decode() for name in book.namelist()]
