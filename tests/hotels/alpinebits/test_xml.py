"""Hostile and broken XML is refused without harm; the standard's own samples are read."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.hotels.alpinebits import xml
from services.bookings.hotels.alpinebits.freerooms import read_notice
from services.bookings.hotels.alpinebits.handshake import abilities
from services.bookings.hotels.alpinebits.reports import read_question, read_report
from services.bookings.hotels.alpinebits.words import read_words
from services.bookings.hotels.alpinebits.xml import Unacceptable
from tests.hotels.alpinebits.world import SAMPLES, document, ping, read, report, sample, word

EVERY = sorted(SAMPLES.glob("*.xml"))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)
def test_samples_of_the_standard_fit(path: Path) -> None:
    root = xml.read(path.read_bytes())
    assert xml.write(root).startswith(b"<?xml")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "document type"),
        (b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd"><a/>', "document type"),
        ('<?xml version="1.0" encoding="UTF-16"?><!DOCTYPE a><a/>'.encode("utf-16"), "not UTF-8"),
        (b"<a>" * 31 + b"<a/>" + b"</a>" * 31, None),
        (b"<a>" * 32 + b"<a/>" + b"</a>" * 32, "nested"),
        (b"<a>" * 5_000 + b"</a>" * 5_000, "not well-formed"),
        (b"<a>" + b"<b/>" * xml.MAX_TAGS + b"</a>", "tags"),
        (b" " * (xml.MAX_BYTES + 1), "longer"),
        (b"<a>&b;</a>", "not well-formed"),
        (b"<a></b>", "not well-formed"),
        (b"", "not well-formed"),
        (b"<a>\x00</a>", "not well-formed"),
        (b'<a b="\xff"/>', "not UTF-8"),
    ],
)
def test_hostile_documents_are_refused(body: bytes, reason: str | None) -> None:
    if reason is None:
        assert xml.parse(body).tag == "a"
        return
    with pytest.raises(Unacceptable, match=reason):
        xml.parse(body)


def test_a_comment_is_no_child_and_a_place_elsewhere_is_never_asked() -> None:
    inside = '<!-- one --><EchoData>{"versions":[]}</EchoData>'
    body = document("OTA_PingRQ", inside).replace(
        b"<OTA_PingRQ ",
        b'<OTA_PingRQ xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        b'xsi:schemaLocation="http://www.opentravel.org/OTA/2003/05 http://127.0.0.1:9/x.xsd" ',
    )
    assert len(xml.read(body)) == 1


def test_what_does_not_fit_is_named_by_rule_and_never_by_value() -> None:
    with pytest.raises(Unacceptable) as raised:
        xml.read(read(code="WANG-MING-OF-ROOM-812"))
    assert "line 1: maxlength_valid" in raised.value.reason
    assert "WANG" not in raised.value.reason


@pytest.mark.parametrize("spoilt", ["Version", "HotelCode", "Inventories", "Count="])
def test_a_sample_without_what_it_needs_is_refused(spoilt: str) -> None:
    body = sample("FreeRooms-OTA_HotelInvCountNotifRQ").replace(
        spoilt.encode(), b"No" + spoilt.encode()
    )
    with pytest.raises(Unacceptable, match="does not fit"):
        xml.read(body)


SOUND = [
    sample("FreeRooms-OTA_HotelInvCountNotifRQ-closing_seasons"),
    ping(),
    read(start="2027-09-01T00:00:00Z"),
    report("order-1", ended=["order-2"], refused=["order-3"]),
    word("Modify", "order-1", line="DOUBLE 2027-09-14 2027-09-16"),
]


def understand(body: bytes) -> None:
    root = xml.read(body)
    match xml.name_of(root):
        case "OTA_HotelInvCountNotifRQ":
            read_notice(root)
        case "OTA_ReadRQ":
            read_question(root)
        case "OTA_NotifReportRQ":
            read_report(root)
        case "OTA_HotelResNotifRQ":
            read_words(root)
        case "OTA_PingRQ":
            abilities("".join(root.itertext()))


@given(st.sampled_from(SOUND), st.data())
def test_a_spoilt_message_is_read_or_refused_and_nothing_else(
    body: bytes, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(body)))
    stop = data.draw(st.integers(start, min(len(body), start + 12)))
    piece = data.draw(st.one_of(st.binary(max_size=8), st.sampled_from(
        [b"9999-99-99", b"0000-01-01", b"2027-02-29", b"-1", b"9" * 21, b"&#0;", b"Z",
         b"<", b'"', b"true", "明".encode(), b"2027-09-14+14:00", b"24:00:00"])))  # fmt: skip
    with suppress(Unacceptable):
        understand(body[:start] + piece + body[stop:])


@given(st.one_of(st.text(), st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["versions", "version", "actions", "action", "supports"]), inner),
    max_leaves=12)))  # fmt: skip
def test_any_handshake_is_read_or_refused(told: object) -> None:
    for text in (str(told), json.dumps(told)):
        with suppress(Unacceptable):
            abilities(text)
