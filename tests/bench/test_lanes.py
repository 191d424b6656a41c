"""A lane keeps its connection, sees what it was told, and is made anew after a break."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from bench.lanes import NONE, Lane


class Server:
    """Answers in turn what it was told to; `None` breaks the connection, "" stays silent."""

    def __init__(self) -> None:
        self.answers: list[str | None] = []
        self.heard: list[str] = []
        self.connections = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        while head := await reader.readuntil(b"\r\n\r\n"):
            text = head.decode()
            size = int(text.lower().partition("content-length: ")[2].split("\r\n")[0])
            self.heard.append(text + (await reader.readexactly(size)).decode())
            answer = self.answers.pop(0)
            if answer is None:
                break
            writer.write(answer.encode())
        writer.close()


@pytest.fixture
async def place() -> AsyncIterator[tuple[Server, Lane]]:
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    lane = Lane(f"http://127.0.0.1:{port}", {"Authorization": "Bearer x"}, 5.0)
    yield server, lane
    lane.close()
    listening.close()


OK = "HTTP/1.1 201 Created\r\nContent-Length: 2\r\n\r\n{}"
BUSY = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\ncontent-length: 0\r\n\r\n"


async def test_requests_follow_each_other_on_one_connection(place: tuple[Server, Lane]) -> None:
    server, lane = place
    server.answers = [OK, BUSY]
    first = await lane.post("/v1/visits", "k1", b"body")
    second = await lane.post("/v1/visits", "k2", b"other")
    assert (first.status, first.body) == (201, b"{}")
    assert (second.status, second.headers["retry-after"]) == (503, "1")
    assert server.connections == 1
    assert server.heard[0].startswith("POST /v1/visits HTTP/1.1\r\n")
    assert "Authorization: Bearer x" in server.heard[0] and server.heard[0].endswith("body")
    assert "Idempotency-Key: k2" in server.heard[1] and server.heard[1].endswith("other")


async def test_a_broken_connection_is_no_answer_and_the_next_request_makes_a_new_one(
    place: tuple[Server, Lane],
) -> None:
    server, lane = place
    server.answers = [None, OK]
    assert await lane.post("/", "k", b"") == NONE
    assert (await lane.post("/", "k", b"")).status == 201
    assert server.connections == 2


async def test_a_kept_connection_that_was_closed_meanwhile_is_made_anew_once(
    place: tuple[Server, Lane],
) -> None:
    server, lane = place
    server.answers = [OK, None, OK, None, None]
    assert (await lane.post("/", "k1", b"")).status == 201
    assert (await lane.post("/", "k2", b"")).status == 201
    assert [head.count("k2") for head in server.heard] == [0, 1, 1]
    assert await lane.post("/", "k3", b"") == NONE
    assert server.connections == 3 and not server.answers


async def test_silence_is_no_answer(place: tuple[Server, Lane]) -> None:
    server, lane = place
    lane._within_s = 0.05
    server.answers = [""]
    assert await lane.post("/", "k", b"") == NONE
