"""A letter as an e-mail message.

Made with the older classes of the standard library: `EmailMessage` parses every header it is given,
several times over, and takes four times as long. What it checks is checked here.

Must not: send it.
"""

from __future__ import annotations

from email.errors import MessageError
from email.generator import BytesGenerator
from email.header import Header
from email.message import Message
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.policy import Compat32
from email.utils import format_datetime, formataddr, getaddresses
from functools import lru_cache
from io import BytesIO
from typing import Any

from services.notifications.channels.port import Attachment, Letter, Rejected, Workbook

LINE_BYTES = 998
"""Longest line of a message, without its end (RFC 5322, 2.1.1)."""
ADDRESSES = 1_000
"""Recipients whose header is remembered: most letters go to the same ones."""
SHEET = "vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HEADER_CHARS = 78
"""Longest header that is not folded (RFC 5322, 2.1.1)."""


class _Brief(Compat32):
    """A header that is one short line of ASCII stands as it is: the library takes each apart and
    puts the same together again."""

    def fold_binary(self, name: str, value: Any) -> bytes:
        """The header as a line, or several, with their ends."""
        line = f"{name}: {value}"
        short = isinstance(value, str) and len(line) <= HEADER_CHARS
        if short and line.isascii() and line.isprintable() and value == value.strip():
            return (line + self.linesep).encode("ascii")
        return super().fold_binary(name, value)


_AS_FILE = _Brief(linesep="\r\n")


class _Whole(BytesGenerator):
    """Writes a text at once. The library writes one line after the other, and a calendar has eleven
    of each need."""

    def _write_lines(self, lines: str) -> None:
        plain = lines.replace("\r\n", "\n").replace("\r", "\n")
        self.write(plain.replace("\n", self._NL))  # type: ignore[attr-defined]


def message_of(letter: Letter) -> Message:
    """The message, the same bytes each time. Raises Rejected when a header cannot be written."""
    try:
        text = _text(letter.text, "plain")
        text["Content-Language"] = _line(letter.language)
        message = _with_files(letter, text) if letter.files or letter.workbook else text
        message["Message-ID"] = _line(letter.message_id)
        message["Date"] = format_datetime(letter.created_at)
        message["From"] = _addresses(letter.sender)
        message["To"] = _addresses(letter.to)
        message["Subject"] = Header(_line(letter.subject), header_name="Subject").encode()
        message["Auto-Submitted"] = "auto-generated"
    except (MessageError, ValueError) as error:
        raise Rejected(f"cannot be written as e-mail: {error}") from error
    return message


def bytes_of(letter: Letter) -> bytes:
    """The message as it stands in a file. Raises Rejected when a header cannot be written."""
    written = BytesIO()
    _Whole(written, mangle_from_=False, policy=_AS_FILE).flatten(message_of(letter))
    return written.getvalue()


def _with_files(letter: Letter, text: Message) -> Message:
    # A boundary is random otherwise; a letter sent twice should be the same letter.
    whole = MIMEMultipart("mixed", boundary=f"=_{letter.id}")
    whole.attach(text)
    for file in letter.files:
        whole.attach(_file(file))
    if letter.workbook is not None:
        whole.attach(_workbook(letter.workbook))
    return whole


def _file(file: Attachment) -> Message:
    part = _text(file.text, "calendar")
    part.set_param("method", _line(file.method))
    return _named(part, file.name)


def _workbook(book: Workbook) -> Message:
    return _named(MIMEApplication(book.content, SHEET), book.name)


def _named(part: Message, name: str) -> Message:
    name = _line(name)
    known = name if name.isascii() else ("utf-8", "", name)
    part.add_header("Content-Disposition", "attachment", filename=known)
    return part


def _text(text: str, kind: str) -> Message:
    """As it is, so that people can read the file, unless a line is too long for that."""
    body = text.encode()
    if max(map(len, body.splitlines()), default=0) > LINE_BYTES:
        return MIMEText(text, kind, "utf-8")
    # What the class above would make, had it a way to leave the text as it is.
    part = Message()
    part["Content-Type"] = f'text/{kind}; charset="utf-8"'
    part["MIME-Version"] = "1.0"
    part["Content-Transfer-Encoding"] = "7bit" if text.isascii() else "8bit"
    part.set_payload(body.decode("ascii", "surrogateescape"))
    return part


@lru_cache(ADDRESSES)
def _addresses(text: str) -> str:
    """One address or several, with names as headers need them."""
    found = getaddresses([_line(text)])
    if not found or not all(address for _name, address in found):
        raise ValueError("not an e-mail address")
    return ", ".join(formataddr(one) for one in found)


def _line(text: str) -> str:
    """Nothing that would begin another header."""
    if any(one in text for one in "\r\n\0"):
        raise ValueError("a header has a line break in it")
    return text
