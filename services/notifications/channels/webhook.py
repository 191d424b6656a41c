"""Letters as signed HTTP POSTs, after the Standard Webhooks specification.

The receiver checks `webhook-signature`: `v1,` and the base64 of HMAC-SHA256 with the shared key
over `<webhook-id>.<webhook-timestamp>.<body>`; it refuses old timestamps, and knows a letter that
comes twice by `webhook-id`.

Must not: follow a redirect: the signature is for one address only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from pathlib import Path

from services.notifications.channels.port import Doubtful, Letter, Rejected, Unavailable
from services.notifications.channels.trust import trust
from shared.chassis.clock import Clock

TIMEOUT_S = 10.0
RETRY = frozenset({408, 425, 429})
"""Refusals that say "not now"; so does every 5xx."""


def signature(key: bytes, letter_id: str, timestamp: str, body: bytes) -> str:
    """The value of `webhook-signature`."""
    signed = b".".join((letter_id.encode(), timestamp.encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def key_of(secret: bytes) -> bytes:
    """The key out of a secret: `whsec_` and base64 as the specification writes it, or plain bytes.

    Raises ValueError when what follows `whsec_` is no base64.
    """
    if not secret.startswith(b"whsec_"):
        return secret
    try:
        return base64.b64decode(secret.removeprefix(b"whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("the webhook secret after whsec_ is no base64") from error


class Webhook:
    """Posts JSON. Without a key nothing is sent: nobody could tell our letters from forged ones."""

    def __init__(self, secret: bytes | None, clock: Clock, authority: Path | None = None) -> None:
        """`authority` signs the receivers' certificates; otherwise whom the system trusts.

        Raises ValueError for a key, or a file of the authority, that is none.
        """
        self._verify = trust(authority, "REDCROWN_WEBHOOK_CA_FILE") if authority else True
        self._key = key_of(secret) if secret else None
        self._clock = clock

    async def send(self, letter: Letter) -> None:
        """Post the letter. Raises Rejected or Unavailable."""
        if self._key is None:
            raise Rejected("no webhook secret is configured")
        import httpx  # Here: a start has no use for it, and without a secret nothing has.

        body = body_of(letter)
        timestamp = str(int(self._clock.now().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "User-Agent": "redcrown-notifications",
            "webhook-id": letter.id,
            "webhook-timestamp": timestamp,
            "webhook-signature": signature(self._key, letter.id, timestamp, body),
        }
        try:
            async with (
                httpx.AsyncClient(
                    timeout=TIMEOUT_S,
                    follow_redirects=False,
                    trust_env=False,
                    verify=self._verify,
                ) as client,
                # Only the status counts: a body of any size is left unread.
                client.stream("POST", letter.to, content=body, headers=headers) as answer,
            ):
                _judge(answer.status_code)
        except (httpx.InvalidURL, httpx.UnsupportedProtocol) as error:
            raise Rejected("the webhook address is not right") from error
        except (httpx.ReadTimeout, httpx.ReadError, httpx.RemoteProtocolError) as error:
            # The receiver may have taken the letter and not lived to say so.
            raise Doubtful(f"webhook: {type(error).__name__}") from error
        except httpx.HTTPError as error:
            raise Unavailable(f"webhook: {type(error).__name__}") from error


def body_of(letter: Letter) -> bytes:
    """The letter as JSON. Its form is public; fields are added, never changed."""
    document = {
        "id": letter.id,
        "visit": letter.visit,
        "recipient": letter.recipient,
        "kind": letter.kind,
        "language": letter.language,
        "subject": letter.subject,
        "text": letter.text,
        "calendars": [
            {"name": file.name, "method": file.method, "content": file.text}
            for file in letter.files
        ],
    }
    return json.dumps(document, ensure_ascii=False).encode()


def _judge(status: int) -> None:
    if 200 <= status < 300:
        return
    if status >= 500 or status in RETRY:
        raise Unavailable(f"webhook: {status}")
    raise Rejected(f"webhook: {status}")
