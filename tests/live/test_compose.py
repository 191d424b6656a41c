"""`deploy/compose.yaml`: a valid document whose commands come up and book, and nothing leaks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import trustme

from deploy.client import Client
from deploy.servers.postgres import AFTER_CRASH
from services.bookings.main import BookingSettings
from services.guests.vault import new_master_key
from tests.conformance.receivers import MailServer
from tests.support import compose
from tests.support.guarded import DeployedCluster
from tests.support.postgres import PostgresServer
from tests.support.system import ROOT
from tests.support.tls_door import issue


def test_it_is_a_valid_compose_file() -> None:
    program = Path(sys.executable).parent / "check-jsonschema"
    words = [program, "--builtin-schema", "vendor.compose-spec", compose.FILE]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_service_has_limits_a_health_check_and_a_store_of_its_own() -> None:
    found = compose.services()
    packages = {path.parent.name for path in (ROOT / "services").glob("*/main.py")}
    assert set(found) == packages
    for name, one in found.items():
        assert one["deploy"]["resources"]["limits"].keys() == {"cpus", "memory"}
        assert one["healthcheck"]["test"]
        url = one["environment"]["REDCROWN_STORE_URL"]
        assert url == f"postgresql+psycopg://{name}@postgres/{name}"
        own = {f"{name}_store_password", f"{name}_nats_seed"}
        assert own <= set(one["secrets"])
        assert all(secret.startswith(f"{name}_") for secret in one["secrets"])
    assert [name for name, one in found.items() if "ports" in one] == ["console"]


def test_postgresql_ends_of_a_crash_and_is_started_again() -> None:
    found = compose.document()["services"]["postgres"]
    assert found["command"] == ["postgres", "-c", AFTER_CRASH]
    assert found["restart"] == "unless-stopped"


def settings_of(service: str, **outside: str) -> BookingSettings:
    """What a service of the file is told, with these variables set around it."""
    told = {
        key: re.sub(r"\$\{(\w+):-\}", lambda found: outside.get(found[1], ""), value)
        for key, value in compose.services()[service]["environment"].items()
    }
    with pytest.MonkeyPatch.context() as environment:
        for key, value in told.items():
            environment.setenv(key, value)
        return BookingSettings()


def test_bookings_has_hotels_when_it_is_told_so_and_shares_their_pace() -> None:
    bookings = compose.services()["bookings"]
    plain = settings_of("bookings")
    assert (plain.hotels, plain.alpinebits_logins) == (None, None), "empty is as not set"
    assert plain.hotel_processes == bookings["deploy"]["replicas"]
    told = settings_of(
        "bookings", REDCROWN_HOTELS="/run/hotels/links.yaml",
        REDCROWN_ALPINEBITS_LOGINS="/run/hotels/logins",
    )  # fmt: skip
    assert told.hotels == Path("/run/hotels/links.yaml")
    assert told.alpinebits_logins == Path("/run/hotels/logins")
    mounts = [one.split(":") for one in bookings["volumes"]]
    assert ["./secrets/hotels", "/run/hotels", "ro"] in mounts
    assert all(one[2] == "ro" for one in mounts)
    others = [one for name, one in compose.services().items() if name != "bookings"]
    assert not any("hotels" in mount for one in others for mount in one["volumes"])


@pytest.fixture
def tls(tmp_path: Path) -> Path:
    """Certificates of a deployment that has TLS switched on."""
    folder = tmp_path / "tls"
    folder.mkdir()
    return issue(trustme.CA(), folder, "127.0.0.1")


@pytest.fixture
def cluster(tmp_path: Path, stores: Path, tls: Path) -> Iterator[DeployedCluster]:
    """The servers of the deployment, with its accounts among the secrets."""
    servers = DeployedCluster(tmp_path / "nats", stores, tls)
    try:
        yield servers.start()
    finally:
        servers.stop()


@pytest.fixture
def stores(postgres: PostgresServer, tmp_path: Path) -> Path:
    """Databases and roles made by the script of the deployment; returns the folder of secrets."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name in compose.services():
        (secrets / f"{name}_store_password").write_text(f"secret of {name}\n")
    (secrets / "guests_master_key").write_text(new_master_key())
    (secrets / "bookings_hotel_link_keys").write_text(new_master_key())
    script = ROOT / "deploy" / "postgres" / "init.sh"
    postgres.run_script(script, REDCROWN_SECRETS=str(secrets))
    return secrets


def test_its_commands_come_up_and_receive_a_visit(
    tmp_path: Path,
    cluster: DeployedCluster,
    postgres: PostgresServer,
    stores: Path,
    tls: Path,
    mail: MailServer,
) -> None:
    moves = {
        "nats://nats-1:4222,nats://nats-2:4222,nats://nats-3:4222": cluster.url,
        "@postgres/": f"@127.0.0.1:{postgres.port}/",
        "/run/secrets": str(stores),
        "${REDCROWN_CONSOLE_URL:-}": "",
        "${REDCROWN_HOTELS:-}": "",
        "${REDCROWN_ALPINEBITS_LOGINS:-}": "",
        "${REDCROWN_NATS_CA_FILE:-}": str(tls / "nats_authority"),
        "${REDCROWN_SMTP_URL:?the mail server, for example smtp://mail.example.org:587}": mail.url,
    }
    deployment = compose.Deployment(tmp_path / "apps", moves)
    deployment.folder.mkdir()
    try:
        deployment.start().await_healthy()
        [(_process, port)] = deployment.processes["console"]
        client = Client(f"http://127.0.0.1:{port}", new_token(deployment))
        spec = (ROOT / "deploy" / "seed" / "visits" / "inspection.yaml").read_text()
        visit = client.submit(spec)["visit"]
        client.wait_for(visit, lambda view: view["phase"] == "ready")
        await_letters(mail)
        client.close()
        no_role_reads_another_store(postgres)
        everything_sent_is_documented(postgres)
        nothing_was_refused(deployment)
    finally:
        codes = deployment.stop()
    assert all(code in (0, -15) for code in codes), codes


def new_token(deployment: compose.Deployment) -> str:
    """What an administrator types into the console's container."""
    accounts = ("-m", "services.console.accounts")
    deployment.execute("console", *accounts, "add", "desk", "--role", "planner")
    return deployment.execute("console", *accounts, "token", "desk")


def await_letters(mail: MailServer, within_s: float = 120) -> None:
    deadline = time.monotonic() + within_s
    while not mail.letters:
        assert time.monotonic() < deadline, "no letter came"
        time.sleep(0.1)


def no_role_reads_another_store(postgres: PostgresServer) -> None:
    address = f"host=127.0.0.1 port={postgres.port} user=venues"
    psycopg.connect(f"{address} dbname=venues").close()
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(f"{address} dbname=bookings")


def nothing_was_refused(deployment: compose.Deployment) -> None:
    for name in deployment.processes:
        assert "bus_refused" not in (deployment.folder / f"{name}.log").read_text()


def everything_sent_is_documented(postgres: PostgresServer) -> None:
    """What each outbox carried stands in the AsyncAPI document of its service."""
    sent_at_all = 0
    for name in compose.services():
        document = json.loads((ROOT / "docs" / "asyncapi" / f"{name}.json").read_text())
        known = {channel["address"] for channel in document["channels"].values()}
        with psycopg.connect(f"host=127.0.0.1 port={postgres.port} user={name}") as connection:
            rows = connection.execute(f"SELECT DISTINCT subject FROM {name}_outbox").fetchall()  # type: ignore[arg-type]
        sent = {subject for (subject,) in rows if not subject.startswith("parked.")}
        assert sent <= known, sent - known
        sent_at_all += len(sent)
    assert sent_at_all > 5
