"""Certificates for a deployment, and PostgreSQL's way into TLS, for a server built without it."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import trustme

SSL_REQUEST = bytes.fromhex("0000000804d2162f")


def issue(authority: trustme.CA, folder: Path, name: str) -> Path:
    """What a server finds: its certificate for `name`, the key to it, and who signs."""
    made = authority.issue_cert(name)
    made.private_key_pem.write_to_path(folder / "nats_key")
    (folder / "nats_certificate").write_bytes(b"".join(c.bytes() for c in made.cert_chain_pems))
    authority.cert_pem.write_to_path(folder / "nats_authority")
    return folder


@asynccontextmanager
async def tls_door(server_port: int, certificate: Path, key: Path) -> AsyncIterator[int]:
    """Answers a client's request for TLS with a yes, takes TLS off, and passes on what is inside.

    Yields the port of the door.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            assert await reader.readexactly(len(SSL_REQUEST)) == SSL_REQUEST
            writer.write(b"S")
            await writer.start_tls(context)
            inner, outer = await asyncio.open_connection("127.0.0.1", server_port)
            await asyncio.gather(_carry(reader, outer), _carry(inner, writer))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield int(server.sockets[0].getsockname()[1])


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await source.read(65_536):
            target.write(some)
            await target.drain()
    target.close()
