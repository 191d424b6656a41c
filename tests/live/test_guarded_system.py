"""The whole system on a bus with one user per service: it books, heals, and is refused nothing."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import asynccontextmanager, closing
from functools import partial
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.errors import Error as NatsError

from bench.load import bench_visit
from deploy.bus.accounts import write_accounts
from deploy.bus.keys import ADMIN
from deploy.bus.provisioning import provision
from deploy.local import service_names
from services.guests.vault import new_master_key
from shared.chassis import bus
from shared.chassis.credentials import client_options
from shared.chassis.service import Service
from shared.chassis.work import Work
from shared.contracts.message import COMMANDS
from shared.contracts.visits import CancelVisit
from tests.support.guarded import GuardedServer, declared
from tests.support.system import Planner, System, act

SOON_S = 60.0


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[GuardedServer]:
    server = GuardedServer(tmp_path / "bus")
    try:
        server.start()
        yield server
    finally:
        server.stop()


async def test_it_books_and_heals_and_is_refused_nothing(
    tmp_path: Path, guarded: GuardedServer
) -> None:
    system = System(
        tmp_path / "system",
        guarded.url,
        lambda name: f"sqlite:///{tmp_path / name}.db",
        guarded.seed,
        REDCROWN_GUESTS_KEY=new_master_key(),
    )
    try:
        system.start(*service_names())
        system.await_ready()
        async with guarded.user(ADMIN) as admin:
            planner = Planner(admin.client)
            await planner.submit(bench_visit(1))
            assert await planner.settled(["bench-1"]) == {"bench-1": "ready"}
            guarded.kill()
            guarded.wipe()
            guarded.start()
            # Made again by whichever service notices first: nobody else is there to do it.
            await submit_when_there_is_a_bus(planner, 2)
            assert await planner.settled(["bench-2"]) == {"bench-2": "ready"}
    finally:
        system.stop()
    everything: set[str] = set()
    for name in service_names():
        log = (system.folder / f"{name}.log").read_text()
        assert "bus_refused" not in log, log
        sent = subjects_sent(tmp_path / f"{name}.db", name)
        assert sent <= declared()[name].sends | declared()[name].parks
        everything |= sent
    assert len(everything) > 8, everything


def subjects_sent(store: Path, service: str) -> set[str]:
    """What the service's own code put into its outbox."""
    with closing(sqlite3.connect(store)) as connection:
        rows = connection.execute(f"SELECT DISTINCT subject FROM {service}_outbox").fetchall()
    return {str(subject) for (subject,) in rows}


async def submit_when_there_is_a_bus(planner: Planner, number: int) -> None:
    async with asyncio.timeout(120):
        while True:
            try:
                return await planner.submit(bench_visit(number))
            except (NatsError, TimeoutError, OSError):
                await asyncio.sleep(0.2)


@asynccontextmanager
async def running(guarded: GuardedServer, folder: Path, name: str = "venues") -> Any:
    """A bare service that has the key, and the declarations, of a real one."""
    url = f"sqlite:///{folder / 'bare'}.db"
    service = Service(name, guarded.settings(name, store_url=url))
    async with service.running():
        await until(lambda: service.ready)
        yield service


def refusals(service: Service) -> float:
    found = service.metrics.registry.get_sample_value(
        "redcrown_bus_refusals_total", {"service": service.name}
    )
    assert found is not None
    return found


async def test_a_refusal_is_told_once_and_counted(
    tmp_path: Path, guarded: GuardedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code that sends what it did not declare."""
    async with running(guarded, tmp_path) as service:
        for number in range(3):
            undeclared = CancelVisit(**act(), visit=f"v{number}", expected_revision=1)
            await service.writer.run(partial(Work.send, message=undeclared))
        async with asyncio.timeout(SOON_S):
            while refusals(service) < 3:
                await service.relay.sweep()
                await asyncio.sleep(0.1)
        await service.relay.drain()
    told = [line for line in capsys.readouterr().out.splitlines() if "bus_refused" in line]
    assert len(told) == 1
    assert CancelVisit.subject() in told[0]
    async with guarded.user(ADMIN) as admin:
        assert (await admin.js.stream_info(COMMANDS)).state.last_seq == 0


async def test_a_stream_that_differs_is_left_to_the_admin(
    tmp_path: Path, guarded: GuardedServer, capsys: pytest.CaptureFixture[str]
) -> None:
    older = next(one for one in bus.stream_configs(1) if one.name == COMMANDS)
    async with guarded.user(ADMIN) as admin:
        await admin.js.add_stream(older.evolve(max_bytes=1_000_000))
        async with running(guarded, tmp_path) as service:
            assert refusals(service) == 0
        assert (await admin.js.stream_info(COMMANDS)).config.max_bytes == 1_000_000
        told = [line for line in capsys.readouterr().out.splitlines() if "stream_differs" in line]
        assert len(told) == 1
        assert COMMANDS in told[0]
        assert "deploy.bus provision" in told[0]
        assert await provision(guarded.settings(ADMIN)) == [COMMANDS]
        assert await provision(guarded.settings(ADMIN)) == []
        assert (await admin.js.stream_info(COMMANDS)).config.max_bytes == older.max_bytes


def test_keys_are_for_their_owner_alone_and_stay(tmp_path: Path) -> None:
    first = GuardedServer(tmp_path)
    seeds = {name: first.seed(name).read_bytes() for name in (ADMIN, *service_names())}
    assert len(set(seeds.values())) == len(seeds)
    assert {first.seed(name).stat().st_mode & 0o777 for name in seeds} == {0o600}
    accounts = (tmp_path / "accounts.conf").read_text()
    assert not [name for name, seed in seeds.items() if seed.decode() in accounts]
    write_accounts(tmp_path, declared().values())
    assert {name: first.seed(name).read_bytes() for name in seeds} == seeds
    assert (tmp_path / "accounts.conf").read_text() == accounts
    first.seed(ADMIN).write_text("no seed")
    with pytest.raises(ValueError, match="admin_nats_seed holds no nkey seed"):
        write_accounts(tmp_path, declared().values())


async def test_a_key_that_was_replaced_is_refused_after_a_reload(guarded: GuardedServer) -> None:
    """The way to take a key away from whoever has a copy."""
    old = guarded.seed("venues").read_bytes()
    async with guarded.user("venues") as one, guarded.user("escorts") as other:
        guarded.seed("venues").unlink()
        write_accounts(guarded.folder, declared().values())
        assert guarded.seed("venues").read_bytes() != old
        guarded.reload()
        await until(lambda: bool(one.refused))
        assert other.client.is_connected
    async with guarded.user("venues") as one:
        assert one.client.is_connected
    guarded.seed("venues").write_bytes(old)
    options = client_options("venues", guarded.settings("venues"))
    with pytest.raises(NatsError, match=r"[Aa]uthorization"):
        await nats.connect(**options, allow_reconnect=False, connect_timeout=60, error_cb=ignore)


async def ignore(_error: Exception) -> None:
    """It is raised as well."""


async def test_a_service_outlives_a_time_without_rights(
    tmp_path: Path, guarded: GuardedServer
) -> None:
    """Accounts that were written wrongly, and then again."""
    accounts = guarded.folder / "accounts.conf"
    right = accounts.read_text()
    wrong = (GuardedServer(tmp_path / "other").folder / "accounts.conf").read_text()
    store = f"sqlite:///{tmp_path / 'store'}.db"
    system = System(tmp_path / "system", guarded.url, lambda _name: store, guarded.seed)
    try:
        [one] = system.start("venues")
        system.await_ready()
        accounts.write_text(wrong)
        guarded.reload()
        await until(lambda: not one.is_ready())
        await until(lambda: "Authorization Violation" in system.logs(["venues"]))
        accounts.write_text(right)
        guarded.reload()
        await until(one.is_ready)
    finally:
        system.stop()


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(SOON_S):
        while not reached():
            await asyncio.sleep(0.02)
