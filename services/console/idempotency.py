"""A write is done once: the first answer to a key is the answer to it for two days.

Owns: keys, prints of requests, and the course of a write from request to stored answer.
Must not: know what the commands are. A request that is not valid never uses up its key: it is
refused before the store is asked, and refused the same every time.
"""

from __future__ import annotations

import asyncio
import hashlib
import re

import structlog
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.requests import Request
from starlette.responses import Response

from services.console import store
from services.console.admission import Admission
from services.console.audit import Entry
from services.console.commands import WAIT_S, Answers, Intent, reply_to, status_address
from services.console.problems import ProblemError
from services.console.recorder import entry_of
from services.console.roles import Principal
from services.console.store import Act, Reply
from shared.chassis.service import Service
from shared.contracts.message import CommandAnswered

log = structlog.get_logger(__name__)
_KEY = re.compile(r"[\x21-\x7e]{1,200}")
AGAIN = {"Retry-After": "1"}


def key_of(request: Request) -> str:
    """The planner's key. Raises ProblemError when there is none."""
    of_form = getattr(request.state, "form_key", None)  # A form has no headers of its own.
    given = [of_form] if of_form else request.headers.getlist("idempotency-key")
    if len(given) != 1 or not _KEY.fullmatch(given[0]):
        remedy = "send one Idempotency-Key of 1 to 200 printable characters, new for each act"
        raise ProblemError("idempotency-key-missing", remedy)
    return given[0]


def command_of(actor: str, key: str) -> str:
    """The command id of an actor's key: after a crash the same key is the same command."""
    return f"c-{hashlib.sha256(f'{actor} {key}'.encode()).hexdigest()[:40]}"


def print_of(request: Request, body: bytes) -> str:
    """What makes two requests the same request."""
    parts = [request.method, request.url.path, request.url.query]
    parts.append(request.headers.get("if-match", ""))
    return hashlib.sha256("\n".join(parts).encode() + b"\n" + body).hexdigest()


class Writes:
    """Carries writes through. One per process; replicas meet in the store."""

    def __init__(
        self, service: Service, answers: Answers, admission: Admission, wait_s: float = WAIT_S
    ) -> None:
        self._service, self._answers, self._wait_s = service, answers, wait_s
        self._admission = admission
        self._under_way: set[str] = set()

    async def run(self, request: Request, body: bytes, intent: Intent, who: Principal) -> Response:
        """Do the write, or tell how it went before. Raises ProblemError."""
        command, own_print = command_of(who.name, key_of(request)), print_of(request, body)
        if command in self._under_way:
            raise ProblemError("request-under-way", "repeat it a little later", headers=AGAIN)
        self._under_way.add(command)
        try:
            resource = intent.resource or status_address(command)
            act = Act(command, own_print, resource, who.name, None, None)
            return await self._run(act, intent, entry_of(request, who))
        except (SQLAlchemyError, RuntimeError) as error:
            # The writer refuses work with RuntimeError while the store is still being waited for.
            log.warning("store_away", error=repr(error)[:300])
            detail = "repeat the request with the same key"
            raise ProblemError("store-away", detail, headers=AGAIN) from error
        finally:
            self._under_way.discard(command)

    async def _run(self, act: Act, intent: Intent, entry: Entry) -> Response:
        with self._answers.awaited(act.command) as told:
            known = await self.find(act.command)
            if known is None and not await self._begin(act, intent, entry):
                known = await self.find(act.command)
            if known is not None and known.print != act.print:
                raise ProblemError("idempotency-key-reused", "use a new key for a new request")
            if known is not None and known.reply is not None:
                return _response(known.reply, replayed=True)
            answer = known.answer if known else None
            reply = reply_to(intent, act.command, answer or await self._await(act.command, told))
        await self._keep(act.command, reply)
        return _response(reply, replayed=known is not None)

    async def find(self, command: str) -> Act | None:
        """What is known of a command."""
        return await self._service.read(lambda session: store.find(session, command))

    async def _begin(self, act: Act, intent: Intent, entry: Entry) -> bool:
        """Commit act, command and audit together; False when another replica was first."""
        self._admission.command(intent.brings_work)
        message, owner = await intent.make(act.command)
        try:
            await self._service.writer.run(
                lambda work: store.begin(work, act, message, owner, entry)
            )
        except IntegrityError:
            return False
        return True

    async def _await(
        self, command: str, told: asyncio.Future[CommandAnswered]
    ) -> CommandAnswered | None:
        try:
            return await asyncio.wait_for(told, self._wait_s)
        except TimeoutError:
            known = await self.find(command)
            return known.answer if known else None

    async def _keep(self, command: str, reply: Reply) -> None:
        """The answer stands without this: a retry finds the act and the owner's answer."""
        try:
            await self._service.writer.run(lambda work: store.keep_reply(work, command, reply))
        except SQLAlchemyError as error:
            log.warning("reply_not_kept", command=command, error=repr(error)[:300])


def _response(reply: Reply, replayed: bool) -> Response:
    headers = dict(reply.headers)
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    return Response(reply.body.encode(), reply.status, headers)
