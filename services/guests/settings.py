"""What this service is told from outside beyond what every service is.

Must not: show a key, or make one: data sealed under a lost key is lost.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from services.guests.vault import MasterKey, MasterKeyError, Vault
from shared.chassis.settings import Settings


class GuestsSettings(Settings):
    """Environment variables start with REDCROWN_, as everywhere."""

    model_config = SettingsConfigDict(env_prefix="REDCROWN_", extra="ignore")

    guests_key_file: Path | None = None
    """The master key: 32 random bytes in base64."""
    guests_key: SecretStr | None = None
    guests_other_key_file: Path | None = None
    """A second master key that opens but does not seal. To rotate: give the new key as the other
    one to every replica, then swap the two, then leave the old one out (ADR 9)."""
    guests_keep_days: int = Field(default=90, ge=0, le=3650)
    """How long a roster is kept after its visit was closed or cancelled (PIPL art. 47)."""

    @field_validator("guests_key_file", "guests_key", "guests_other_key_file", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if value == "" else value

    def vault(self) -> Vault:
        """The vault under the configured keys. Raises MasterKeyError."""
        if self.guests_key_file is not None:
            current = _read(self.guests_key_file)
        elif self.guests_key is not None:
            current = MasterKey.read(self.guests_key.get_secret_value(), "REDCROWN_GUESTS_KEY")
        else:
            raise MasterKeyError(
                "no master key: name its file in REDCROWN_GUESTS_KEY_FILE, or put it into "
                "REDCROWN_GUESTS_KEY; 32 random bytes in base64"
            )
        other = self.guests_other_key_file
        return Vault(current, [_read(other)] if other is not None else [])


def _read(path: Path) -> MasterKey:
    try:
        text = path.read_text("ascii")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not text"
        raise MasterKeyError(f"the master key in {path} cannot be read: {reason}") from error
    return MasterKey.read(text, str(path))
