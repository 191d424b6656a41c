"""How a process shows the bus who it is, and makes sure that it is the bus.

Owns: the key or password, and the TLS settings, of every connection to the bus.
Must not: connect; and must not fall back to a connection without TLS once TLS is configured.
"""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

from faststream.nats.security import NatsNKey, NatsSecurity, NatsUserPassword

from shared.chassis.bus_use import inbox_of
from shared.chassis.settings import Settings


def security_of(settings: Settings) -> NatsSecurity | None:
    """For FastStream. Raises ValueError for a file that is missing or cannot be read as what it
    should be."""
    context = tls_of(settings)
    # TLS from the first byte: a server, or someone in between, that speaks in the clear first is
    # refused instead of believed. The server needs `handshake_first` in its `tls` block.
    tls: dict[str, Any] = {"ssl_context": context, "tls_handshake_first": context is not None}
    if settings.nats_seed_file is not None:
        return NatsNKey.from_file(_there(settings.nats_seed_file, "NATS_SEED_FILE"), **tls)
    if settings.nats_user:
        return NatsUserPassword(settings.nats_user, settings.bus_password() or "", **tls)
    return NatsSecurity(**tls) if context is not None else None


def client_options(user: str, settings: Settings) -> dict[str, Any]:
    """For `nats.connect`: the same for tools that are no service."""
    options: dict[str, Any] = {
        "servers": settings.bus_servers(),
        "name": f"redcrown-{user}",
        "inbox_prefix": inbox_of(user),
    }
    context = tls_of(settings)
    if context is not None:
        options |= {"tls": context, "tls_handshake_first": True}
    if settings.nats_seed_file is not None:
        options["nkeys_seed"] = str(_there(settings.nats_seed_file, "NATS_SEED_FILE"))
    elif settings.nats_user:
        options |= {"user": settings.nats_user, "password": settings.bus_password() or ""}
    return options


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """What TLS trusts and shows; None without a certificate authority. Raises ValueError."""
    own = (settings.nats_cert_file, settings.nats_key_file)
    if settings.nats_ca_file is None:
        if any(own):
            raise ValueError("REDCROWN_NATS_CERT_FILE and _KEY_FILE need REDCROWN_NATS_CA_FILE too")
        return None
    if any(own) and not all(own):
        raise ValueError("REDCROWN_NATS_CERT_FILE and REDCROWN_NATS_KEY_FILE belong together")
    authority = _there(settings.nats_ca_file, "NATS_CA_FILE")
    try:
        context = ssl.create_default_context(cafile=str(authority))
        if settings.nats_cert_file is not None:
            context.load_cert_chain(settings.nats_cert_file, settings.nats_key_file)
    except OSError as error:
        raise ValueError(f"the TLS files of the bus: {error}") from error
    return context


def _there(path: Path, name: str) -> Path:
    if not path.is_file():
        raise ValueError(f"REDCROWN_{name}: there is no file {path}")
    return path
