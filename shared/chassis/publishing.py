"""The client's JetStream, quicker at publishing: what it does for each message, done once.

Its own way takes a message's headers apart and cleans them, checks subjects that follow from our
classes, draws random bytes and reads the answer into a class by its annotations. What is not plain
goes that way still, and so does everything while there is no connection.

Must not: send anything the client would not send, or in another form.
"""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from nats.aio.msg import Msg
from nats.js import JetStreamContext
from nats.js.api import Header, PubAck

PLAIN = frozenset(
    ("Nats-Msg-Id", "content-type", "traceparent", "tracestate", Header.EXPECTED_STREAM.value)
)
"""Headers of the relay. Others are looked at by the client."""


def head_of(headers: dict[str, Any]) -> bytes | None:
    """The header block as the client writes it; None where it would change or refuse something."""
    if not headers or not PLAIN.issuperset(headers):
        return None
    for value in headers.values():
        if not _is_plain(value) or value != value.strip():
            return None
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"NATS/1.0\r\n{lines}\r\n".encode("ascii")


def _is_plain(text: str) -> bool:
    """Nothing in it ends a line."""
    return text.isascii() and text.isprintable()


class QuickJetStream(JetStreamContext):
    """Publishes with `publish_async`; for all else it is the client's."""

    _numbered = 0
    """Requests so far: a number tells them apart."""

    async def publish_async(
        self,
        subject: str,
        payload: bytes = b"",
        wait_stall: float | None = None,
        stream: str | None = None,
        headers: dict[str, Any] | None = None,
        msg_ttl: float | None = None,
    ) -> asyncio.Future[PubAck]:
        """As the client does it, but without a bound on those that wait, which the relay has
        itself. `wait_stall` and `msg_ttl` are not looked at."""
        if not self._async_reply_prefix:
            await self._init_async_reply()
        prefix: Any = self._async_reply_prefix
        self._numbered += 1
        token = str(self._numbered)
        answered: asyncio.Future[PubAck] = asyncio.get_running_loop().create_future()
        waiting = self._publish_async_futures
        waiting[token] = answered
        answered.add_done_callback(lambda _answered: waiting.pop(token, None))
        told = dict(headers or {})
        if stream:
            told[Header.EXPECTED_STREAM.value] = stream
        await self._send(subject, f"{prefix.decode()}{token}", payload, told)
        return answered

    async def _send(
        self, subject: str, reply: str, payload: bytes, headers: dict[str, Any]
    ) -> None:
        client, head = self._nc, head_of(headers)
        ready = client.is_connected and len(payload) <= client.max_payload
        if head is None or not (ready and subject and _is_plain(subject) and " " not in subject):
            await client.publish(subject, payload, reply=reply, headers=headers)
            return
        size = len(head) + len(payload)
        line = f"HPUB {subject} {reply} {len(head)} {size}\r\n".encode()
        client.stats["out_msgs"] += 1
        client.stats["out_bytes"] += len(payload)
        await client._send_command(b"".join((line, head, payload, b"\r\n")))
        if client._flush_queue is not None and client._flush_queue.empty():
            await client._flush_pending()

    async def _handle_async_reply(self, msg: Msg) -> None:
        told = None if msg.headers else orjson.loads(msg.data)
        if isinstance(told, dict) and _NEEDED <= told.keys() <= _KNOWN:
            waits = self._publish_async_futures.get(msg.subject.rpartition(".")[2])
            if waits is not None and not waits.done():
                waits.set_result(PubAck(**told))
            return
        await super()._handle_async_reply(msg)


_NEEDED = frozenset(("stream", "seq"))
_KNOWN = _NEEDED | {"domain", "duplicate"}
"""What an answer says of a message that was stored; of others the client knows more."""
