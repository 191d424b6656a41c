"""No text of anybody comes alive on a page, leads away from it, or gives more than was asked for.

Owners, alarms, beats and what is sent are hostile wherever the contracts allow it (`hostile`);
pages, forms, parameters and routes are found by reading the application itself.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import quote, urlsplit

import httpx
import pytest
import pytest_asyncio
from icalendar import Calendar

from services.console.access import SAFE
from services.console.documents import Kind
from services.console.door import FORMS
from tests.support import hostile
from tests.support.crawl import Form, Seen, leads_away, look, names_in, routes
from tests.support.hostile import MARK, SHORT
from tests.support.nats import NatsServer
from tests.support.siege import Siege, besieged

PAGE = {"Accept": "text/html"}
ELSEWHERE = (
    "//evil.example", "\\\\evil.example", "/\\evil.example", "https:evil.example",
    "https://evil.example", "%2f%2fevil.example", "/%09/evil.example", "javascript:hit()",
)  # fmt: skip
USUAL = {"next", "to", "back", "return", "return_to", "redirect", "redirect_uri", "url", "goto",
         "continue", "said", "no", "lang", "state", "code"}  # fmt: skip
"""Names by which sites are told where to go on, and what our own pages read by hand."""
MORE = {"actor": "mallory", "role": "mallory", "roles": "mallory", "station": "mallory",
        "stations": "mallory", "cause": "mallory", "command": "mallory", "form": "mallory",
        "owner": "mallory", "expected_revision": "99", "who": "mallory"}  # fmt: skip
"""What a form does not have, and a command does."""


@pytest_asyncio.fixture
async def siege(nats_server: NatsServer, tmp_path: Path) -> AsyncIterator[Siege]:
    async with besieged(nats_server.url, tmp_path) as made:
        yield made


def harmless(seen: Seen, where: object) -> None:
    """Nothing that was said is a part of the page."""
    assert MARK not in seen.tags, where
    assert not [one for one in seen.attributes if one.startswith("on") or MARK in one], where
    assert seen.inline == (), where
    assert [one for one in seen.addresses if leads_away(one)] == [], where


async def pages(siege: Siege) -> dict[str, Seen]:
    """Every page, read in both languages; the Chinese one is kept."""
    found = {}
    for address in siege.pages():
        for language in ("en", "zh"):
            answer = await siege.client.get(
                address, headers=PAGE | {"Accept-Language": language}, follow_redirects=False
            )
            # A visit that is not ready has no documents: that is a conflict.
            assert answer.status_code in (200, 404, 409), (address, answer.text)
            if answer.headers["content-type"].startswith("text/html"):
                found[address] = look(answer.text)
                harmless(found[address], (address, language))
                assert found[address].headings == 1, address
    return found


async def test_what_is_stored_stays_text(siege: Siege) -> None:
    found = await pages(siege)
    telling = {address for address, seen in found.items() if MARK in seen.text}
    dumb = {urlsplit(one).path for one in found.keys() - telling}
    # So many show what owners say; a page that shows none of it is named here.
    confirming = {f"/parked/venues/{act}" for act in ("replay", "discard", "restore")}
    # A new unit is made from one that there is: without one it is not found.
    assert dumb == {"/new-visit", "/new-unit", *confirming}, dumb
    assert {"read_visit", "read_parked", "list_acts", "list_intake_acts", "list_schedule",
            "read_inventory", "read_timeline", "list_risks", "read_replay", "group_parked",
            "list_notices"} <= siege.attacker.asked  # fmt: skip


@pytest.mark.parametrize("need", ["hall", "meal", "site", "vehicle", "room", "escort"])
async def test_documents_of_a_ready_visit_stay_text(
    nats_server: NatsServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, need: str
) -> None:
    """What is allotted is whatever its owner writes; if it makes no sense there is no document."""
    monkeypatch.setitem(hostile.OF_CLASS, ("VisitView", "phase"), "ready")
    monkeypatch.setitem(hostile.OF_CLASS, ("NeedView", "state"), "confirmed")
    monkeypatch.setitem(hostile.OF_CLASS, ("NeedView", "kind"), need)
    monkeypatch.setitem(hostile.OF_CLASS, ("RuleFinding", "severity"), "warn")
    hostile.answer_of.cache_clear()
    try:
        async with besieged(nats_server.url, tmp_path) as siege:
            for kind in Kind:
                address = f"/visits/v-1/documents/{kind}?lang=en"
                answer = await siege.client.get(address, headers=PAGE)
                assert answer.status_code in ((200, 503) if need == "room" else (200,)), answer.text
                seen = look(answer.text)
                harmless(seen, address)
                assert seen.headings == 1
                assert MARK in seen.text or answer.status_code == 503
    finally:
        hostile.answer_of.cache_clear()


async def test_what_is_asked_for_stays_text(siege: Siege) -> None:
    """Every parameter that a page has, reads or leads to, and an address that goes on."""
    found = await pages(siege)
    taken = {
        siege.at(path): {one.alias for one in route.dependant.query_params}
        for (method, path), route in routes(siege.folder).items()
        if method in SAFE
    }
    tried = set()
    for address, seen in found.items():
        plain = urlsplit(address).path
        names = sorted(names_in(seen) | taken[address])
        tried.update(names)
        for value in (SHORT, "//evil.example"):
            # Those that a page does not know of can come together; of the others one spoils all.
            for asked in (*({name: value} for name in names), dict.fromkeys(USUAL, value)):
                answer = await siege.client.get(plain, params=asked, headers=PAGE)
                at_home(answer, (plain, asked))
                harmless(look(answer.text), (plain, asked))
        answer = await siege.client.get(f"{plain}{quote(SHORT)}", headers=PAGE)
        harmless(look(answer.text), address)
    assert {"after", "text", "phase", "kind", "template", "copy", "message", "from"} <= tried


def at_home(answer: httpx.Response, where: object) -> None:
    """It neither fails nor sends a browser away."""
    assert answer.status_code < 500, (where, answer.text[:500])
    location = answer.headers.get("location", "/")
    assert location.startswith("/") and not leads_away(location), (where, location)


def forms_of(found: dict[str, Seen]) -> list[tuple[str, Form]]:
    """Every form that writes, once for each address and set of fields, with its page."""
    some = {}
    for page, seen in found.items():
        for form in seen.forms:
            action = form.action or page
            if form.method == "post" and action != "/logout":
                some[action, frozenset(name for name, _ in form.fields)] = (action, form)
    return list(some.values())


async def send(siege: Siege, action: str, fields: list[tuple[str, str]]) -> httpx.Response:
    body = "&".join(f"{quote(name)}={quote(value)}" for name, value in fields)
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    return await siege.client.post(action, content=body, headers=siege.own | PAGE | kind)


@pytest.mark.parametrize("outcome", ["accepted", "invalid"])
async def test_what_is_sent_stays_text_and_leads_nowhere(siege: Siege, outcome: str) -> None:
    """Each field of each form in turn, with the owner's own words of refusal on the answer."""
    siege.attacker.outcome = outcome
    forms = forms_of(await pages(siege))
    assert len(forms) >= 12, [action for action, _ in forms]
    for action, form in forms:
        for index, (name, _) in enumerate(form.fields):
            for value in (SHORT, *ELSEWHERE[:3]):
                if name in ("idempotency_key",):
                    continue
                fields = [(one, kept or "x") for one, kept in form.fields]
                fields[index] = (name, value)
                fields = [(one, f"k-{index}-{value}" if one == "idempotency_key" else kept)
                          for one, kept in fields]  # fmt: skip
                answer = await send(siege, action, fields)
                at_home(answer, (action, name, value))
                harmless(look(answer.text), (action, name, value))


async def test_a_form_gives_no_more_than_it_has(siege: Siege) -> None:
    """Fields beside those of the form change nothing: not who acts, nor on what."""
    for action, form in forms_of(await pages(siege)):
        own = {name for name, _ in form.fields}
        fields = [(name, value or "because") for name, value in form.fields]
        extra = [(name, value) for name, value in MORE.items() if name not in own]
        at_home(await send(siege, f"{action}", fields + extra), action)
    sent = siege.attacker.commands
    assert {name for name, _ in sent} >= {"act_on_parked", "set_intake", "cancel_visit",
                                          "drop_proposal", "reconcile_visit"}, sent  # fmt: skip
    for name, body in sent:
        assert body["actor"] == "ann" and "mallory" not in repr(body), (name, body)
        assert body.get("expected_revision") != 99, (name, body)


async def test_a_body_gives_no_more_than_its_contract(siege: Siege) -> None:
    """JSON with a field that the address does not know is refused, by the name of the field."""
    taken = {}
    for method, path in routes(siege.folder):
        if method not in ("POST", "PUT") or not path.startswith("/v1/"):
            continue
        told = siege.own | {"Idempotency-Key": f"{method}{path}", "If-Match": '"1"'}
        for name, value in MORE.items():
            answer = await siege.client.request(
                method, siege.at(path), json={name: value}, headers=told, params={"reason": "why"}
            )
            wrong = {one["path"]: one["code"] for one in answer.json().get("errors", ())}
            if wrong.get(name) != "extra_forbidden":
                taken[method, path, name] = (answer.status_code, answer.text[:200])
    # A visit has a station of its own; these two addresses take no body of fields.
    assert "application/json" in FORMS
    open_ = {key: one for key, one in taken.items() if not allowed(*key)}
    assert open_ == {} and siege.attacker.commands == []


def allowed(_method: str, path: str, name: str) -> bool:
    """Fields that a contract has, and addresses that read no fields."""
    if path.endswith(("/acknowledgement", "/bodies/{message:path}", "/roster")):
        return True
    return name == "station" and (path.endswith(("/visits", "/{visit}", "/proposal")))


async def test_a_calendar_has_the_lines_that_we_write(siege: Siege) -> None:
    answer = await siege.client.get(siege.calendar)
    assert answer.headers["content-type"].startswith("text/calendar")
    assert answer.headers["x-content-type-options"] == "nosniff" and MARK in answer.text
    lines = answer.text.replace("\r\n ", "").split("\r\n")
    assert not [one for one in lines if one.startswith(MARK) or "\n" in one]
    begun = [one for one in lines if one.startswith("BEGIN:")]
    assert begun == ["BEGIN:VCALENDAR", "BEGIN:VEVENT"]
    assert len(Calendar.from_ical(answer.text).events) == 1
