"""The audit as a chain: each record is signed together with the signature before it.

Owns: the canonical form of a record and how records hang together.
Must not: store anything. A key of the store signs, so that whoever can write the database but does
not have the master key cannot mend a chain that they have broken.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

FIRST = "0" * 64
"""What the first record hangs on."""


@dataclass(frozen=True, slots=True)
class Link:
    """One record in its place."""

    seq: int
    record: str
    previous: str
    hash: str


@dataclass(frozen=True, slots=True)
class Finding:
    """How far a chain is whole: its last good link, and the first place that is not."""

    checked: int
    head_seq: int
    head_hash: str
    broken_at: int | None = None
    reason: str = ""


def canonical(record: Mapping[str, Any]) -> str:
    """One text for one record: sorted JSON in ASCII without spaces."""
    return json.dumps(record, sort_keys=True, ensure_ascii=True, separators=(",", ":"))


def forge(key: bytes, seq: int, previous: str, record: Mapping[str, Any]) -> Link:
    """The link after `previous`. The record gets its number as `seq`."""
    text = canonical({**record, "seq": seq})
    return Link(seq, text, previous, _sign(key, previous, text))


def check(key: bytes, seq: int, previous: str, links: Iterable[Link]) -> Finding:
    """Whether links follow the link `seq`, which is signed `previous`, and each other."""
    checked = 0
    for link in links:
        reason = _wrong(key, seq, previous, link)
        if reason:
            return Finding(checked, seq, previous, seq + 1, reason)
        checked, seq, previous = checked + 1, link.seq, link.hash
    return Finding(checked, seq, previous)


def _wrong(key: bytes, seq: int, previous: str, link: Link) -> str:
    if link.seq != seq + 1:
        return "the record is missing"
    if link.previous != previous:
        return "the record does not hang on the one before it"
    if not hmac.compare_digest(link.hash, _sign(key, previous, link.record)):
        return "the record was changed"
    if json.loads(link.record).get("seq") != link.seq:
        return "the record stands in another's place"
    return ""


def _sign(key: bytes, previous: str, record: str) -> str:
    return hmac.new(key, f"{previous}\n{record}".encode(), hashlib.sha256).hexdigest()
