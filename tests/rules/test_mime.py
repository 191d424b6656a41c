"""Letters as e-mail: readable as they are, in the language they are in, nobody else's headers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from services.notifications.channels.mime import LINE_BYTES, bytes_of, message_of
from services.notifications.channels.port import Attachment, Letter, Rejected, Workbook

ICS = "BEGIN:VCALENDAR\r\nSUMMARY:晚宴\r\nEND:VCALENDAR\r\n"
LETTER = Letter(
    id="01N", message_id="<01N@example.org>", sender="接待办 <desk@example.org>",
    to="kitchen@example.org", recipient="kitchen", visit="v", kind="changed", language="zh",
    subject="安排变更：38 → 58", text="38 → 58\n晚宴\n",
    created_at=datetime(2027, 8, 10, 9, 0, tzinfo=UTC),
    files=(Attachment("visit.ics", "PUBLISH", ICS),),
)  # fmt: skip


BOOK = Workbook("rc1-v2.xlsx", bytes(range(256)) * 40)


def read(letter: Letter) -> EmailMessage:
    """As the mail program of whoever gets it."""
    message = message_from_bytes(bytes_of(letter), policy=policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


@pytest.mark.parametrize("files", [(), LETTER.files])
def test_it_says_its_language_and_everything_else(files: tuple[Attachment, ...]) -> None:
    message = read(replace(LETTER, files=files))
    body = message.get_body(("plain",))
    assert body is not None and body["Content-Language"] == "zh"
    assert (message["Subject"], text_of(message)) == (LETTER.subject, LETTER.text)
    assert message["Message-ID"] == LETTER.message_id
    assert message["Date"].datetime == LETTER.created_at
    assert message["Auto-Submitted"] == "auto-generated"
    assert [one.get_filename() for one in message.iter_attachments()] == [one.name for one in files]


@pytest.mark.parametrize("files", [(), LETTER.files])
def test_a_workbook_arrives_byte_for_byte(files: tuple[Attachment, ...]) -> None:
    letter = replace(LETTER, files=files, workbook=BOOK)
    message = read(letter)
    *_, book = message.iter_attachments()
    assert (book.get_filename(), book.get_content()) == (BOOK.name, BOOK.content)
    assert book.get_content_type().endswith(".spreadsheetml.sheet")
    assert text_of(message) == LETTER.text
    assert bytes_of(letter) == bytes_of(letter)


def test_the_calendar_says_its_method() -> None:
    [file] = read(LETTER).iter_attachments()
    assert file.get_content_type() == "text/calendar"
    assert file["Content-Type"].params["method"] == "PUBLISH"
    assert str(file.get_content()).replace("\r\n", "\n") == ICS.replace("\r\n", "\n")


@pytest.mark.parametrize(
    "but",
    [
        {}, {"files": ()}, {"workbook": BOOK}, {"subject": "38 to 58"}, {"subject": "x" * 300},
        {"subject": " two  "}, {"subject": "a" * 69}, {"subject": "a" * 70},
        {"message_id": f"<{'1' * 90}@example.org>"},
        {"text": "one\r\n\rtwo\n\n\r\r\nthree"}, {"text": "\n"}, {"text": "晚\r\n"},
        {"to": ", ".join(f"name {n} <n{n}@example.org>" for n in range(12))},
    ],
)  # fmt: skip
def test_it_is_what_the_library_writes(but: dict[str, Any]) -> None:
    """Short headers, and texts, go a shorter way."""
    letter = replace(LETTER, **but)
    usual = policy.compat32.clone(linesep="\r\n")
    assert bytes_of(letter) == message_of(letter).as_bytes(policy=usual)


def test_people_can_read_the_file() -> None:
    lines = bytes_of(replace(LETTER, subject="38 to 58")).decode().split("\r\n")
    assert {"Subject: 38 to 58", "38 → 58", "晚宴"} <= set(lines)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_line_that_is_too_long_arrives_all_the_same(end: str) -> None:
    letter = replace(LETTER, text="客" * LINE_BYTES + end, subject="客" * 300)
    assert all(len(line) <= LINE_BYTES for line in bytes_of(letter).split(b"\r\n"))
    message = read(letter)
    assert text_of(message) == "客" * LINE_BYTES + "\n"
    assert message["Subject"] == letter.subject


def test_names_and_several_addresses() -> None:
    message = read(replace(LETTER, to="餐饮 <a@example.org>, b@example.org"))
    [sender] = message["From"].addresses
    assert (sender.display_name, sender.addr_spec) == ("接待办", "desk@example.org")
    to = [(one.display_name, one.addr_spec) for one in message["To"].addresses]
    assert to == [("餐饮", "a@example.org"), ("", "b@example.org")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"subject": "a\r\nBcc: all@example.org"},
        {"sender": "desk@example.org\nX: y"},
        {"message_id": "<1@x>\n\nbody"},
        {"language": "zh\nX: y"},
        {"to": ""},
        {"to": "接待@example.org"},
        {"files": (Attachment("v.ics\nX: y", "PUBLISH", ICS),)},
        {"workbook": Workbook("v.xlsx\nX: y", b"")},
        {"files": (Attachment("v.ics", "PUBLISH\r\nX: y", ICS),)},
    ],
)
def test_what_cannot_be_a_header_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        bytes_of(replace(LETTER, **wrong))


def test_a_server_that_takes_seven_bits_gets_the_same_text() -> None:
    narrow = message_of(LETTER).as_bytes(policy=policy.compat32.clone(cte_type="7bit"))
    assert narrow.isascii()
    message = message_from_bytes(narrow, policy=policy.default)
    assert text_of(message) == LETTER.text
    [file] = message.iter_attachments()
    assert "晚宴" in file.get_content()


def test_the_same_letter_is_the_same_bytes() -> None:
    assert bytes_of(LETTER) == bytes_of(LETTER)
