"""WebSocket frames of a client (RFC 6455, sections 4 and 5): bytes to messages and back. Pure.

No WebSocket library is among the requirements; this is what a subscription needs of the protocol.
Extensions are never asked for, so frames that use one are refused.
Must not: do I/O, or draw chance; the caller brings masks and keys.
"""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

CONTINUED, TEXT, CLOSE, PING, PONG = 0x0, 0x1, 0x8, 0x9, 0xA
NO_CODE = 1005
"""A close that says no reason (7.4.1)."""
_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
_FINAL, _EXTENDED, _MASKED, _LENGTH = 0x80, 0x70, 0x80, 0x7F
_SHORT, _LONG = 126, 127
_CONTROL_MOST = 125


class NotWebSocket(ValueError):
    """The other side does not speak as the RFC has it, or says more than was allowed."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame: what it is, whether a message ends with it, and its bytes, unmasked."""

    kind: int
    final: bool
    body: bytes


def accept_of(key: str) -> str:
    """What a server answers to a client's key (4.2.2), so that no cache can."""
    return base64.b64encode(hashlib.sha1(f"{key}{_GUID}".encode()).digest()).decode()  # noqa: S324


def packed(kind: int, body: bytes, mask: bytes) -> bytes:
    """A whole message as a client sends it, masked with four bytes (5.3)."""
    size = len(body)
    if size < _SHORT:
        head = bytes([_FINAL | kind, _MASKED | size])
    elif size < 1 << 16:
        head = bytes([_FINAL | kind, _MASKED | _SHORT]) + size.to_bytes(2)
    else:
        head = bytes([_FINAL | kind, _MASKED | _LONG]) + size.to_bytes(8)
    return head + mask + bytes(one ^ mask[index % 4] for index, one in enumerate(body))


def first_of(data: bytes, most: int) -> tuple[Frame | None, bytes]:
    """The first frame of a server in what has arrived, and the rest; None while it is not whole.

    Raises NotWebSocket, for more than `most` bytes too.
    """
    if len(data) < 2:
        return None, data
    kind, size, start = data[0] & 0x0F, data[1] & _LENGTH, 2
    if data[0] & _EXTENDED or data[1] & _MASKED:
        raise NotWebSocket("a frame that nobody asked for")
    if size >= _SHORT:
        start = 4 if size == _SHORT else 10
        if len(data) < start:
            return None, data
        size = int.from_bytes(data[2:start])
    final = bool(data[0] & _FINAL)
    if kind >= CLOSE and (size > _CONTROL_MOST or not final):
        raise NotWebSocket("a control frame that is too long, or in parts")
    if size > most:
        raise NotWebSocket(f"a frame of {size} bytes")
    if len(data) < start + size:
        return None, data
    return Frame(kind, final, data[start : start + size]), data[start + size :]


def code_of(close: Frame) -> int:
    """Why the other side closes."""
    return int.from_bytes(close.body[:2]) if len(close.body) >= 2 else NO_CODE


def joined(parts: bytes | None, one: Frame, most: int) -> tuple[bytes | None, str | None]:
    """A data frame laid to the parts of a message before it: the parts from now on, and the message
    if it is whole. Raises NotWebSocket."""
    if one.kind not in (CONTINUED, TEXT) or (one.kind == CONTINUED) != (parts is not None):
        raise NotWebSocket(f"a frame of kind {one.kind} out of place")
    whole = (parts or b"") + one.body
    if len(whole) > most:
        raise NotWebSocket(f"a message of more than {most} bytes")
    if not one.final:
        return whole, None
    try:
        return None, whole.decode()
    except UnicodeDecodeError:
        raise NotWebSocket("a message that is not UTF-8") from None
