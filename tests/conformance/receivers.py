"""Real receivers on loopback: a mail server, a web server; each can be told to refuse."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.ports import free_port


class MailServer:
    """Takes letters by SMTP. `answer` is what it says to a letter; None takes it. With `tls` it
    speaks TLS: from the first byte, or `upgraded`, and then takes no letter before."""

    def __init__(self, tls: ssl.SSLContext | None = None, upgraded: bool = False) -> None:
        self._tls, self._upgraded = tls, upgraded
        self.port = free_port()
        self.answer: str | None = None
        self.hang_up = False
        self.letters: list[EmailMessage] = []
        self._controller: Controller | None = None

    @property
    def url(self) -> str:
        scheme = "smtps" if self._tls and not self._upgraded else "smtp"
        return f"{scheme}://127.0.0.1:{self.port}"

    def start(self) -> MailServer:
        more: dict[str, Any] = {"ssl_context": self._tls}
        if self._upgraded:
            more = {"tls_context": self._tls, "require_starttls": self._tls is not None}
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port, **more)
        self._controller.start()
        return self

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, opts: Any):
        if self.answer is not None and self.answer.startswith("550"):
            return f"550 <{address}> unknown here"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.answer is not None:
            return self.answer
        self.letters.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        if self.hang_up:
            server.transport.abort()
            await asyncio.sleep(0.2)
        return "250 taken"


class WebServer:
    """Takes POSTs. `status` is what it answers; a redirect points at itself."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.status, self._tls = 204, tls
        self.posts: list[tuple[str, dict[str, str], bytes]] = []
        self._server: ThreadingHTTPServer | None = None
        self.port = free_port()

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}/hook"

    def start(self) -> WebServer:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer.posts.append((self.path, headers, body))
                self.send_response(outer.status)
                if outer.status in (301, 307):
                    self.send_header("Location", f"http://{outer.address}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def stop(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def bodies(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _path, _headers, body in self.posts]
