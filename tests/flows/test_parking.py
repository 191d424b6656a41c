"""What cannot be handled is parked, shown, edited, replayed and discarded, on a real bus."""

from __future__ import annotations

import base64
import json

from shared.chassis import limits
from shared.contracts.holds import HoldsChanged, ReleaseHolds
from shared.contracts.parking import Discard, Edit, Replay, Restore
from tests.support.nats import NatsServer
from tests.support.parking import Keeper, body_of, chosen, effects, keeping, person

EVENT = HoldsChanged.subject("venues")
GOOD = HoldsChanged(cause="c", actor="a", visit="v-1", holds=())


async def test_bad_json_is_edited_and_handled_once(bus: NatsServer, store_url: str) -> None:
    keeper = Keeper()
    async with keeping(bus, store_url, keeper) as service, person(bus) as ann:
        one = await ann.send(EVENT, b'{"visit": ')
        await ann.until_parked(1)
        shown = await ann.one(one)
        assert (shown.state, shown.reason, shown.body) == ("parked", "unreadable", '{"visit": ')
        assert shown.consumer == "keeper-holds_changed-v1"
        assert shown.error.startswith("ValidationError: Invalid JSON")
        assert (await ann.act(Replay(chosen=chosen(one)), "r-0")).outcome == "accepted"
        failed = await ann.until_over("r-0")
        assert (failed.done, failed.failed, failed.failures) == (0, 1, (one,))
        shown = await ann.one(one)
        assert (shown.state, shown.attempts, len(shown.history)) == ("parked", 2, 2)
        assert shown.history[1]["replay"] == "r-0"
        edited = await ann.act(Edit(message=one, revision=shown.revision, body=body_of(GOOD)))
        assert (edited.outcome, edited.revision) == ("accepted", shown.revision + 1)
        assert await effects(service) == []
        await ann.act(Replay(chosen=chosen(one)), "r-1")
        assert (await ann.until_over("r-1")).done == 1
        assert await effects(service) == ["v-1"]
        shown = await ann.one(one)
        assert (shown.state, shown.body, shown.body_edited) == ("done", '{"visit": ', body_of(GOOD))
        assert [act.kind for act in shown.acts] == ["replay", "edit", "replay"]


async def test_an_invalid_edit_is_refused_with_places(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        wrong = {"cause": "c", "actor": "a", "command": "x", "visit": "Not A Slug", "holds": []}
        one = await ann.send(ReleaseHolds.subject("keeper"), json.dumps(wrong).encode())
        await ann.until_parked(1)
        told = await ann.act(Edit(message=one, revision=1, body='{"cause": "c", "visit": "V"}'))
        assert told.outcome == "invalid"
        problems = {problem.path: problem for problem in told.problems}
        assert problems["actor"].code == "missing" and problems["actor"].remedy
        assert problems["visit"].remedy.startswith("write text that matches")
        renamed = {**wrong, "visit": "v-1", "holds": ["h"], "cause": "another"}
        told = await ann.act(Edit(message=one, revision=1, body=json.dumps(renamed)))
        assert {problem.code for problem in told.problems} == {"another_meaning"}
        stale = await ann.act(Edit(message=one, revision=7, body=body_of(GOOD)))
        assert (stale.outcome, stale.problems[0].code) == ("conflict", "stale_revision")
        nobody = await ann.act(Edit(message="no-such", revision=1, body="{}"))
        assert nobody.outcome == "missing"
        assert (await ann.one(one)).body_edited is None
        assert [act.outcome for act in await ann.acts()] == [
            "missing", "conflict", "invalid", "invalid",
        ]  # fmt: skip


async def test_bytes_that_are_no_text_come_back_exactly(bus: NatsServer, store_url: str) -> None:
    body = b'\xff\xfe{"a": "\x00"}'
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        one = await ann.send(EVENT, body)
        await ann.until_parked(1)
        shown = await ann.one(one)
        assert base64.b64decode(shown.body_base64) == body
        assert shown.body == '\\xff\\xfe{"a": "\\x00"}'
        await ann.act(Edit(message=one, revision=1, body=body_of(GOOD)))
        assert base64.b64decode((await ann.one(one)).body_base64) == body


async def test_a_failing_handler_parks_after_its_attempts(
    bus: NatsServer, store_url: str, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "BACKOFF_S", (0.01,))
    monkeypatch.setattr(limits, "MAX_ATTEMPTS", 3)
    keeper = Keeper()
    keeper.cursed = {"v-1", "v-22"}
    async with keeping(bus, store_url, keeper) as service, person(bus) as ann:
        ids = {visit: await ann.event(visit) for visit in ("v-1", "v-22", "v-3")}
        page = await ann.until_parked(2)
        assert {line.id for line in page.messages} == {ids["v-1"], ids["v-22"]}
        assert {(line.reason, line.attempts) for line in page.messages} == {("failing", 3)}
        groups = await ann.groups()
        assert [(one.error_class, one.count) for one in groups.groups] == [("RuntimeError", 2)]
        assert groups.totals == {"parked": 2}
        keeper.cursed = set()
        group = groups.groups[0].group
        late = {"group": group, "as_of": groups.as_of}
        await ann.act(Replay.model_validate({"chosen": late}), "r")
        assert (await ann.until_over("r")).done == 2
        assert await effects(service) == ["v-1", "v-22", "v-3"]


async def test_discarded_and_restored(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        one = await ann.send(EVENT, b"{")
        await ann.until_parked(1)
        assert (await ann.act(Discard(chosen=chosen(one)), reason="a test")).outcome == "accepted"
        assert (await ann.one(one)).state == "discarded"
        no = await ann.act(Replay(chosen=chosen(one)))
        assert (no.outcome, no.problems[0].remedy) == ("conflict", "restore it first")
        assert (await ann.act(Discard(chosen=chosen(one)))).outcome == "conflict"
        assert (
            await ann.act(Restore(chosen=chosen(one)), reason="it was none")
        ).outcome == "accepted"
        shown = await ann.one(one)
        assert shown.state == "parked"
        told = [(act.kind, act.actor, act.reason) for act in reversed(shown.acts)]
        assert told == [("discard", "ann", "a test"), ("restore", "ann", "it was none")]


async def test_an_act_asked_twice_is_done_once(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        one = await ann.send(EVENT, b"{")
        await ann.until_parked(1)
        told = [await ann.act(Discard(chosen=chosen(one)), "twice") for _ in range(2)]
        assert told[0] == told[1]
        assert told[0].outcome == "accepted"
        assert [act.act for act in await ann.acts()] == ["twice"]


async def test_an_act_reaches_only_what_was_seen(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        first = await ann.send(EVENT, b"{")
        await ann.until_parked(1)
        seen = await ann.groups()
        later = await ann.send(EVENT, b"{")
        await ann.until_parked(2)
        frozen = {"group": seen.groups[0].group, "as_of": seen.as_of}
        await ann.act(Discard.model_validate({"chosen": frozen}))
        assert ((await ann.one(first)).state, (await ann.one(later)).state) == (
            "discarded",
            "parked",
        )


async def test_a_full_lot_loses_nothing(bus: NatsServer, store_url: str, monkeypatch) -> None:
    monkeypatch.setattr(limits, "PARKED_ROWS", 2)
    monkeypatch.setattr(limits, "BACKOFF_S", (0.05,))
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        ids = {await ann.send(EVENT, b"{") for _ in range(3)}
        page = await ann.until_parked(2)
        [waiting] = ids - {line.id for line in page.messages}
        await ann.act(Discard(chosen=chosen(page.messages[0].id)))
        page = await ann.until_parked(2)
        await ann.until(ann.parked, lambda page: waiting in {line.id for line in page.messages})


async def test_the_largest_message_can_be_shown(bus: NatsServer, store_url: str) -> None:
    """All of an answer together must fit a message of the bus, in any script."""
    async with keeping(bus, store_url, Keeper()), person(bus) as ann:
        one = await ann.send(EVENT, b"\xff" + "接".encode() * 300_000)
        await ann.until_parked(1)
        shown = await ann.one(one)
        assert shown.cut and shown.body.startswith("\\xff接接")
        note = {**GOOD.model_dump(mode="json"), "note": ["接" * 400] * 600}
        for revision in range(1, 30):
            note["note"][revision] = "待" * 400
            body = json.dumps(note, ensure_ascii=False)
            assert (await ann.act(Edit(message=one, revision=revision, body=body))).outcome == (
                "accepted"
            )
        shown = await ann.one(one)
        assert shown.cut and len(shown.acts) == 29
        assert len(await ann.acts()) == 29


async def test_parked_messages_are_counted_for_the_metrics(
    bus: NatsServer, store_url: str, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "PARKED_COUNT_S", 0.05)

    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:

        async def counted() -> float | None:
            labels = {"service": "keeper", "state": "parked"}
            return service.metrics.registry.get_sample_value("redcrown_parked", labels)

        one = await ann.send(EVENT, b"{")
        await ann.until(counted, lambda many: many == 1)
        await ann.act(Discard(chosen=chosen(one)))
        await ann.until(counted, lambda many: many == 0)
