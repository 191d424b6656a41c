"""The mailboxes: a real SMTP server that notes when each letter came, and can be away.

Must not: judge; `verdict` does.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from tests.conformance.receivers import MailServer


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as it arrived."""

    at: float
    """On the clock of the campaign, `time.monotonic`."""
    to: str
    id: str
    """The notice, out of the Message-ID."""
    subject: str


class Mailboxes(MailServer):
    """Everything that was ever delivered, in order of arrival."""

    def __init__(self) -> None:
        super().__init__()
        self.got: list[Letter] = []

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        before = len(self.letters)
        answer = await super().handle_DATA(server, session, envelope)
        for one in self.letters[before:]:
            notice = str(one["Message-ID"]).strip("<>").partition("@")[0]
            to = str(envelope.rcpt_tos[0])
            self.got.append(Letter(time.monotonic(), to, notice, str(one["Subject"])))
        return answer
