"""TLS on every connection, by configuration, under a certificate authority that the test makes."""

from __future__ import annotations

import asyncio
import json
import socket
import time
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import pytest
import trustme

from deploy.bus.keys import ADMIN
from shared.chassis.credentials import client_options, tls_of
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from tests.support.guarded import DeployedCluster, DeployedServer, GuardedServer, told
from tests.support.nats import NatsServer
from tests.support.tls_door import issue

SOON_S = 60.0
WAITS = 'handshake_first: "1s"'


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def files(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a server finds: its certificate, the key to it, and who signs."""
    return issue(authority, tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture
def guarded(tmp_path: Path, files: Path) -> Iterator[GuardedServer]:
    server = GuardedServer(tmp_path / "bus", files)
    try:
        server.start()
        yield server
    finally:
        server.stop()


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[Service]:
    service = Service("venues", settings)
    async with service.running():
        yield service


async def test_a_service_and_the_admin_connect(
    guarded: GuardedServer, files: Path, tmp_path: Path
) -> None:
    ca = files / "nats_authority"
    own = guarded.settings("venues", nats_ca_file=ca, store_url=f"sqlite:///{tmp_path / 's'}.db")
    async with running(own) as service, asyncio.timeout(SOON_S):
        while not service.ready:
            await asyncio.sleep(0.02)
        async with guarded.user(ADMIN, nats_ca_file=ca) as admin:
            assert len(await admin.js.streams_info()) == 3
    with urllib.request.urlopen(f"http://127.0.0.1:{guarded.monitor}/connz?state=all") as answer:
        found = json.load(answer)["connections"]
    assert len(found) == 2
    assert {one["tls_version"] for one in found} == {"1.3"}


async def test_a_client_that_trusts_nobody_is_told(
    guarded: GuardedServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own = guarded.settings("venues", store_url=f"sqlite:///{tmp_path / 's'}.db")
    async with running(own) as service:
        said = await told(capsys, "bus_trouble")
        assert "REDCROWN_NATS_CA_FILE" in said
        assert not service.ready


async def test_a_server_in_the_clear_is_told_nothing(
    bus: NatsServer, files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody in between can talk a client out of TLS."""
    own = Settings(
        _env_file=None,  # type: ignore[call-arg]
        nats_url=bus.url,
        nats_ca_file=files / "nats_authority",
        store_url=f"sqlite:///{tmp_path / 's'}.db",
    )
    async with running(own) as service:
        said = await told(capsys, "bus_trouble")
        assert "REDCROWN_NATS_CA_FILE" in said
        assert not service.ready


@pytest.mark.parametrize("wrong", ["another authority", "another host"])
async def test_a_server_that_cannot_prove_itself_is_refused(
    wrong: str, authority: trustme.CA, tmp_path: Path
) -> None:
    signs = trustme.CA() if wrong == "another authority" else authority
    name = "127.0.0.1" if wrong == "another authority" else "bus.example.org"
    server = GuardedServer(tmp_path / "bus", issue(signs, tmp_path, name))
    await_handshake(server)
    authority.cert_pem.write_to_path(tmp_path / "trusted")
    try:
        server.start()
        with pytest.raises(OSError, match="certificate verify failed"):
            await once(server, nats_ca_file=tmp_path / "trusted")
    finally:
        server.stop()


def await_handshake(server: GuardedServer, more: str = "") -> None:
    """After a second it takes a client that has not begun for one in the clear, which comes back
    by itself. One that connects `once` does not, and may need longer on a busy machine."""
    accounts = server.folder / "accounts.conf"
    written = accounts.read_text()
    assert written.count(WAITS) == 1
    accounts.write_text(written.replace(WAITS, f'{more} handshake_first: "60s"'))


async def once(server: GuardedServer, **more: Any) -> None:
    """Connect as the admin without trying again."""

    async def quiet(_error: Exception) -> None:
        pass

    options = client_options(ADMIN, server.settings(ADMIN, **more)) | {"connect_timeout": SOON_S}
    client = await nats.connect(**options, allow_reconnect=False, error_cb=quiet)
    await client.flush()
    await client.close()


async def test_a_bus_may_ask_clients_for_a_certificate(
    authority: trustme.CA, files: Path, tmp_path: Path
) -> None:
    server = GuardedServer(tmp_path / "bus", files)
    await_handshake(server, f'ca_file: "{files / "nats_authority"}", verify: true,')
    ca = files / "nats_authority"
    try:
        server.start()
        with pytest.raises((OSError, nats.errors.Error, ConnectionError)):
            await once(server, nats_ca_file=ca)
        await once(
            server, nats_ca_file=ca, nats_cert_file=files / "nats_certificate",
            nats_key_file=files / "nats_key",
        )  # fmt: skip
    finally:
        server.stop()


def test_servers_of_a_cluster_join_by_tls_and_password(tmp_path: Path, files: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    cluster = DeployedCluster(tmp_path / "nats", secrets, files)
    try:
        cluster.start()
        joined: set[str] = set()
        while len(joined) < 2:
            address = f"http://127.0.0.1:{cluster.servers[0].monitor}/routez"
            with urllib.request.urlopen(address) as answer:
                joined = {route["remote_name"] for route in json.load(answer)["routes"]}
        with route_of(cluster.servers[0]) as plain:
            plain.sendall(b"CONNECT {}\r\nPING\r\n")
            assert everything(plain) == b""
    finally:
        cluster.stop()


def test_a_server_without_the_password_does_not_join(tmp_path: Path) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    cluster = DeployedCluster(tmp_path / "nats", secrets)
    server = cluster.servers[0]
    try:
        server.start()
        with route_of(server) as plain:
            plain.sendall(b'CONNECT {"name":"NX","cluster":"redcrown"}\r\nPING\r\n')
            assert b"Authorization Violation" in everything(plain)
    finally:
        server.stop()


def route_of(server: DeployedServer) -> socket.socket:
    """A connection to where the other servers come in."""
    deadline = time.monotonic() + SOON_S
    while True:
        try:
            return socket.create_connection(("127.0.0.1", server.route), timeout=10)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.05)


def everything(plain: socket.socket) -> bytes:
    """What comes until the other side hangs up."""
    told = b""
    try:
        while some := plain.recv(4096):
            told += some
    except ConnectionResetError:
        pass
    return told


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"nats_cert_file": "c"}, "need REDCROWN_NATS_CA_FILE"),
        ({"nats_ca_file": "no/such"}, "there is no file no/such"),
        ({"nats_ca_file": __file__}, "the TLS files of the bus"),
        ({"nats_ca_file": __file__, "nats_key_file": "k"}, "belong together"),
    ],
)
def test_settings_that_make_no_sense_are_told(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        tls_of(Settings(_env_file=None, **given))  # type: ignore[call-arg,arg-type]
