"""The WebSocket of a stream: the library's, with our bounds and errors, against a server that
answers as it is told."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from pathlib import Path

import httpx
import pytest
import trustme
from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response
from websockets.typing import Subprotocol

from services.bookings.hotels.errors import Unavailable
from services.bookings.hotels.ohip import socket
from services.bookings.hotels.ohip.socket import BROKEN, MESSAGE_BYTES, Gone, Socket, opened
from tests.support.ports import free_port

PROTOCOL = "graphql-transport-ws"
Says = Callable[[ServerConnection], Awaitable[object]]


async def connected(url: str) -> Socket:
    async with httpx.AsyncClient(base_url=url, trust_env=False) as client:
        return await opened(client, "subscriptions", PROTOCOL, key="k1")


@asynccontextmanager
async def server(
    says: Says, status: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[tuple[str, list[str]]]:
    """Its address, and the paths that it was asked for; with a status it refuses."""
    asked: list[str] = []

    async def answered(line: ServerConnection, request: Request) -> Response | None:
        asked.append(request.path)
        if not status or request.path == "/elsewhere":
            return None
        answer = line.respond(HTTPStatus(status), "")
        answer.headers["location"] = "/elsewhere"
        return answer

    async with serve(
        says, "127.0.0.1", 0, process_request=answered, ssl=tls, close_timeout=0.1,
        subprotocols=[Subprotocol(PROTOCOL)],
    ) as one:  # fmt: skip
        port = next(iter(one.sockets)).getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/ws", asked


async def echo(line: ServerConnection) -> None:
    async for said in line:
        await line.send(said)


async def test_it_says_hears_and_waits() -> None:
    async with server(echo) as (url, asked):
        line = await connected(url)
        await line.send("a word")
        assert await line.receive(60) == "a word" and await line.receive(0.01) is None
        await line.send("x" * MESSAGE_BYTES)
        assert await line.receive(60) == "x" * MESSAGE_BYTES
        assert asked == ["/ws/subscriptions?key=k1"]
        await line.close()
        with pytest.raises(Gone):
            await line.send("after the end")


@pytest.mark.parametrize("status", [401, 429, 302, 503])
async def test_a_refusal_is_its_status_and_no_redirect_is_followed(status: int) -> None:
    async with server(echo, status) as (url, asked):
        with pytest.raises(Gone) as gone:
            await connected(url)
        assert gone.value.code == status and len(asked) == 1


async def too_long(line: ServerConnection) -> None:
    await line.send("x" * (MESSAGE_BYTES + 1))


async def in_parts_too_long(line: ServerConnection) -> None:
    await line.send(["x" * (MESSAGE_BYTES // 2)] * 3)


async def cut(line: ServerConnection) -> None:
    line.transport.abort()


@pytest.mark.parametrize(
    ("says", "code"),
    [
        (lambda line: line.close(4409), 4409), (lambda line: line.close(1000), 1000),
        (cut, BROKEN), (too_long, BROKEN), (in_parts_too_long, BROKEN),
    ],
)  # fmt: skip
async def test_an_end_says_why(says: Says, code: int) -> None:
    async with server(says) as (url, _asked):
        line = await connected(url)
        with pytest.raises(Gone) as gone:
            await line.receive(60)
        assert gone.value.code == code
        await line.close()


async def deaf(line: ServerConnection) -> None:
    line.transport.pause_reading()  # type: ignore[attr-defined]
    await line.wait_closed()


async def test_who_does_not_read_is_let_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "WRITE_S", 0.05)
    async with server(deaf) as (url, _asked):
        line = await connected(url)
        with pytest.raises(Gone) as gone:
            for _one in range(1_000):
                await line.send("x" * MESSAGE_BYTES)
        assert gone.value.code == BROKEN
        await line.close()


async def test_nobody_there_and_a_proxy_that_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unavailable):
        await connected(f"http://127.0.0.1:{free_port()}")
    async with server(echo) as (url, asked):
        monkeypatch.setenv("no_proxy", "")
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{free_port()}")
        with pytest.raises(Unavailable):
            await connected(url)
        monkeypatch.setenv("http_proxy", "gopher://127.0.0.1")
        with pytest.raises(ValueError, match="proxy"):
            await connected(url)
        assert asked == []


async def test_only_who_can_prove_it_is_the_hotel(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    async with server(echo, tls=context) as (url, asked):
        with pytest.raises(Unavailable, match="SSLCertVerificationError"):
            await connected(url)
        assert asked == []
        authority.cert_pem.write_to_path(tmp_path / "ca")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca"))
        line = await connected(url)
        await line.send("hello")
        assert await line.receive(60) == "hello"
        await line.close()
