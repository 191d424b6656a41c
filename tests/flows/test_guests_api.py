"""Rosters through the public door: JSON, YAML and CSV; places of errors; what a look answers."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

from tests.rules.guest_case import row
from tests.support.console import client_of, running_console, sort_of
from tests.support.guests import running_guests
from tests.support.nats import NatsServer

ROSTER = "/v1/visits/v-1/roster"
JSON = {"Content-Type": "application/json"}
CSV = {"Content-Type": "text/csv; charset=utf-8"}


@pytest_asyncio.fixture
async def door(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    bus = nats_server.url
    async with (
        running_guests(bus, f"sqlite:///{tmp_path / 'guests.db'}"),
        running_console(bus, tmp_path) as address,
        client_of(address) as client,
    ):
        yield client


def body(*rows: dict[str, Any]) -> bytes:
    return json.dumps({"guests": rows}, indent=1).encode()


def seen(revision: int) -> dict[str, str]:
    return {**JSON, "If-Match": f'"{revision}"'}


async def test_put_look_edit_erase(door: httpx.AsyncClient) -> None:
    put = await door.put(ROSTER, content=body(row(1), row(2, diets=["halal"])), headers=JSON)
    assert (put.status_code, put.headers["etag"]) == (200, '"1"')
    assert put.headers["cache-control"] == "no-store"
    one, two = (line["guest"] for line in put.json()["rows"])
    again = await door.put(ROSTER, content=body(row(1), row(2, diets=["halal"])), headers=JSON)
    assert (again.status_code, again.json()["outcome"]) == (200, "unchanged")

    first = await door.get(ROSTER, params={"purpose": "rooming", "limit": 1})
    assert [g["document_number"] for g in first.json()["guests"]] == ["E00000001"]
    rest = (await door.get(first.json()["next"])).json()
    assert ([g["guest"] for g in rest["guests"]], rest["next"]) == ([two], None)
    wanted = {"purpose": "desk", "fields": "phone", "guest": one}
    narrow = await door.get(ROSTER, params=wanted)
    assert narrow.json()["guests"] == [{"guest": one, "phone": "+8613900000001"}]

    stale = await door.put(ROSTER, content=body(row(3)), headers=seen(7))
    assert (stale.status_code, sort_of(stale)) == (412, "roster-stale")
    assert stale.headers["etag"] == '"1"'
    edited = await door.put(ROSTER, content=body(row(1, guest=one, phone=None)), headers=seen(1))
    assert (edited.json()["revision"], edited.json()["erased"]) == (2, [two])
    assert (await door.delete(f"{ROSTER}/guests/{one}")).status_code == 204
    assert (await door.get(ROSTER, params={"purpose": "desk"})).json()["guests"] == []
    counts = (await door.get(f"{ROSTER}/totals")).json()
    assert (counts["guests"], counts["erased"]) == (1, 1)

    audit = (await door.get("/v1/guests/audit", params={"limit": 3})).json()
    assert [e["act"] for e in audit["entries"]] == ["put", "put", "look"]
    assert len({e["cause"] for e in audit["entries"]}) == 3
    assert (await door.get(audit["next"])).json()["entries"][0]["seq"] == 4
    verdict = (await door.get("/v1/guests/audit/verification")).json()
    assert verdict["whole"] and verdict["checked"] > 6


async def test_csv_and_yaml_are_the_same_roster(door: httpx.AsyncClient) -> None:
    rows = [row(1, diets=["halal", "low_salt"]), row(2, unit="Office, second")]
    fields = ["unit", "diets", *(name for name in row() if name != "unit")]
    lines = [",".join(fields)]
    for one in rows:
        cells = {**one, "diets": " ".join(one.get("diets", ())), "unit": one.get("unit", "")}
        lines.append(",".join(f'"{cells[name]}"' for name in fields))
    table = "\ufeff" + "\r\n".join(lines) + "\r\n\r\n"
    first = await door.put(ROSTER, content=table.encode(), headers=CSV)
    assert first.json()["outcome"] == "changed", first.text
    yaml = {"Content-Type": "application/yaml"}
    second = await door.put(ROSTER, content=body(*rows), headers=yaml)
    assert second.json()["outcome"] == "unchanged", second.text


async def test_errors_name_line_row_field_and_what_would_be_right(
    door: httpx.AsyncClient,
) -> None:
    good = b'{"family_name": "A", "given_name": "B"}'
    bad = b'{"guests": [\n' + good + b',\n{"family_name": "A",\n "phone": "x"}]}'
    answer = await door.put(ROSTER, content=bad, headers=JSON)
    assert (answer.status_code, sort_of(answer)) == (422, "invalid-roster")
    told = {one["path"]: one for one in answer.json()["errors"]}
    assert (told["guests[1].phone"]["line"], told["guests[1].phone"]["column"]) == (4, 11)
    assert told["guests[1].given_name"]["line"] == 3
    assert "+" in told["guests[1].phone"]["remedy"]
    table = b"family_name,given_name,sex\nA,B,male\n\nC,D,dunno\n"
    answer = await door.put(ROSTER, content=table, headers=CSV)
    [only] = answer.json()["errors"]
    assert (only["path"], only["line"]) == ("guests[1].sex", 4)
    assert "female" in only["remedy"]


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"", JSON, 400),
        (b"{", JSON, 400),
        (b"[]", JSON, 400),
        (b'{"guests": []}', JSON, 400),
        (b'{"guests": {}}', JSON, 400),
        (b'{"guests": [1]}', JSON, 400),
        (b'{"guests": [{}], "more": 1}', JSON, 400),
        (b'{"guests": [{}]}', JSON, 422),
        (b'{"guests": [{"family_name": "\\u0000"}]}', JSON, 422),
        (b"", CSV, 400),
        (b"family_name\n", CSV, 400),
        (b"family_name\nA,B\n", CSV, 400),
        (b'family_name\n"A', CSV, 400),
        (b"\xff\xfe", CSV, 400),
        (b",,\na,b,c\n", CSV, 422),
        (b"family_name\n" + b"A\n" * 1_001, CSV, 400),
        (b"x", {"Content-Type": "application/xml"}, 415),
        (b"x" * 300_000, CSV, 413),
        (b"{}", {**JSON, "If-Match": "*"}, 428),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else None,
)
async def test_rubbish_is_answered_clearly(
    door: httpx.AsyncClient, content: bytes, headers: dict[str, str], status: int
) -> None:
    answer = await door.put(ROSTER, content=content, headers=headers)
    assert answer.status_code == status, answer.text
    assert sort_of(answer)
    if status != 415:
        assert all(one["message"] and one["remedy"] for one in answer.json().get("errors", []))


async def test_what_is_not_allowed_or_not_there(door: httpx.AsyncClient) -> None:
    missing = await door.get(ROSTER, params={"purpose": "desk"})
    assert (missing.status_code, sort_of(missing)) == (404, "not-found")
    await door.put(ROSTER, content=body(row(1)), headers=JSON)
    for params in (
        {"purpose": "curiosity"},
        {"purpose": "kitchen", "fields": "family_name"},
        {"purpose": "guest"},
    ):
        answer = await door.get(ROSTER, params=params)
        assert (answer.status_code, sort_of(answer)) == (403, "purpose-refused")
        assert answer.json()["errors"][0]["remedy"]
        assert "Family1" not in answer.text
    assert (await door.get(ROSTER)).status_code == 422, "no look without a purpose"
    nobody = f"{ROSTER}/guests/g-{'0' * 26}"
    assert (await door.delete(nobody)).status_code == 404
    assert (await door.delete(f"{ROSTER}/guests/Family1")).status_code == 422
    assert (await door.delete(nobody, params={"reason": "Family1"})).status_code == 422


async def test_the_largest_roster_fits(door: httpx.AsyncClient) -> None:
    """As many as a body of 256 KiB carries; the answers stay below the bus's limit."""
    rows = [row(number) for number in range(1, 1_001)]
    fields = list(row())
    table = "\n".join([",".join(fields), *(",".join(str(one[f]) for f in fields) for one in rows)])
    put = await door.put(ROSTER, content=table.encode(), headers=CSV)
    assert put.status_code == 200, put.text
    assert len(put.json()["rows"]) == 1_000
    page = (await door.get(ROSTER, params={"purpose": "desk", "limit": 500})).json()
    assert len(page["guests"]) == 500 and page["next"]
    audit = (await door.get("/v1/guests/audit", params={"limit": 500})).json()
    assert len(audit["entries"][0]["guests"]) == 1_000
