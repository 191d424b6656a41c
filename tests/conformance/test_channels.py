"""One suite for every channel, against real receivers; then what is special to each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import ssl
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import pytest
import trustme

from services.notifications.channels.apprise import ByApprise
from services.notifications.channels.folder import Folder
from services.notifications.channels.port import (
    Attachment,
    Channel,
    Doubtful,
    Letter,
    Rejected,
    Unavailable,
)
from services.notifications.channels.smtp import Relay, Smtp
from services.notifications.channels.webhook import Webhook
from tests.conformance.receivers import MailServer, WebServer

NOW = datetime(2027, 8, 10, 9, 0, tzinfo=UTC)
ICS = "BEGIN:VCALENDAR\r\nMETHOD:PUBLISH\r\nSUMMARY:晚宴\r\nEND:VCALENDAR\r\n"
LETTER = Letter(
    id="01N", message_id="<01N@example.org>", sender="接待办 <desk@example.org>",
    to="kitchen@example.org", recipient="kitchen", visit="v", kind="changed", language="zh",
    subject="安排变更：" + "东部客商团" * 12, text="38 → 58\n晚宴\n", created_at=NOW,
    files=(Attachment("programme.ics", "PUBLISH", ICS),),
)  # fmt: skip


class FixedClock:
    def now(self) -> datetime:
        return NOW


class ChannelConformance:
    """What every channel promises. A channel's class says how to make it and look behind it."""

    channel: Channel
    letter = LETTER

    def received(self) -> list[tuple[str, str]]:
        """Subjects and texts that arrived."""
        raise NotImplementedError

    def refuse(self) -> None:
        """From now on, or this letter, never."""
        raise NotImplementedError

    def busy(self) -> None:
        """Not now."""
        raise NotImplementedError

    def heal(self) -> None:
        """As in the beginning."""
        raise NotImplementedError

    async def test_a_letter_arrives_whole(self) -> None:
        await self.channel.send(self.letter)
        [(subject, text)] = self.received()
        assert (subject, text.strip()) == (LETTER.subject, LETTER.text.strip())

    async def test_the_same_letter_again_is_the_same(self) -> None:
        await self.channel.send(self.letter)
        await self.channel.send(self.letter)
        assert len(set(self.received())) == 1

    async def test_a_refusal_for_good_is_told_apart(self) -> None:
        self.refuse()
        with pytest.raises(Rejected):
            await self.channel.send(self.letter)
        assert self.received() == []

    async def test_a_busy_receiver_gets_it_later(self) -> None:
        self.busy()
        with pytest.raises(Unavailable):
            await self.channel.send(self.letter)
        self.heal()
        await self.channel.send(self.letter)
        assert len(self.received()) == 1


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


class TestFolder(ChannelConformance):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path / "letters"
        self.channel = Folder(self.folder)

    def messages(self) -> list[EmailMessage]:
        files = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [message_from_bytes(one.read_bytes(), policy=policy.default) for one in files]  # type: ignore[misc]

    def received(self) -> list[tuple[str, str]]:
        return [(str(one["Subject"]), text_of(one)) for one in self.messages()]

    def refuse(self) -> None:
        self.letter = replace(LETTER, to="a@example.org\nBcc: all@example.org")

    def busy(self) -> None:
        self.folder.write_text("in the way")

    def heal(self) -> None:
        self.folder.unlink()

    async def test_twice_is_one_file_that_only_we_can_read(self) -> None:
        await self.channel.send(LETTER)
        await self.channel.send(LETTER)
        [path] = self.folder.iterdir()
        assert path.suffix == ".eml"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    async def test_headers_and_calendar(self) -> None:
        await self.channel.send(LETTER)
        [message] = self.messages()
        assert message["Message-ID"] == "<01N@example.org>"
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["From"].addresses[0].display_name == "接待办"
        [file] = message.iter_attachments()
        assert file.get_content_type() == "text/calendar"
        assert file["Content-Type"].params["method"] == "PUBLISH"
        assert str(file.get_content()).replace("\r\n", "\n") == ICS.replace("\r\n", "\n")


class TestSmtp(ChannelConformance):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        self.server = MailServer().start()
        self.channel = Smtp(Relay.of(self.server.url, None))
        yield
        self.server.stop()

    def received(self) -> list[tuple[str, str]]:
        return [(str(one["Subject"]), text_of(one)) for one in self.server.letters]

    def refuse(self) -> None:
        self.server.answer = "550 no"

    def busy(self) -> None:
        self.server.answer = "451 later"

    def heal(self) -> None:
        self.server.answer = None

    async def test_a_letter_refused_after_its_text_is_refused_for_good(self) -> None:
        self.server.answer = "554 not wanted"
        with pytest.raises(Rejected, match="554"):
            await self.channel.send(LETTER)

    async def test_a_dead_server_is_no_refusal(self) -> None:
        self.server.stop()
        with pytest.raises(Unavailable) as caught:
            await self.channel.send(LETTER)
        assert not isinstance(caught.value, Doubtful)

    async def test_a_line_that_breaks_after_the_text_leaves_doubt(self) -> None:
        self.server.hang_up = True
        with pytest.raises(Doubtful):
            await self.channel.send(LETTER)

    def test_a_password_never_travels_in_the_clear(self) -> None:
        assert Relay.of("smtp://desk:x@mail.example.org", None).start_tls is True
        assert Relay.of("smtp://mail.example.org", None).start_tls is None
        relay = Relay.of("smtps://desk:a%40b@mail.example.org", "from-file")
        assert (relay.port, relay.user, relay.password, relay.tls) == (
            465, "desk", "from-file", True,
        )  # fmt: skip

    def test_a_wrong_url_is_not_repeated(self) -> None:
        with pytest.raises(ValueError, match="REDCROWN_SMTP_URL") as caught:
            Relay.of("http://desk:secret@mail", None)
        assert "secret" not in str(caught.value)


AUTHORITY = trustme.CA()


def for_servers() -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    AUTHORITY.issue_cert("127.0.0.1").configure_cert(context)
    return context


def certificate(folder: Path, authority: trustme.CA = AUTHORITY) -> Path:
    path = folder / "authority.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.mark.parametrize("upgraded", [False, True], ids=["from the first byte", "upgraded"])
class TestSmtpOverTls(TestSmtp):
    """All that holds in the clear, and nothing in the clear."""

    @pytest.fixture(autouse=True)
    def _server(self, tmp_path: Path, upgraded: bool) -> Iterator[None]:
        self.server = MailServer(for_servers(), upgraded).start()
        self.channel = Smtp(Relay.of(self.server.url, None, certificate(tmp_path)))
        yield
        self.server.stop()

    async def test_a_server_that_another_authority_signs_gets_nothing(self, tmp_path: Path) -> None:
        other = Smtp(Relay.of(self.server.url, None, certificate(tmp_path, trustme.CA())))
        with pytest.raises(Unavailable):
            await other.send(LETTER)
        unnamed = Smtp(Relay.of(self.server.url, None))
        with pytest.raises(Unavailable):
            await unnamed.send(LETTER)
        assert self.server.letters == []


async def test_with_an_authority_no_letter_goes_without_tls(tmp_path: Path) -> None:
    server = MailServer().start()
    try:
        with pytest.raises((Rejected, Unavailable)):
            await Smtp(Relay.of(server.url, None, certificate(tmp_path))).send(LETTER)
        assert server.letters == []
    finally:
        server.stop()


@pytest.mark.parametrize(
    "made", [lambda one: Smtp(Relay.of("smtp://h", None, one)),
             lambda one: Webhook(None, FixedClock(), one)],
    ids=["REDCROWN_SMTP_CA_FILE", "REDCROWN_WEBHOOK_CA_FILE"],
)  # fmt: skip
def test_a_file_without_a_certificate_is_told(
    made: Callable[[Path], Channel], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    for content in (None, "no certificate"):
        path = tmp_path / "authority.pem"
        if content is not None:
            path.write_text(content)
        with pytest.raises(ValueError, match="is no file of PEM certificates") as told:
            made(path)
        assert str(told.value).startswith(request.node.callspec.id)


class TestWebhook(ChannelConformance):
    secret = b"whsec_" + base64.b64encode(b"shared key")

    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        self.server = WebServer().start()
        self.channel = Webhook(self.secret, FixedClock())
        self.letter = replace(LETTER, to=f"http://{self.server.address}")
        yield
        self.server.stop()

    def received(self) -> list[tuple[str, str]]:
        taken = self.server.bodies() if self.server.status < 300 else []
        return [(one["subject"], one["text"]) for one in taken]

    def refuse(self) -> None:
        self.server.status = 410

    def busy(self) -> None:
        self.server.status = 503

    def heal(self) -> None:
        self.server.status = 204
        self.server.posts.clear()

    async def test_the_receiver_can_check_who_and_when(self) -> None:
        await self.channel.send(self.letter)
        [(_path, headers, body)] = self.server.posts
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        right = base64.b64encode(hmac.new(b"shared key", signed, hashlib.sha256).digest()).decode()
        assert headers["webhook-signature"] == f"v1,{right}"
        assert headers["webhook-timestamp"] == str(int(NOW.timestamp()))
        assert headers["webhook-id"] == LETTER.id
        assert LETTER.to.encode() not in body

    @pytest.mark.parametrize("status", [301, 307])
    async def test_no_redirect_is_followed(self, status: int) -> None:
        self.server.status = status
        with pytest.raises(Rejected, match=str(status)):
            await self.channel.send(self.letter)
        assert len(self.server.posts) == 1

    async def test_nothing_is_sent_unsigned(self) -> None:
        with pytest.raises(Rejected, match="secret"):
            await Webhook(None, FixedClock()).send(self.letter)
        assert self.server.posts == []

    async def test_nobody_there(self) -> None:
        self.server.stop()
        with pytest.raises(Unavailable):
            await self.channel.send(self.letter)


class TestWebhookOverTls(TestWebhook):
    """The same, to https."""

    @pytest.fixture(autouse=True)
    def _server(self, tmp_path: Path) -> Iterator[None]:
        self.server = WebServer(for_servers()).start()
        self.channel = Webhook(self.secret, FixedClock(), certificate(tmp_path))
        self.letter = replace(LETTER, to=f"https://{self.server.address}")
        yield
        self.server.stop()

    async def test_a_server_that_another_authority_signs_gets_nothing(self, tmp_path: Path) -> None:
        for authority in (certificate(tmp_path, trustme.CA()), None):
            with pytest.raises(Unavailable):
                await Webhook(self.secret, FixedClock(), authority).send(self.letter)
        assert self.server.posts == []


class TestApprise(ChannelConformance):
    @pytest.fixture(autouse=True)
    def _server(self) -> Iterator[None]:
        self.server = WebServer().start()
        self.channel = ByApprise()
        self.letter = replace(LETTER, to=f"json://{self.server.address}")
        yield
        self.server.stop()

    def received(self) -> list[tuple[str, str]]:
        taken = self.server.bodies() if self.server.status < 300 else []
        return [(one["title"], one["message"]) for one in taken]

    def refuse(self) -> None:
        self.letter = replace(LETTER, to="carrier-pigeon://loft")

    def busy(self) -> None:
        self.server.status = 503

    def heal(self) -> None:
        self.server.status = 200
        self.server.posts.clear()

    async def test_its_urls_are_never_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        self.busy()
        with pytest.raises(Unavailable):
            await self.channel.send(self.letter)
        assert self.server.address not in caplog.text
