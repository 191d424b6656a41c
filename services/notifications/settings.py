"""What this service is told from outside beyond what every service is.

Must not: show a secret: they are read when a channel is built, and kept nowhere else.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from shared.chassis.settings import Settings
from shared.contracts.values import Zone


class NotificationsSettings(Settings):
    """Environment variables start with REDCROWN_, as everywhere."""

    model_config = SettingsConfigDict(env_prefix="REDCROWN_", extra="ignore")

    smtp_url: SecretStr | None = None
    """`smtp://user@host:port` (upgraded to TLS where offered) or `smtps://…` (TLS from the start).
    Letters go to `mail_folder` when left out."""
    smtp_password_file: Path | None = None
    smtp_ca_file: Path | None = None
    """Who signs the mail server's certificate. With it, no letter goes without TLS."""
    mail_folder: Path | None = None
    """Where letters go as .eml files; `<data_dir>/letters` when left out."""
    site_zone: Zone = "Asia/Shanghai"
    """In which zone times are told where a message names none."""
    mail_from: str = "Reception desk <reception-desk@example.org>"
    webhook_secret: SecretStr | None = None
    webhook_secret_file: Path | None = None
    webhook_ca_file: Path | None = None
    """Who signs the certificates of webhooks; whom the system trusts when left out."""
    notice_grace_s: float = Field(default=2.0, ge=0, le=3600)
    """How long a notice waits, in seconds, for a newer one that would make it void."""

    @field_validator(
        "smtp_url",
        "smtp_password_file",
        "webhook_secret",
        "smtp_ca_file",
        "webhook_ca_file",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        # A process file can only leave a variable empty, not out.
        return None if value == "" else value

    @property
    def letters(self) -> Path:
        """The folder of letters."""
        return self.mail_folder or self.data_dir / "letters"

    def smtp_password(self) -> str | None:
        """The password from the file; None leaves the one in the URL."""
        if self.smtp_password_file is None:
            return None
        return self.smtp_password_file.read_text().strip()

    def webhook_key(self) -> bytes | None:
        """The key of webhook signatures, from the file or the environment."""
        if self.webhook_secret_file is not None:
            return self.webhook_secret_file.read_text().strip().encode()
        return self.webhook_secret.get_secret_value().encode() if self.webhook_secret else None
