"""Letters by SMTP.

Must not: send a password over a line that others can read, or put an address into an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import aiosmtplib
from aiosmtplib import SMTPException

from services.notifications.channels.mime import message_of
from services.notifications.channels.port import Doubtful, Letter, Rejected, Unavailable
from services.notifications.channels.trust import trust

TIMEOUT_S = 10.0
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


@dataclass(frozen=True, slots=True)
class Relay:
    """A mail server, out of its URL."""

    host: str
    port: int
    user: str | None
    password: str | None
    tls: bool
    """From the first byte; otherwise the line is upgraded where the server offers it."""

    authority: Path | None = None
    """Who signs its certificate; whom the system trusts when left out."""

    @classmethod
    def of(cls, url: str, password: str | None, authority: Path | None = None) -> Relay:
        """Read `smtp://user:pass@host:port`. Raises ValueError, without repeating the URL."""
        parts = urlsplit(url)
        if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
            raise ValueError("REDCROWN_SMTP_URL: write smtp://host:port or smtps://host:port")
        tls = parts.scheme == "smtps"
        return cls(
            host=parts.hostname,
            port=parts.port or (465 if tls else 587),
            user=unquote(parts.username) if parts.username else None,
            password=password or (unquote(parts.password) if parts.password else None),
            tls=tls,
            authority=authority,
        )

    @property
    def start_tls(self) -> bool | None:
        """True demands the upgrade, None takes it where offered, False never asks for it."""
        if self.tls:
            return False
        if self.authority is not None:
            return True
        return True if self.user and self.host not in _LOOPBACK else None


class Smtp:
    """One connection per letter: a broken one can hurt only one."""

    def __init__(self, relay: Relay) -> None:
        """Raises ValueError where the authority's certificate cannot be read."""
        self._relay = relay
        self._trusted = trust(relay.authority, "REDCROWN_SMTP_CA_FILE")

    async def send(self, letter: Letter) -> None:
        """Hand the letter over. Raises Rejected or Unavailable."""
        relay, message = self._relay, message_of(letter)
        try:
            await aiosmtplib.send(
                message,
                hostname=relay.host,
                port=relay.port,
                username=relay.user,
                password=relay.password,
                use_tls=relay.tls,
                start_tls=relay.start_tls,
                tls_context=self._trusted,
                timeout=TIMEOUT_S,
            )
        except SMTPException as error:
            raise _verdict(error) from error
        except (OSError, ValueError) as error:
            raise Unavailable(f"mail server: {type(error).__name__}") from error


def _verdict(error: SMTPException) -> Rejected | Unavailable:
    """A server's 5xx about this letter is final; anything else may pass."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
        final = all(code >= 500 for code in codes)
        return (Rejected if final else Unavailable)(f"recipient refused: {codes}")
    about_letter = (
        aiosmtplib.SMTPDataError,
        aiosmtplib.SMTPSenderRefused,
        aiosmtplib.SMTPRecipientRefused,
    )
    if isinstance(error, about_letter):
        return (Rejected if error.code >= 500 else Unavailable)(f"{error.code} {error.message}")
    if isinstance(error, aiosmtplib.SMTPNotSupported):
        return Rejected(f"the mail server cannot: {error}")
    silent = (aiosmtplib.SMTPReadTimeoutError, aiosmtplib.SMTPServerDisconnected)
    # The server may have taken the letter and not lived to say so.
    verdict = Doubtful if isinstance(error, silent) else Unavailable
    return verdict(f"mail server: {type(error).__name__}")
