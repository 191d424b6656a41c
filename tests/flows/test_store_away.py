"""While the console's own store is away, whatever is read says so and when to come back.

Who asks is known by a provider's token, which needs no store: so each route is reached, and meets
the store by itself. Nobody else is on the bus.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from services.console.door import Console
from services.console.feeds import new_secret
from services.console.roles import OPEN, ROUTES, Role
from shared.chassis import limits
from tests.support.console import CONSOLES, bearer, sort_of
from tests.support.crawl import look
from tests.support.identity import Identity
from tests.support.identity_console import console_with
from tests.support.nats import NatsServer
from tests.support.siege import FILL, STREAMS

PAGE = {"Accept": "text/html"}
SAYS = {"en": "The console cannot reach its own store", "zh": "控制台暂时无法读取自己的数据库"}
OF_THE_STORE = {
    "/v1/commands/{command}", "/v1/audit", "/v1/audit/verification", "/v1/alarms",
    "/v1/alarms/{alarm}", "/v1/feeds", "/feeds/{secret}.ics", "/alarms", "/alarms/{alarm}",
    "/feeds", "/now", "/login/oidc/done",
}  # fmt: skip
"""What lies in the console's own store; all else is asked of owners."""
UNFORESEEN = ("Traceback", "request_failed", "fragments_failed", "exc_info")


@dataclass(frozen=True)
class Rig:
    """A console, and a client with a token that needs no store."""

    folder: Path
    console: Console
    client: httpx.AsyncClient
    fill: dict[str, str]

    def at(self, path: str) -> str:
        """The address of a route."""
        return re.sub(r"\{([^}:]+)(:path)?\}", lambda found: self.fill[found[1]], path)


@pytest_asyncio.fixture
async def rig(nats_server: NatsServer, tmp_path: Path, identity: Identity) -> AsyncIterator[Rig]:
    identity.person = {"sub": "u-1", "redcrown_roles": [role.value for role in Role]}
    known = bearer(identity.sign(identity.claims()))
    async with console_with(nats_server.url, tmp_path, identity.issuer) as client:
        console = CONSOLES[str(client.base_url).rstrip("/")]
        client.headers.update(known)
        yield Rig(tmp_path, console, client, {**FILL, "secret": new_secret(), "alarm": "alarm-0"})


@contextmanager
def away(rig: Rig) -> Iterator[None]:
    """The file of the store cannot be opened meanwhile, as when what it lies on is gone."""
    engine = rig.console.service.engine
    files = [rig.folder / f"console.db{end}" for end in ("", "-wal", "-shm")]
    engine.dispose()
    for one in files:
        if one.exists():
            one.rename(one.with_name(f"kept-{one.name}"))
    files[0].mkdir()
    try:
        yield
    finally:
        engine.dispose()
        files[0].rmdir()
        for one in files:
            kept = one.with_name(f"kept-{one.name}")
            if kept.exists():
                kept.rename(one)


async def answers(rig: Rig, paths: set[str], **headers: str) -> dict[str, httpx.Response]:
    """What these GET routes say."""
    asked = sorted(paths)
    told = await asyncio.gather(*(rig.client.get(rig.at(one), headers=headers) for one in asked))
    return dict(zip(asked, told, strict=True))


def told_away(answer: httpx.Response) -> bool:
    """Whether it is the store that is said to be away, in the form that was asked for."""
    if answer.status_code != 503:
        return False
    assert int(answer.headers.get("retry-after", 0)) > 0, answer.url
    if answer.headers["content-type"].startswith("text/html"):
        return SAYS[answer.headers["content-language"]] in look(answer.text).text
    return sort_of(answer) == "store-away"


async def test_every_route_says_so(
    rig: Rig, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    every = {path for method, path in (*ROUTES, *OPEN) if method == "GET"} - {*STREAMS}
    before = await answers(rig, every)
    assert not [path for path, one in before.items() if one.status_code == 500 or told_away(one)]
    capsys.readouterr()
    monkeypatch.setattr(limits, "QUERY_TIMEOUT_S", 0.5)  # It asks itself, too: of parked messages.
    with away(rig):
        found = await answers(rig, every, **PAGE, **{"Accept-Language": "en"})
        assert {path for path, one in found.items() if told_away(one)} == OF_THE_STORE
        for path in every - OF_THE_STORE:
            assert found[path].status_code in (503, before[path].status_code), path
        chinese = await answers(rig, OF_THE_STORE, **PAGE, **{"Accept-Language": "zh"})
        assert [path for path, one in chinese.items() if not told_away(one)] == []
        for path in STREAMS:
            async with rig.client.stream("GET", path) as stream:
                assert stream.status_code in (200, 422), path
        left = await rig.client.post("/logout", headers={"X-Redcrown": "1"})
        assert left.status_code == 503 and left.headers["retry-after"]
    written = "".join(capsys.readouterr())
    unlogged = {"/login/oidc/done"}  # Its line in the audit is what is missing.
    assert written.count("store_away") >= 2 * len(OF_THE_STORE - unlogged)
    assert [word for word in UNFORESEEN if word in written] == []
    back = await answers(rig, OF_THE_STORE)
    assert {path: one.status_code for path, one in back.items()} == {
        path: before[path].status_code for path in OF_THE_STORE
    }
