"""The HTTP side of a process speaks TLS, and nothing else, once it is given a certificate."""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from tests.support.nats import NatsServer
from tests.support.system import READY_WITHIN_S, System
from tests.support.tls_door import issue


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def console(tmp_path: Path, bus: NatsServer, authority: trustme.CA) -> Iterator[int]:
    """Its port; it answers, whether by TLS or not."""
    files = issue(authority, tmp_path, "127.0.0.1")
    system = System(
        tmp_path, bus.url, lambda name: f"sqlite:///{tmp_path / name}.db",
        REDCROWN_TLS_CERT_FILE=str(files / "nats_certificate"),
        REDCROWN_TLS_KEY_FILE=str(files / "nats_key"),
        REDCROWN_ACCESS_DIR=str(tmp_path / "access"),
    )  # fmt: skip
    try:
        [replica] = system.start("console")
        deadline = time.monotonic() + READY_WITHIN_S
        while "running on https://" not in (tmp_path / "console.log").read_text():
            assert time.monotonic() < deadline, system.logs(["console"])
            time.sleep(0.05)
        yield replica.port
        assert "Traceback" not in (tmp_path / "console.log").read_text()
        assert "never retrieved" not in (tmp_path / "console.log").read_text()
    finally:
        system.stop()


def trusting(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def asking(port: int, scheme: str, verify: ssl.SSLContext | bool = True) -> httpx.Response:
    with httpx.Client(
        base_url=f"{scheme}://127.0.0.1:{port}", verify=verify, timeout=60, trust_env=False
    ) as client:
        return client.get("/login")


def test_only_by_tls_and_only_for_who_trusts_it(
    console: int, authority: trustme.CA, tmp_path: Path
) -> None:
    page = asking(console, "https", trusting(authority))
    assert page.status_code == 200 and 'action="/login"' in page.text
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        asking(console, "https", trusting(trustme.CA()))
    with pytest.raises(httpx.TransportError):
        asking(console, "http")
    cookie = cookie_of(console, trusting(authority), tmp_path / "access" / "password")
    assert cookie.startswith("__Host-redcrown=") and "Secure" in cookie


def cookie_of(port: int, verify: ssl.SSLContext, password: Path) -> str:
    """What a browser is given at its login."""
    deadline = time.monotonic() + READY_WITHIN_S
    while not password.exists():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    address = f"https://127.0.0.1:{port}"
    with httpx.Client(base_url=address, verify=verify, timeout=60, trust_env=False) as browser:
        answer = browser.post(
            "/login", data={"name": "planner", "password": password.read_text().strip()},
            headers={"Origin": address},
        )  # fmt: skip
    return str(answer.headers["set-cookie"])
