"""The signed link opens one order of one hotel until it expires or is revoked."""

from __future__ import annotations

import base64
import json
import secrets
import string
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.bookings.hotels.sheets.link import (
    Grant,
    LinkRefused,
    Refused,
    check,
    issue,
    read_keys,
)

KEYS = (secrets.token_bytes(32), secrets.token_bytes(32))
NOW = datetime(2026, 11, 1, 8, tzinfo=UTC)
GRANT = Grant("crane", "order-7", NOW + timedelta(days=3), 2)
TOKEN = issue(KEYS, GRANT)


def opened(
    token: str, keys: tuple[bytes, ...] = KEYS, now: datetime = NOW, generation: int = 2
) -> Grant:
    return check(keys, token, now, lambda hotel, order: generation)


def why(
    token: str, keys: tuple[bytes, ...] = KEYS, now: datetime = NOW, generation: int | None = 2
) -> Refused:
    with pytest.raises(LinkRefused) as raised:
        check(keys, token, now, lambda hotel, order: generation)
    return raised.value.why


def test_a_token_opens_what_it_was_made_for() -> None:
    assert opened(TOKEN) == GRANT
    assert opened(TOKEN, now=NOW + timedelta(days=3, seconds=-1)) == GRANT


def test_it_ends_by_time_and_by_generation() -> None:
    assert why(TOKEN, now=GRANT.expires_at) is Refused.EXPIRED
    assert why(TOKEN, generation=3) is Refused.REVOKED
    assert why(TOKEN, generation=1) is Refused.REVOKED
    assert why(TOKEN, generation=None) is Refused.REVOKED


def test_the_generation_asked_for_is_that_of_hotel_and_order() -> None:
    asked: list[tuple[str, str]] = []

    def generation(hotel: str, order: str) -> int:
        asked.append((hotel, order))
        return 2

    check(KEYS, TOKEN, NOW, generation)
    assert asked == [("crane", "order-7")]


def test_a_replaced_key_opens_links_that_are_out_until_it_is_gone() -> None:
    new = secrets.token_bytes(32)
    assert opened(TOKEN, (new, KEYS[0])) == GRANT
    assert why(TOKEN, (new,)) is Refused.FORGED
    assert why(TOKEN, (KEYS[1],)) is Refused.FORGED


def test_every_changed_character_is_noticed_before_anything_is_asked() -> None:
    def never(hotel: str, order: str) -> int:
        raise AssertionError("asked about a forged token")

    for place, was in enumerate(TOKEN):
        # Some bits of the last character of a part carry nothing; they have to be right too.
        last = TOKEN[place + 1 : place + 2] in ("", ".")
        for now in string.ascii_letters + string.digits + "-_.=" if last else "Ax.=":
            if now == was:
                continue
            with pytest.raises(LinkRefused, match="forged"):
                check(KEYS, TOKEN[:place] + now + TOKEN[place + 1 :], NOW, never)


def test_a_longer_life_cannot_be_written_in() -> None:
    body, _, signature = TOKEN.partition(".")
    told = json.loads(base64.urlsafe_b64decode(body + "=="))
    told[2] += 86_400
    more = base64.urlsafe_b64encode(json.dumps(told).encode()).rstrip(b"=").decode()
    assert why(f"{more}.{signature}") is Refused.FORGED


WRAPPED = st.binary(max_size=60).map(lambda body: base64.urlsafe_b64encode(body).decode() + ".")


@given(st.text(max_size=80) | st.text("abcAZ09-_.=", max_size=80) | WRAPPED)
def test_rubbish_is_forged(token: str) -> None:
    assert why(token) is Refused.FORGED
    if token:
        assert why(TOKEN + token) is Refused.FORGED


def test_a_token_fits_into_a_link_and_holds_nothing_of_a_person() -> None:
    longest = issue(KEYS, replace(GRANT, hotel="h" * 100, order="o" * 100))
    assert len(longest) <= 600
    assert opened(longest).order == "o" * 100
    assert set(TOKEN) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")
    told = json.loads(base64.urlsafe_b64decode(TOKEN.partition(".")[0] + "=="))
    assert told == ["crane", "order-7", int(GRANT.expires_at.timestamp()), 2]
    for name in ("王明", "a b", "", "x" * 101, "guest@example.org"):
        with pytest.raises(ValueError, match="plain names"):
            issue(KEYS, replace(GRANT, order=name))


def test_keys_come_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hotel_link"
    lines = [base64.b64encode(key).decode() for key in KEYS]
    path.write_text("\n".join(lines) + "\n")
    assert read_keys(path) == KEYS
    for text in ("", "short", base64.b64encode(b"x" * 31).decode(), "\n".join(lines * 2)):
        path.write_text(text)
        with pytest.raises(ValueError, match="hotel_link"):
            read_keys(path)
