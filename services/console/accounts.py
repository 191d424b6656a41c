"""`python -m services.console.accounts`: accounts and tokens, by hand, in the console's own store.

Owns: what an administrator types, and its lines in the audit.
Must not: show a secret more than once; a lost one is replaced.
"""

from __future__ import annotations

import getpass
import secrets
import sys
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from sqlalchemy import Connection, select, update
from sqlalchemy.exc import IntegrityError

from services.console import account_store, audit, migrations
from services.console.account_store import ACCOUNTS, SESSIONS, TOKENS
from services.console.audit import Entry
from services.console.credentials import hash_password, new_token
from services.console.roles import Principal, Role
from services.console.settings import ConsoleSettings
from services.console.slugs import is_slug, pattern_of
from shared.chassis import limits
from shared.chassis import migrations as chassis_migrations
from shared.chassis.clock import SystemClock
from shared.chassis.store import migrate, open_store
from shared.contracts.catalog import resource_services
from shared.contracts.values import Slug

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)
Name = Annotated[str, typer.Argument(help="Lower-case letters, digits, . _ -")]
_FORM = "abcdefghijklmnopqrstuvwxyz0123456789._-"
LEAST_OF_A_PASSWORD = 12


@contextmanager
def _store() -> Iterator[Connection]:
    """One transaction on the console's store, at its newest version."""
    engine = open_store(ConsoleSettings().store_for("console"))
    try:
        for layer in (chassis_migrations, migrations):
            migrate(engine, "console", layer)
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def _note(connection: Connection, act: str, name: str, key: str = "") -> None:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # A container may run as a number without a name.
        user = "unnamed"
    entry = Entry(f"admin:{user}", (), "ADMIN", act, name, key, 200)
    audit.append(connection, SystemClock().now(), entry)


def _stop(sentence: str) -> typer.Exit:
    typer.echo(sentence, err=True)
    return typer.Exit(1)


def _must_exist(connection: Connection, name: str) -> None:
    found = connection.execute(select(ACCOUNTS.c.name).where(ACCOUNTS.c.name == name))
    if found.one_or_none() is None:
        raise _stop(f"there is no account {name}")


def scope_problem(
    roles: Collection[Role], stations: Collection[str], units: Collection[str]
) -> str | None:
    """What is wrong with the scope of an account, and what would be right. Pure."""
    for station in stations:
        if not is_slug(station):
            return f"--station {station!r} can be no station: its form is {pattern_of(Slug)}"
    owners = resource_services()
    for unit in units:
        service, _slash, name = unit.partition("/")
        if service not in owners or not is_slug(name):
            return (
                f"--unit {unit!r} is no unit: write service/unit; services are {', '.join(owners)}"
            )
    if Role.STATION_LEAD in roles and not stations:
        return "a station_lead needs --station: without one it reaches no visit"
    if Role.UNIT_LIAISON in roles and not (stations and units):
        return "a unit_liaison needs --station and --unit: it answers for units in stations' visits"
    return None


@app.command()
def add(
    name: Name,
    role: Annotated[list[Role], typer.Option(help="May be given several times.")],
    station: Annotated[list[str] | None, typer.Option(help="A station of its scope.")] = None,
    unit: Annotated[list[str] | None, typer.Option(help="service/unit it speaks for.")] = None,
    password_stdin: Annotated[bool, typer.Option(help="Read the password from stdin.")] = False,
) -> None:
    """Make an account. Without --password-stdin a password is made and shown once."""
    if not name or len(name) > 100 or set(name) - set(_FORM):
        raise _stop(f"a name has 1 to 100 of {_FORM}")
    if (wrong := scope_problem(role, station or (), unit or ())) is not None:
        raise _stop(wrong)
    password = sys.stdin.readline().rstrip("\n") if password_stdin else secrets.token_urlsafe(18)
    if len(password) < LEAST_OF_A_PASSWORD:
        raise _stop(f"a password has at least {LEAST_OF_A_PASSWORD} characters")
    who = Principal(name, frozenset(role), frozenset(station or ()), frozenset(unit or ()))
    try:
        with _store() as connection:
            now, hashed = SystemClock().now(), hash_password(password)
            account_store.add_account(connection, who, hashed, now)
            _note(connection, "add account", name)
    except IntegrityError as error:
        raise _stop(f"there is an account {name} already") from error
    if not password_stdin:
        typer.echo(password)


@app.command()
def token(
    name: Name,
    label: Annotated[str, typer.Option(help="What it is for.")] = "",
    days: Annotated[int, typer.Option(min=1, max=3_660)] = limits.TOKEN_DAYS,
) -> None:
    """Make a token of an account and show it, once."""
    made = new_token()
    with _store() as connection:
        _must_exist(connection, name)
        now = SystemClock().now()
        account_store.add_token(connection, name, made, label[:200], now, days)
        _note(connection, "make token", name, made.id)
    typer.echo(made.text)


@app.command()
def revoke(token_id: Annotated[str, typer.Argument(help="The id shown by `list`.")]) -> None:
    """End a token at once."""
    with _store() as connection:
        change = update(TOKENS).where(TOKENS.c.id == token_id).values(revoked=True)
        if not connection.execute(change).rowcount:
            raise _stop(f"there is no token {token_id}")
        _note(connection, "revoke token", token_id, token_id)


@app.command()
def disable(name: Name, enable: Annotated[bool, typer.Option("--undo")] = False) -> None:
    """Lock an account out at once, its tokens and sessions too; --undo lets it in again."""
    with _store() as connection:
        _must_exist(connection, name)
        change = update(ACCOUNTS).where(ACCOUNTS.c.name == name).values(disabled=not enable)
        connection.execute(change)
        connection.execute(SESSIONS.delete().where(SESSIONS.c.account == name))
        _note(connection, "enable account" if enable else "disable account", name)


@app.command()
def password(name: Name) -> None:
    """Replace the password with a new random one, show it once, and end all sessions."""
    made = secrets.token_urlsafe(18)
    with _store() as connection:
        _must_exist(connection, name)
        change = update(ACCOUNTS).where(ACCOUNTS.c.name == name)
        connection.execute(change.values(password=hash_password(made)))
        connection.execute(SESSIONS.delete().where(SESSIONS.c.account == name))
        _note(connection, "replace password", name)
    typer.echo(made)


@app.command("list")
def list_accounts() -> None:
    """Accounts with their roles, and their tokens without their secrets."""
    with _store() as connection:
        tokens = connection.execute(select(TOKENS).order_by(TOKENS.c.made_at)).all()
        for one in connection.execute(select(ACCOUNTS).order_by(ACCOUNTS.c.name)):
            scope = " ".join([*one.roles, *one.stations, *one.units])
            typer.echo(f"{one.name}  {scope}{'  disabled' if one.disabled else ''}")
            for own in tokens:
                if own.account == one.name:
                    end = "revoked" if own.revoked else f"until {own.expires_at:%Y-%m-%d}"
                    used = f"used {own.used_at:%Y-%m-%d %H:%M}" if own.used_at else "never used"
                    typer.echo(f"  {own.id}  {end}  {used}  {own.label}")


if __name__ == "__main__":
    app()
