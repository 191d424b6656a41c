"""What the console is told from outside beyond what every service is.

Must not: show a secret: it is read from its file when it is used.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import field_validator
from pydantic_settings import SettingsConfigDict

from shared.chassis.settings import Settings


class ConsoleSettings(Settings):
    """Environment variables start with REDCROWN_, as everywhere."""

    model_config = SettingsConfigDict(env_prefix="REDCROWN_", extra="ignore")

    access_dir: Path | None = None
    """Where a console without any account leaves the password and the token of a first one. With
    the embedded store `<data_dir>/access`; with a store by URL no such account is made unless this
    is set: use `python -m services.console.accounts`."""

    oidc_issuer: str | None = None
    """An OpenID Connect provider, for example `https://login.example.org/realms/city`."""
    oidc_client_id: str = "redcrown"
    oidc_client_secret_file: Path | None = None
    oidc_audience: str | None = None
    """`aud` of bearer tokens; none is accepted when left out."""
    oidc_roles_claim: str = "redcrown_roles"
    oidc_stations_claim: str = "redcrown_stations"
    oidc_units_claim: str = "redcrown_units"

    @field_validator("oidc_issuer", "oidc_client_secret_file", "access_dir", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        # A process file can only leave a variable empty, not out.
        return None if value == "" else value

    @property
    def first_access(self) -> Path | None:
        """The folder for the first account; None when none is made."""
        if self.access_dir is None and self.store_url is None:
            return self.data_dir / "access"
        return self.access_dir

    def oidc_secret(self) -> str | None:
        """The client's secret; None for a public client, which PKCE protects alone."""
        path = self.oidc_client_secret_file
        return None if path is None else path.read_text().strip()


def own(settings: Settings) -> ConsoleSettings:
    """The console's settings, from the common ones where a caller has only those."""
    if isinstance(settings, ConsoleSettings):
        return settings
    return ConsoleSettings.model_validate(settings.model_dump())
