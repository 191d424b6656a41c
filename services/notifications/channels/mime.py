"""A letter as an e-mail message.

Must not: send it.
"""

from __future__ import annotations

from email.errors import MessageError
from email.headerregistry import HeaderRegistry
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from typing import Any

from services.notifications.channels.port import Letter, Rejected


class _Headers(HeaderRegistry):
    """The standard registry, which makes a class anew for every header; here once for each name."""

    @cache  # noqa: B019 - one registry, and as many names as a letter has
    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name)


_POLICY = SMTP.clone(header_factory=_Headers())


def message_of(letter: Letter) -> EmailMessage:
    """The message, the same bytes each time. Raises Rejected when a header cannot be written."""
    message = EmailMessage(policy=_POLICY)
    try:
        message["Message-ID"] = letter.message_id
        message["Date"] = letter.created_at
        message["From"] = letter.sender
        message["To"] = letter.to
        message["Subject"] = letter.subject
        message["Content-Language"] = letter.language
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text)
        for file in letter.files:
            message.add_attachment(
                file.text,
                subtype="calendar",
                filename=file.name,
                params={"method": file.method},
            )
        if letter.files:
            # Random otherwise; a letter sent twice should be the same letter.
            message.set_boundary(f"=_{letter.id}")
    except (MessageError, ValueError) as error:
        raise Rejected(f"cannot be written as e-mail: {error}") from error
    return message
