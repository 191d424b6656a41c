"""What is published quicker is on the wire, and comes to an end, as the client does it."""

from __future__ import annotations

import asyncio
from typing import Any

import nats
from hypothesis import example, given
from hypothesis import strategies as st
from nats.aio.client import Client
from nats.errors import Error as NatsError

from shared.chassis.bus import stream_configs
from shared.chassis.publishing import QuickJetStream, head_of
from shared.contracts.message import EVENTS
from tests.support.nats import NatsServer

SUBJECT, REPLY = "evt.x.told.v1", "_INBOX.a.1"
USUAL = {"Nats-Msg-Id": "01A~2", "content-type": "application/json", "traceparent": "00-1-2-01"}
names = st.sampled_from([*USUAL, "tracestate", "X-Else", "a b", ""])
values = st.text(st.sampled_from("a1-~ \r\n\t\x00é测"), max_size=6) | st.sampled_from(
    ["01A", "x y"]
)


def unconnected() -> Client:
    """A client that keeps what it would send."""
    client = Client()
    client._status = Client.CONNECTED
    client._max_payload = 100
    return client


async def sent(send: Any, client: Client) -> bytes | str:
    try:
        await send
    except NatsError as error:
        return type(error).__name__
    return b"".join(client._pending)


@given(st.dictionaries(names, values, max_size=4), st.sampled_from([SUBJECT, "evt x", "é", ""]),
       st.sampled_from([0, 100, 101]))  # fmt: skip
@example(USUAL, SUBJECT, 7)
def test_it_writes_what_the_client_writes(headers: dict[str, str], subject: str, size: int) -> None:
    async def both() -> tuple[bytes | str, bytes | str]:
        ours, its, body = unconnected(), unconnected(), b"x" * size
        quick = QuickJetStream(ours)._send(subject, REPLY, body, headers)
        own = its.publish(subject, body, reply=REPLY, headers=headers)
        return await sent(quick, ours), await sent(own, its)

    got, wanted = asyncio.run(both())
    assert got == wanted


def test_what_is_usual_goes_the_quick_way() -> None:
    assert head_of(USUAL) is not None
    assert head_of({**USUAL, "X-Else": "1"}) is None


async def test_each_answer_reaches_who_waits_for_it(nats_server: NatsServer) -> None:
    client = await nats.connect(nats_server.url)
    js = QuickJetStream(client)
    for config in stream_configs(1):
        await js.add_stream(config)
    ids = ["publishing-a", "publishing-b", "publishing-a"]
    stored = [
        await js.publish_async(SUBJECT, b"{}", stream=EVENTS, headers={"Nats-Msg-Id": one})
        for one in ids
    ]
    first, second, again = await asyncio.gather(*stored)
    assert (first.stream, second.seq) == (EVENTS, first.seq + 1)
    assert (again.seq, again.duplicate, first.duplicate) == (first.seq, True, None)
    assert not js._publish_async_futures, "nothing is kept of what is answered"
    await client.close()
