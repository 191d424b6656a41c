"""Rubbish at the door: a clear problem each time, and nothing reaches the bus."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.console import FakeOwner, key, sort_of


def _deep(opened: str, closed: str) -> bytes:
    return (opened * 60_000 + closed * 60_000).encode()


@pytest.mark.parametrize(
    ("body", "media", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b'{"visit": NaN}', "application/json", 400),
        (_deep("[", "]"), "application/json", 400),
        (_deep("[", "]"), "application/yaml", 400),
        (b"a: &x [*x]", "application/yaml", 400),
        (b"visit: \xff\xfe", "application/yaml", 400),
        (b'{"visit": "\\ud800"}', "application/json", 400),
        (b'{"visit": "\\u0000"}', "application/json", 422),
        (b'{"\\u0000": 1, "\\ud83d\\ude00": 2}', "application/json", 422),
        (b"visit: \x00", "application/yaml", 400),
        (b"!!python/object/apply:os.system [id]", "application/yaml", 400),
        (b"visit: v", "application/yaml", 422),
        (b"12", "application/json", 400),
        (b"x=1", "application/x-www-form-urlencoded", 415),
        (b"x" * 300_000, "application/yaml", 413),
        (b"- " * 120_000, "application/yaml", 400),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
async def test_rubbish_is_answered_clearly(
    api: httpx.AsyncClient, owner: FakeOwner, body: bytes, media: str, status: int
) -> None:
    headers = {"Idempotency-Key": "k", "Content-Type": media, "If-Match": '"1"'}
    for method, path in (
        ("POST", "/v1/visits"),
        ("PUT", "/v1/visits/v-1"),
        ("POST", "/v1/visits/v-1/proposal"),
    ):
        answer = await api.request(method, path, content=body, headers=headers)
        assert answer.status_code == status, answer.text
        assert sort_of(answer)
    commit = await api.post("/v1/visits/v-1/proposal/commit", content=body, headers=headers)
    assert 400 <= commit.status_code < 500 and sort_of(commit)
    assert owner.commands == []


async def test_a_spec_of_ten_megabytes_gets_an_answer(api: httpx.AsyncClient) -> None:
    for path in ("/v1/visits", "/v1/nope"):
        answer = await api.post(path, content=b"#" * 10_000_000, headers=key("k"))
        assert (answer.status_code, sort_of(answer)) == (413, "too-large")
    assert (await api.get("/live")).status_code == 200


async def test_a_body_without_a_length_is_bounded(api: httpx.AsyncClient) -> None:
    async def unending() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"#" * 10_000

    answer = await api.post("/v1/visits", content=unending(), headers=key("k"))
    assert (answer.status_code, sort_of(answer)) == (413, "too-large")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nope", 404),
        ("GET", "/v1/visits/", 404),
        ("GET", "/static/../main.py", 404),
        ("GET", "/static/nope.js", 404),
        ("PATCH", "/v1/visits", 405),
        ("DELETE", "/", 405),
        ("GET", "/v1/visits/%00", 422),
        ("GET", "/v1/visits/%ff", 422),
        ("GET", "/v1/visits?phase=nope", 422),
        ("GET", "/v1/visits?limit=0", 422),
        ("GET", "/v1/visits?limit=" + "9" * 5_000, 422),
        ("GET", "/v1/visits?text=%ed%a0%80%00", 200),
        ("GET", "/v1/visits/v/timeline?after=-1", 422),
        ("GET", "/v1/notices?visit=%22", 422),
        ("GET", "/v1/commands/x", 422),
    ],
)
async def test_addresses_that_are_wrong(
    api: httpx.AsyncClient, owner: FakeOwner, method: str, path: str, status: int
) -> None:
    answer = await api.request(method, path)
    assert answer.status_code == status, answer.text
    assert status == 200 or sort_of(answer)


async def test_every_method_of_an_address_is_named(api: httpx.AsyncClient) -> None:
    for path, methods in (
        ("/v1/visits", "GET, POST"),
        ("/v1/visits/v-1", "DELETE, GET, PUT"),
        ("/v1/consents/v-1:a/b:1", "POST"),
    ):
        answer = await api.request("PATCH", path)
        assert (answer.status_code, answer.headers["allow"]) == (405, methods)


async def test_every_answer_is_guarded(api: httpx.AsyncClient, owner: FakeOwner) -> None:
    for path in ("/", "/v1/visits", "/nope", "/static/app.js", "/live", "/v1/openapi.json"):
        answer = await api.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self'") and "unsafe" not in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert "access-control-allow-origin" not in answer.headers
