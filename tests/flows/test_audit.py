"""Every write stands in the audit, the audit only grows, and a change in it is found."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session
from typer.testing import CliRunner

from services.console import accounts, audit, migrations
from services.console.audit import Entry
from services.console.roles import Role
from shared.chassis import migrations as chassis_migrations
from shared.chassis.clock import SystemClock
from shared.chassis.store import migrate, open_store
from tests.support.accounts import make_account
from tests.support.console import (
    FakeOwner,
    bearer,
    client_of,
    key,
    running_console,
    sort_of,
    spec,
)
from tests.support.nats import NatsServer

ENTRY = Entry("desk", ("planner",), "POST", "/v1/visits", "/v1/visits", "k", 201)


async def test_every_write_is_written_down(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        liaison = bearer(make_account(tmp_path, "lotus", Role.UNIT_LIAISON, password="x" * 12))
        await client.get("/v1/visits")
        await client.post("/v1/visits", content=spec(), headers=key("one"))
        await client.post("/v1/visits", content=spec(), headers=key("one"))
        await client.put("/v1/visits/v-1", content=b"visit: [", headers=key("two", 1))
        await client.post("/v1/visits", content=spec(), headers=key("three") | liaison)
        await client.post("/login", data={"name": "lotus", "password": "no"})
        await client.post("/login", data={"name": "<b>", "password": "no"})
        await client.post("/login", data={"name": "lotus", "password": "x" * 12})
        first = (await client.get("/v1/audit?limit=5")).json()
        rest = (await client.get(first["next"])).json()
        assert rest["next"] is None
        told = [
            (one["principal"], one["method"], one["route"], one["key"], one["status"])
            for one in first["lines"] + rest["lines"]
        ]
        assert told[0][:3] == ("console", "INIT", "first account")
        assert told[1:] == [
            ("planner", "POST", "/v1/visits", "one", None),
            ("planner", "POST", "/v1/visits", "one", 201),
            ("planner", "POST", "/v1/visits", "one", 201),
            ("planner", "PUT", "/v1/visits/{visit}", "two", 400),
            ("lotus", "POST", "/v1/visits", "three", 403),
            ("lotus", "POST", "/login", "", 401),
            ("unknown", "POST", "/login", "", 401),
            ("lotus", "POST", "/login", "", 303),
        ]
        assert "接待办" not in str(first) and first["lines"][1]["roles"][0] == "auditor"
        checked = (await client.get("/v1/audit/verification")).json()
        assert (checked["sound"], checked["rows"], checked["next"]) == (True, len(told), None)
        assert checked["head"] == rest["lines"][-1]["hash"]
        assert sort_of(await client.get("/v1/audit", headers=liaison)) == "forbidden"
        with sqlite3.connect(tmp_path / "console.db") as other:
            other.execute("DROP TRIGGER console_audit_update")
            other.execute("UPDATE console_audit SET principal = 'nobody' WHERE seq = 3")
        other.close()
        checked = (await client.get("/v1/audit/verification")).json()
        assert (checked["sound"], checked["broken_at"], checked["rows"]) == (False, 3, 2)


async def test_what_breaks_inside_is_written_down_too(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    """Whoever was asked may have done it; here it says something that no owner says."""
    erase = ("DELETE", "/v1/visits/{visit}/roster/guests/{guest}")
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        answer = await client.request(erase[0], f"/v1/visits/v-1/roster/guests/g-{'0' * 26}")
        assert (answer.status_code, sort_of(answer)) == (500, "internal")
        last = (await client.get("/v1/audit")).json()["lines"][-1]
        assert (last["principal"], last["method"], last["route"]) == ("planner", *erase)
        assert last["status"] == 500


async def test_no_answer_without_its_line(
    nats_server: NatsServer, tmp_path: Path, owner: FakeOwner
) -> None:
    """Once the audit can be written again, the same key tells how it went."""
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        other = sqlite3.connect(tmp_path / "console.db")
        other.execute("ALTER TABLE console_audit RENAME TO hidden")
        other.commit()
        answer = await client.post("/v1/visits", content=spec(), headers=key("k"))
        assert (answer.status_code, sort_of(answer)) == (503, "store-away")
        assert owner.commands == []
        other.execute("ALTER TABLE hidden RENAME TO console_audit")
        other.commit()
        other.close()
        again = await client.post("/v1/visits", content=spec(), headers=key("k"))
        assert again.status_code == 201 and len(owner.commands) == 1


@pytest.fixture
def engine(store_url: str):  # type: ignore[no-untyped-def]
    made = open_store(store_url)
    for layer in (chassis_migrations, migrations):
        migrate(made, "console", layer)
    with made.begin() as connection:
        for _ in range(5):
            audit.append(connection, SystemClock().now(), ENTRY)
    yield made
    made.dispose()


@pytest.mark.parametrize(
    "statement", ["UPDATE console_audit SET status = 500", "DELETE FROM console_audit"]
)
def test_the_store_refuses_changes(engine, statement: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DBAPIError, match="only grows"), engine.begin() as connection:
        connection.execute(text(statement))
    with Session(engine) as session:
        assert audit.verify(session).rows == 5


@pytest.mark.parametrize(
    ("spoil", "broken_at"),
    [
        ("UPDATE console_audit SET status = 500 WHERE seq = 1", 1),
        ("UPDATE console_audit SET resource = '/x' WHERE seq = 4", 4),
        ("DELETE FROM console_audit WHERE seq = 3", 3),
        ("UPDATE console_audit SET hash = before WHERE seq = 5", 5),
    ],
)
def test_a_change_is_found(engine, spoil: str, broken_at: int) -> None:  # type: ignore[no-untyped-def]
    with engine.begin() as connection:
        if engine.dialect.name == "sqlite":
            for act in ("update", "delete"):
                connection.execute(text(f"DROP TRIGGER console_audit_{act}"))
        else:
            connection.execute(text("DROP TRIGGER console_audit_grows ON console_audit"))
        connection.execute(text(spoil))
    with Session(engine) as session:
        assert audit.verify(session).broken_at == broken_at
        assert audit.verify(session, after=broken_at).broken_at != broken_at


def test_a_check_goes_page_by_page(engine) -> None:  # type: ignore[no-untyped-def]
    with Session(engine) as session:
        first = audit.verify(session, most=3)
        rest = audit.verify(session, after=3, most=3)
    assert (first.rows, first.next, rest.rows, rest.next) == (3, 3, 2, None)


def test_accounts_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDCROWN_DATA_DIR", str(tmp_path))
    run = CliRunner()

    def said(*words: str, status: int = 0, typed: str = "") -> str:
        done = run.invoke(accounts.app, [*words], input=typed)
        assert done.exit_code == status, done.output
        return done.output.strip()

    assert len(said("add", "desk", "--role", "planner")) >= 20
    said("add", "lead", "--role", "station_lead", "--station", "east", "--password-stdin",
         typed="a long enough secret\n")  # fmt: skip
    assert "12 characters" in said("add", "x", "--role", "auditor", "--password-stdin",
                                   typed="short\n", status=1)  # fmt: skip
    assert "already" in said("add", "desk", "--role", "auditor", status=1)
    assert "a name has" in said("add", "Desk!", "--role", "auditor", status=1)
    for words, told in (
        (("station_lead",), "needs --station"),
        (("station_lead", "--station", "East Side"), "'East Side' can be no station"),
        (("unit_liaison", "--station", "east"), "--station and --unit"),
        (("unit_liaison", "--unit", "catering/lotus"), "--station and --unit"),
        (("unit_liaison", "--station", "east", "--unit", "lotus"), "write service/unit"),
        (("unit_liaison", "--station", "east", "--unit", "visits/lotus"), "services are boo"),
    ):
        assert told in said("add", "wrong", "--role", *words, status=1)
    said("add", "lotus", "--role", "unit_liaison", "--station", "east", "--unit", "catering/lotus")
    token = said("token", "desk", "--label", "night run")
    assert "no account" in said("token", "nobody", status=1)
    listed = said("list")
    assert "lead  station_lead east" in listed and "night run" in listed
    assert token not in listed and token.split("_")[1] in listed
    said("revoke", token.split("_")[1])
    assert "revoked" in said("list")
    assert "no token" in said("revoke", "x", status=1)
    said("disable", "desk")
    assert "disabled" in said("list")
    said("disable", "desk", "--undo")
    assert len(said("password", "desk")) >= 20
    store = open_store(f"sqlite:///{tmp_path / 'console.db'}")
    with Session(store) as session:
        rows, _ = audit.page(session, 0, 100)
        assert audit.verify(session).broken_at is None
    store.dispose()
    acts = [*["add account"] * 3, "make token", "revoke token", "disable account",
            "enable account", "replace password"]  # fmt: skip
    assert [row["route"] for row in rows] == acts


async def test_a_disabled_account_is_out_at_once(
    nats_server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REDCROWN_DATA_DIR", str(tmp_path))
    async with running_console(nats_server.url, tmp_path) as address, client_of(address) as client:
        make_account(tmp_path, "desk", Role.PLANNER, password="a long enough secret")
        async with client_of(address, "") as browser:
            secret = {"name": "desk", "password": "a long enough secret"}
            await browser.post("/login", data=secret)
            assert (await browser.get("/v1/me")).json()["name"] == "desk"
            done = CliRunner().invoke(accounts.app, ["disable", "desk"])
            assert done.exit_code == 0, done.output
            assert (await browser.get("/v1/me")).status_code == 401
            assert (await browser.post("/login", data=secret)).status_code == 401
        assert (await client.get("/v1/me")).status_code == 200
