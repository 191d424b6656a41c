"""A letter as an e-mail message.

Must not: send it.
"""

from __future__ import annotations

from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP

from services.notifications.channels.port import Letter, Rejected


def message_of(letter: Letter) -> EmailMessage:
    """The message, the same bytes each time. Raises Rejected when a header cannot be written."""
    message = EmailMessage(policy=SMTP)
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
