"""The audit's chain and the keys: what is changed by hand is found, replicas make one chain."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import create_engine

from deploy.master_key import master_key
from services.guests.handlers import Desk
from services.guests.settings import GuestsSettings
from services.guests.vault import MasterKeyError, new_master_key
from shared.chassis.service import Service
from tests.rules.guest_case import row
from tests.support.guests import KEY, SOON_S, Officer, by_hand, running_guests
from tests.support.nats import NatsServer
from tests.support.postgres import PostgresServer
from tests.support.system import Planner, System


@pytest_asyncio.fixture
async def officer(nats_server: NatsServer) -> AsyncIterator[Officer]:
    planner = await Planner.connect(nats_server.url)
    yield Officer(planner)
    await planner.close()


@pytest_asyncio.fixture
async def guests(nats_server: NatsServer, store_url: str) -> AsyncIterator[Service]:
    async with running_guests(nats_server.url, store_url) as service:
        yield service


async def some_looks(officer: Officer, number: int = 4) -> None:
    await officer.put("v", [row(1)])
    for _ in range(number):
        await officer.look("v", "kitchen")


CHANGES = {
    "another outcome": "UPDATE guests_audit SET record = replace(record, 'shown', 'never')"
    " WHERE seq = 3",
    "another actor": "UPDATE guests_audit SET record = replace(record, 'officer', 'someone')"
    " WHERE seq = 3",
    "a record deleted": "DELETE FROM guests_audit WHERE seq = 3",
    "the hash of another": f"UPDATE guests_audit SET hash = '{'1' * 64}' WHERE seq = 3",
}


@pytest.mark.parametrize("change", CHANGES)
async def test_a_row_changed_by_hand_is_found(
    guests: Service, officer: Officer, change: str
) -> None:
    await some_looks(officer)
    whole = await officer.verdict()
    assert (whole["whole"], whole["checked"], whole["head_seq"]) == (True, 5, 5)
    by_hand(guests, CHANGES[change])
    broken = await officer.verdict()
    assert (broken["whole"], broken["broken_at"], broken["checked"]) == (False, 3, 2)
    assert broken["reason"]


async def test_an_end_that_was_cut_off_is_found_with_a_head_noted_before(
    guests: Service, officer: Officer
) -> None:
    await some_looks(officer)
    noted = await officer.verdict()
    known = {"known_seq": noted["head_seq"], "known_hash": noted["head_hash"]}
    await officer.look("v", "kitchen")
    assert (await officer.verdict(**known))["whole"]
    by_hand(guests, "DELETE FROM guests_audit WHERE seq >= 5")
    assert (await officer.verdict())["whole"], "a shorter chain is whole in itself"
    cut = await officer.verdict(**known)
    assert (cut["whole"], cut["broken_at"]) == (False, 5)


async def test_verification_and_reading_go_on_where_they_stopped(
    guests: Service, officer: Officer
) -> None:
    await some_looks(officer)
    rest = await officer.verdict(after=3)
    assert (rest["whole"], rest["checked"], rest["head_seq"]) == (True, 2, 5)
    assert [e["seq"] for e in await officer.audit(limit=2)] == [1, 2, 3, 4, 5]
    assert [e["act"] for e in await officer.audit("v")] == ["put", *["look"] * 4]
    assert await officer.audit("another") == []


async def test_replicas_make_one_chain(
    nats_server: NatsServer, postgres: PostgresServer, officer: Officer
) -> None:
    url = postgres.create_database()
    async with running_guests(nats_server.url, url), running_guests(nats_server.url, url):
        await officer.put("v", [row(1)])
        looks = [officer.look("v", "kitchen") for _ in range(60)]
        assert {one["outcome"] for one in await asyncio.gather(*looks)} == {"shown"}
        verdict = await officer.verdict()
        assert (verdict["whole"], verdict["checked"]) == (True, 61)


async def test_two_officers_at_once_do_not_overwrite_each_other(
    nats_server: NatsServer, postgres: PostgresServer, officer: Officer
) -> None:
    url = postgres.create_database()
    async with running_guests(nats_server.url, url), running_guests(nats_server.url, url):
        puts = [officer.put("v", [row(number)]) for number in range(1, 21)]
        outcomes = [one["outcome"] for one in await asyncio.gather(*puts)]
        assert sorted(outcomes) == ["changed", *["conflict"] * 19]
        assert len((await officer.look("v"))["guests"]) == 1


# ---------------------------------------------------------------- keys


async def test_the_store_tells_nothing_and_keeps_no_destroyed_key(
    nats_server: NatsServer, tmp_path: Path, officer: Officer
) -> None:
    file = tmp_path / "guests.db"
    async with running_guests(nats_server.url, f"sqlite:///{file}") as guests:
        put = await officer.put("v", [row(1), row(2)])
        one = put["rows"][0]["guest"]
        [(wrapped,)] = by_hand(guests, "SELECT wrapped FROM guests_guests WHERE guest = :g", g=one)
        assert await officer.erase("v", one) == "erased"
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)")
    left = file.read_bytes()
    assert b"guests_audit" in left
    assert bytes(wrapped) not in left
    for word in (b"Family", b"Given", b"E0000000", b"86139"):
        assert word not in left


async def test_a_wrong_master_key_is_told_and_changes_nothing(
    nats_server: NatsServer, store_url: str, officer: Officer
) -> None:
    async with running_guests(nats_server.url, store_url) as guests:
        await officer.put("v", [row(1)])
        before = by_hand(guests, "SELECT name, key_id, wrapped FROM guests_keys ORDER BY name")
        wrong = GuestsSettings.model_validate({"guests_key": new_master_key()})
        with pytest.raises(MasterKeyError, match="was sealed under the master key"):
            await guests.writer.run(Desk(wrong).unlock)
        after = by_hand(guests, "SELECT name, key_id, wrapped FROM guests_keys ORDER BY name")
        assert after == before
        assert len((await officer.look("v"))["guests"]) == 1


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("", "no master key: name its file in REDCROWN_GUESTS_KEY_FILE"),
        ("c2hvcnQ=", "REDCROWN_GUESTS_KEY: write 32 random bytes in base64"),
        (new_master_key(), "this store was sealed under the master key"),
    ],
    ids=["missing", "malformed", "wrong"],
)
async def test_a_process_without_the_right_key_says_why_and_ends(
    nats_server: NatsServer, tmp_path: Path, officer: Officer, key: str, told: str
) -> None:
    url = f"sqlite:///{tmp_path / 'guests.db'}"
    async with running_guests(nats_server.url, url):
        await officer.put("v", [row(1)])
    system = System(tmp_path, nats_server.url, lambda _name: url, REDCROWN_GUESTS_KEY=key)
    [replica] = system.start("guests")
    try:
        assert replica.process is not None
        replica.process.wait(150)
        assert told in system.logs(["guests"])
        assert not key or key not in system.logs(["guests"])
    except subprocess.TimeoutExpired:
        raise AssertionError(f"it lives on: {system.logs(['guests'])}") from None
    finally:
        system.stop()
    async with running_guests(nats_server.url, url):
        assert len((await officer.look("v"))["guests"]) == 1, "the right key still opens it"


async def test_a_new_master_key_rewraps_and_then_suffices_alone(
    nats_server: NatsServer, store_url: str, officer: Officer, tmp_path: Path
) -> None:
    new = new_master_key()
    old_file = tmp_path / "old"
    old_file.write_text(KEY + "\n")
    async with running_guests(nats_server.url, store_url) as guests:
        await officer.put("v", [row(1), row(2)])
        sealed = by_hand(guests, "SELECT content FROM guests_guests ORDER BY guest")
    both = {"guests_key": new, "guests_other_key_file": old_file}
    async with running_guests(nats_server.url, store_url, **both) as guests:
        await rewrapped(guests)
        assert by_hand(guests, "SELECT content FROM guests_guests ORDER BY guest") == sealed
    async with running_guests(nats_server.url, store_url, guests_key=new):
        assert len((await officer.look("v"))["guests"]) == 2
        again = await officer.put("v", [row(1), row(2)])
        assert again["outcome"] == "unchanged", "prints of documents stay what they were"
        assert (await officer.verdict())["whole"]


async def rewrapped(guests: Service) -> None:
    """The job runs at the start; wait until nothing is under another key."""
    async with asyncio.timeout(SOON_S):
        while len(set(by_hand(guests, "SELECT key_id FROM guests_guests UNION ALL"
                                      " SELECT key_id FROM guests_keys"))) != 1:  # fmt: skip
            await asyncio.sleep(0.02)


def test_a_local_key_is_made_once_and_never_beside_data_without_one(tmp_path: Path) -> None:
    path = master_key(tmp_path)
    first = path.read_text()
    assert path.stat().st_mode & 0o777 == 0o600
    assert master_key(tmp_path).read_text() == first
    path.unlink()
    create_engine(f"sqlite:///{tmp_path / 'guests.db'}").connect().close()
    (tmp_path / "guests.db").touch()
    assert not master_key(tmp_path).exists()
