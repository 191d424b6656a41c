"""What a process is told from outside, by environment variables that start with REDCROWN_.

Must not: hold defaults that are unsafe off this machine; everything listens on loopback.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings that every service shares. A service with more of them subclasses this."""

    model_config = SettingsConfigDict(env_prefix="REDCROWN_", env_ignore_empty=True, extra="ignore")

    nats_url: str = "nats://127.0.0.1:4222"
    """One or more server addresses, separated by commas."""
    nats_user: str | None = None
    nats_password: SecretStr | None = None
    nats_password_file: Path | None = None
    nats_seed_file: Path | None = None
    """The nkey seed of this service, as `python -m deploy.bus accounts` writes it."""
    nats_ca_file: Path | None = None
    """Who signs the certificates of the bus. With it, only TLS connections are made."""
    nats_cert_file: Path | None = None
    nats_key_file: Path | None = None
    """This client's own certificate, for a bus that asks for one."""
    stream_replicas: int = Field(default=1, ge=1, le=5)
    """Copies of each stream: 1 on a single server, 3 on a cluster."""

    store_url: str | None = None
    """SQLAlchemy URL; an SQLite file in `data_dir` when left out."""
    store_password_file: Path | None = None
    data_dir: Path = Path("var")
    seed_dir: Path | None = None
    """Folder with `<service>.yaml`; no seed is loaded when left out."""

    host: str = "127.0.0.1"
    port: int = Field(default=0, ge=0, le=65535)
    """Where probes and metrics are served; 0 takes a free port."""
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    """Certificate chain and key of this process's HTTP side. With them it speaks TLS only."""

    log_level: str = "INFO"
    log_format: str = Field(default="json", pattern="^(json|console)$")
    traces: str = ""
    """`` (off), `otlp` (standard OTEL_ variables), or `file:<path>` for JSON lines."""

    @property
    def one_process(self) -> bool:
        """Whether a service is one process: several share a database server, not a file."""
        return self.store_url is None or self.store_url.startswith("sqlite")

    def store_for(self, service: str) -> str:
        """The URL of this service's own store, its password read from the file if there is one."""
        if self.store_url is None:
            self.data_dir.mkdir(parents=True, exist_ok=True)
            return f"sqlite:///{(self.data_dir / f'{service}.db').resolve()}"
        if self.store_password_file is None:
            return self.store_url
        from sqlalchemy import make_url

        password = self.store_password_file.read_text().strip()
        return make_url(self.store_url).set(password=password).render_as_string(False)

    def bus_servers(self) -> list[str]:
        """The addresses in `nats_url`, one by one."""
        return [server.strip() for server in self.nats_url.split(",")]

    def bus_password(self) -> str | None:
        """The bus password, from the file or the environment."""
        if self.nats_password_file is not None:
            return self.nats_password_file.read_text().strip()
        return self.nats_password.get_secret_value() if self.nats_password else None
