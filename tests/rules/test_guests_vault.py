"""Sealing and the chain: round trips, and every tampering that is noticed."""

from __future__ import annotations

import base64
import os
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.guests.chain import FIRST, Finding, Link, check, forge
from services.guests.vault import DamagedError, MasterKey, MasterKeyError, Sealed, Vault, blind
from tests.rules.guest_case import master, vault

VAULT = vault()
KEY = os.urandom(32)


@given(about=st.text(max_size=40), content=st.binary(max_size=300))
def test_what_is_sealed_opens_again(about: str, content: bytes) -> None:
    about = about.encode("utf-8", "ignore").decode()
    sealed = VAULT.seal(about, content)
    assert VAULT.open(about, sealed) == content
    assert len(content) < 8 or content not in sealed.content


def test_each_sealing_has_a_key_of_its_own() -> None:
    one, two = VAULT.seal("a", b"same"), VAULT.seal("a", b"same")
    assert one.content != two.content
    assert VAULT.unwrap("a", one.key_id, one.wrapped) != VAULT.unwrap("a", two.key_id, two.wrapped)


@given(data=st.data())
def test_every_changed_bit_is_noticed(data: st.DataObject) -> None:
    sealed = VAULT.seal("visit\nguest", b"content of a guest")
    part = data.draw(st.sampled_from(["wrapped", "content"]))
    spoilt = bytearray(getattr(sealed, part))
    spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(DamagedError):
        VAULT.open("visit\nguest", replace(sealed, **{part: bytes(spoilt)}))


@pytest.mark.parametrize("length", [0, 5, 12, 20])
def test_what_is_cut_short_is_noticed(length: int) -> None:
    sealed = VAULT.seal("a", b"content")
    with pytest.raises(DamagedError):
        VAULT.open("a", replace(sealed, content=sealed.content[:length]))


def test_nobody_opens_under_another_name_or_with_another_key() -> None:
    one, two = VAULT.seal("visit\none", b"1"), VAULT.seal("visit\ntwo", b"2")
    for about, sealed in [
        ("visit\ntwo", one),
        ("visit\none", replace(one, wrapped=two.wrapped)),
        ("visit\none", replace(one, content=two.content)),
    ]:
        with pytest.raises(DamagedError):
            VAULT.open(about, sealed)
    with pytest.raises(DamagedError):
        Vault(master()).open("visit\none", one)


def test_without_its_wrapped_key_content_is_noise() -> None:
    sealed = VAULT.seal("a", b"content")
    with pytest.raises(DamagedError):
        VAULT.open("a", Sealed(sealed.key_id, b"", sealed.content))


def test_rotation_rewraps_and_leaves_content() -> None:
    old, new = master(), master()
    sealed = Vault(old).seal("a", b"content")
    both = Vault(new, [old])
    assert both.open("a", sealed) == b"content", "before it is rewrapped, too"
    moved = replace(sealed, key_id=new.id, wrapped=both.rewrap("a", sealed.key_id, sealed.wrapped))
    assert Vault(new).open("a", moved) == b"content"
    with pytest.raises(DamagedError):
        Vault(old).open("a", moved)


@pytest.mark.parametrize(
    "text", ["", "short", base64.b64encode(b"31 bytes are one too few......").decode(), "§"]
)
def test_a_malformed_master_key_is_told_by_place_and_not_by_content(text: str) -> None:
    with pytest.raises(MasterKeyError, match="the file: write 32 random bytes") as told:
        MasterKey.read(text, "the file")
    assert not text or text not in str(told.value)


def test_printing_keys_shows_none() -> None:
    key = MasterKey(b"k" * 32)
    assert "kkkk" not in f"{key!r} {key}"


def test_a_print_depends_on_key_and_visit() -> None:
    prints = {blind(key, visit, "x") for key in (KEY, b"other") for visit in ("v1", "v2")}
    assert len(prints) == 4
    assert blind(KEY, "v1", "x") == blind(KEY, "v1", "x")


# ---------------------------------------------------------------- the chain


def chain(length: int) -> list[Link]:
    links: list[Link] = []
    for seq in range(1, length + 1):
        previous = links[-1].hash if links else FIRST
        links.append(forge(KEY, seq, previous, {"act": "look", "visit": f"v{seq}"}))
    return links


def test_a_whole_chain_is_whole_from_anywhere() -> None:
    links = chain(5)
    assert check(KEY, 0, FIRST, links) == Finding(5, 5, links[-1].hash)
    assert check(KEY, 2, links[1].hash, links[2:]) == Finding(3, 5, links[-1].hash)
    assert check(KEY, 0, FIRST, []) == Finding(0, 0, FIRST)


def _resigned(links: list[Link], at: int) -> list[Link]:
    """What someone without the key would do after a change: sign again with a key of their own."""
    made = links[:at]
    for old in links[at:]:
        record = {"act": "none", "visit": f"v{old.seq}"}
        made.append(forge(b"guess", old.seq, made[-1].hash if made else FIRST, record))
    return made


@given(at=st.integers(0, 4), how=st.sampled_from(["record", "cut", "swap", "hash", "resigned"]))
def test_every_change_is_found_where_it_is(at: int, how: str) -> None:
    links = chain(6)
    if how == "record":
        links[at] = replace(links[at], record=links[at].record.replace("look", "none"))
    elif how == "cut":
        del links[at]
    elif how == "swap":
        links[at], links[at + 1] = (
            replace(links[at + 1], seq=at + 1), replace(links[at], seq=at + 2),
        )  # fmt: skip
    elif how == "hash":
        links[at] = replace(links[at], hash="1" * 64)
    else:
        links = _resigned(links, at)
    found = check(KEY, 0, FIRST, links)
    assert (found.broken_at, found.checked) == (at + 1, at)
    assert found.reason
