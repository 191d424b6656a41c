"""Replays: at a rate, stopped, by replicas that die or share, and never beyond their service."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from functools import partial

from sqlalchemy import delete, select, update

from shared.chassis import limits, replays
from shared.chassis.grouped import GROUP
from shared.chassis.parking_rules import replay_id
from shared.chassis.service import Service
from shared.chassis.work import Work
from shared.contracts.holds import HoldsChanged
from shared.contracts.parking import Edit, Pace, Replay, Stop
from tests.support.nats import NatsServer
from tests.support.parking import SOON_S, Keeper, Person, body_of, chosen, effects, keeping, person

EVENT = HoldsChanged.subject("venues")


def event(visit: str) -> HoldsChanged:
    return HoldsChanged(cause="c", actor="a", visit=visit, holds=())


async def parked(ann: Person, service: Service, many: int) -> list[str]:
    """Messages that were rubbish and are good now, oldest first."""
    ids = []
    for number in range(many):
        ids.append(await ann.send(EVENT, b"{", f"m-{number:03}"))
        # One after the other, so that they have an order.
        await ann.until_parked(number + 1)
    for number, one in enumerate(ids):
        done = await ann.act(Edit(message=one, revision=1, body=body_of(event(f"v-{number:03}"))))
        assert done.outcome == "accepted"
    return ids


async def test_replaying_twice_does_no_harm(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        [one] = await parked(ann, service, 1)
        for _ in range(2):
            assert (await ann.act(Replay(chosen=chosen(one)), "same")).outcome == "accepted"
        other = await ann.act(Replay(chosen=chosen(one)), "other")
        await ann.until_over("same")
        assert other.outcome == "conflict"
        assert (await ann.act(Replay(chosen=chosen(one)))).outcome == "conflict"
        assert await effects(service) == ["v-000"]
        assert sorted(act.kind for act in await ann.acts()) == [
            "edit", "ended", "replay", "replay", "replay",
        ]  # fmt: skip


async def test_a_group_is_replayed_at_a_rate_and_stopped(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        await parked(ann, service, 6)
        groups = await ann.groups()
        group = {"group": groups.groups[0].group, "as_of": groups.as_of}
        slow = Replay.model_validate({"chosen": group, "per_s": 0.05})
        assert (await ann.act(slow, "slow")).outcome == "accepted"
        await ann.until(lambda: ann.replay("slow"), lambda view: view.done >= 1)
        stopped = await ann.act(Stop(replay="slow"), reason="enough")
        assert stopped.outcome == "accepted"
        view = await ann.replay("slow")
        assert (view.state, view.waiting, view.failed) == ("stopped", 0, 0)
        assert view.done + view.left == view.total == 6 and view.left > 0
        before = await effects(service)
        assert before == [f"v-{number:03}" for number in range(view.done)]
        again = await ann.act(Stop(replay="slow"))
        assert (again.outcome, again.problems[0].code) == ("conflict", "wrong_state")
        groups = await ann.groups()
        group = {"group": groups.groups[0].group, "as_of": groups.as_of}
        assert groups.groups[0].count == view.left
        await ann.act(Replay.model_validate({"chosen": group, "per_s": 500}), "rest")
        assert (await ann.until_over("rest")).done == view.left
        assert await effects(service) == [f"v-{number:03}" for number in range(6)]
        told = {act.act: (act.kind, act.actor, act.reason) for act in await ann.acts()}
        assert told["slow#ended"] == ("ended", "ann", "stopped")
        assert told["rest#ended"] == ("ended", "keeper", "ended")


async def test_a_running_replay_goes_on_at_another_rate(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        ids = await parked(ann, service, 4)
        await ann.act(Replay(chosen=chosen(*ids), per_s=0.01), "slow")
        await ann.until(lambda: ann.replay("slow"), lambda view: view.done == 1)
        # At the old rate the next one would be due in a hundred seconds.
        quicker = await ann.act(Pace(replay="slow", per_s=500), "quicker", reason="it is well")
        assert quicker.outcome == "accepted"
        view = await ann.until_over("slow")
        assert (view.done, view.failed, view.per_s) == (4, 0, 500)
        assert await effects(service) == [f"v-{number:03}" for number in range(4)]
        late = await ann.act(Pace(replay="slow", per_s=1))
        assert (late.outcome, late.problems[0].code) == ("conflict", "wrong_state")
        none = await ann.act(Pace(replay="none", per_s=1))
        assert (none.outcome, none.problems[0].code) == ("missing", "no_such_replay")
        [told] = [act for act in await ann.acts() if act.act == "quicker"]
        assert (told.kind, told.actor, told.reason) == ("pace", "ann", "it is well")
        assert (told.detail["before_per_s"], told.detail["per_s"]) == (0.01, 500)


async def test_a_slow_replay_does_not_hold_up_a_quick_one(bus: NatsServer, store_url: str) -> None:
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        ids = await parked(ann, service, 5)
        await ann.act(Replay(chosen=chosen(*ids[:2]), per_s=0.01), "slow")
        await ann.until(lambda: ann.replay("slow"), lambda view: view.done == 1)
        await ann.act(Replay(chosen=chosen(*ids[2:]), per_s=500), "quick")
        assert (await ann.until_over("quick")).done == 3
        view = await ann.replay("slow")
        assert (view.state, view.done, view.waiting) == ("running", 1, 1)


async def test_a_canary_stops_at_the_first_failure(bus: NatsServer, store_url: str) -> None:
    keeper = Keeper()
    keeper.cursed = {"v-001"}
    async with keeping(bus, store_url, keeper) as service, person(bus) as ann:
        ids = await parked(ann, service, 3)
        careful = Replay(chosen=chosen(*ids), per_s=500, stop_at_first_failure=True)
        await ann.act(careful, "careful")
        view = await ann.until_over("careful")
        assert (view.state, view.done, view.failed, view.left) == ("failed", 1, 1, 1)
        assert view.failures == (ids[1],)
        assert await effects(service) == ["v-000"]
        shown = await ann.one(ids[1])
        assert (shown.state, shown.reason, shown.attempts) == ("parked", "failing", 2)
        assert shown.error == "RuntimeError: no luck with visit 'v-001'"
        keeper.cursed = set()
        await ann.act(Replay(chosen=chosen(*ids[1:])), "then")
        assert (await ann.until_over("then")).done == 2
        assert await effects(service) == ["v-000", "v-001", "v-002"]


async def test_two_replicas_handle_nothing_twice(bus: NatsServer, store_url: str) -> None:
    async with (
        keeping(bus, store_url, Keeper()) as one,
        keeping(bus, store_url, Keeper()),
        person(bus) as ann,
    ):
        ids = await parked(ann, one, 12)
        names = [f"r-{number}" for number in range(4)]
        acts = [
            ann.act(Replay(chosen=chosen(*ids[number::2]), per_s=500), name)
            for number, name in enumerate(names)
        ]
        outcomes = [told.outcome for told in await asyncio.gather(*acts)]
        for name, outcome in zip(names, outcomes, strict=True):
            if outcome == "accepted":
                await ann.until_over(name)
        await ann.until_parked(12, "done")
        assert await effects(one) == [f"v-{number:03}" for number in range(12)]


async def test_another_replica_takes_over_from_a_dead_one(bus: NatsServer, store_url: str) -> None:
    """The dead one's lease is out; it had handled a message and told nobody."""
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        ids = await parked(ann, service, 3)
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        act = Replay(chosen=chosen(*ids))
        jobs = service.tables.replays

        def held(work: Work) -> None:
            """As the dead one left it, in one transaction with what begins it."""
            replays.begin(work, "orphan", ids, act)
            rows = [{"act": "orphan", "message": one, "outcome": "waiting"} for one in ids]
            work.connection.execute(work.tables.touched.insert(), rows)
            replays.settle(work, "orphan", ids[0], 1)
            lease = {"holder": "dead", "lease_until": work.now + timedelta(hours=1)}
            work.connection.execute(update(jobs).values(lease))

        await service.writer.run(held)
        assert await service.writer.run(lambda work: replays.claim(work, "someone")) is None
        await service.writer.run(
            lambda work: work.connection.execute(
                update(jobs).values(lease_until=work.now - timedelta(seconds=1))
            )
        )
        await ann.until_parked(3, "done")
        assert await effects(service) == ["v-001", "v-002"]


async def test_what_a_replica_does_late_is_undone(bus: NatsServer, store_url: str) -> None:
    """It slept between reading a message and its transaction; the replay was stopped meanwhile."""
    asleep, awake = asyncio.Event(), asyncio.Event()
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        [one] = await parked(ann, service, 1)
        handle = service.writer.handle

        async def slowly(some):
            if any(delivery.id == replay_id(one, 1) for _handler, delivery in some):
                asleep.set()
                await awake.wait()
            return await handle(some)

        service.writer.handle = slowly
        await ann.act(Replay(chosen=chosen(one)), "late")
        await asyncio.wait_for(asleep.wait(), SOON_S)
        await ann.act(Stop(replay="late"))
        awake.set()
        await ann.act(Replay(chosen=chosen(one)), "next")
        assert (await ann.until_over("next")).done == 1
        assert await effects(service) == ["v-000"]
        assert (await ann.replay("late")).left == 1


async def test_a_kill_between_commit_and_acknowledgement(bus: NatsServer, store_url: str) -> None:
    """The command comes again to a new process, under the same transport id."""
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        [one] = await parked(ann, service, 1)
        arrived: list[str] = []
        handle = service.handle

        async def die_after(handler, some):
            done = await handle(handler, some)
            arrived.append(GROUP.get()[0].arrival.id)
            if len(arrived) == 1:
                raise ConnectionError("killed before the acknowledgement")
            return done

        service.handle = die_after
        await ann.act(Replay(chosen=chosen(one)), "r")
        assert (await ann.until_over("r")).done == 1
        await ann.until(partial(_copy, arrived), lambda seen: seen.count(seen[0]) == 2)
        assert await effects(service) == ["v-000"]
        assert len([act for act in await ann.acts() if act.act == "r"]) == 1


async def _copy(some: list[str]) -> list[str]:
    return list(some)


async def test_an_event_replayed_here_does_not_reach_others(
    bus: NatsServer, store_url: str, tmp_path
) -> None:
    elsewhere = f"sqlite:///{tmp_path / 'other.db'}"
    async with (
        keeping(bus, store_url, Keeper()) as here,
        keeping(bus, elsewhere, Keeper(), "other") as there,
        person(bus) as ann,
    ):
        one = await ann.send(EVENT, b"{")
        await ann.until_parked(1)
        await ann.until_parked(1, of="other")
        await ann.act(Edit(message=one, revision=1, body=body_of(event("v-9"))))
        await ann.act(Replay(chosen=chosen(one)), "here")
        await ann.until_over("here")
        await ann.event("after")
        await ann.until(partial(effects, there), lambda seen: seen == ["after"])
        await ann.until(partial(effects, here), lambda seen: seen == ["after", "v-9"])
        assert [line.state for line in (await ann.parked("other")).messages] == ["parked"]


async def test_infrastructure_is_not_the_messages_fault(
    bus: NatsServer, store_url: str, monkeypatch
) -> None:
    monkeypatch.setattr(limits, "BACKOFF_S", (0.01, 0.01))
    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        [one] = await parked(ann, service, 1)
        handle, broken = service.writer.handle, [True, True]

        async def sometimes(some):
            if broken and any(delivery.id == replay_id(one, 1) for _handler, delivery in some):
                broken.pop()
                raise ConnectionError("the store is away")
            return await handle(some)

        service.writer.handle = sometimes
        await ann.act(Replay(chosen=chosen(one)), "r")
        assert (await ann.until_over("r")).done == 1
        assert broken == [] and (await ann.one(one)).attempts == 1


async def test_resolved_messages_leave_unresolved_stay(bus: NatsServer, store_url: str) -> None:
    from shared.chassis import parked as lot

    async with keeping(bus, store_url, Keeper()) as service, person(bus) as ann:
        ids = await parked(ann, service, 2)
        await ann.act(Replay(chosen=chosen(ids[0])), "r")
        await ann.until_over("r")
        table = service.tables.parked
        long_ago = timedelta(seconds=limits.PARKED_MAX_AGE_S + 60)

        def age(work: Work) -> list[str]:
            old = work.now - long_ago
            work.connection.execute(update(table).values(parked_at=old))
            resolved = table.c.resolved_at.is_not(None)
            work.connection.execute(update(table).where(resolved).values(resolved_at=old))
            assert not lot.forget_resolved(work)
            return list(work.connection.execute(select(table.c.id)).scalars())

        assert await service.writer.run(age) == [ids[1]]
        assert await service.writer.run(lot.count) == {
            "parked": 1, "replaying": 0, "done": 0, "discarded": 0,
        }  # fmt: skip
        jobs, acts = service.tables.replays, service.tables.acts

        def forget(work: Work) -> list[str]:
            old = work.now - timedelta(seconds=limits.PARKED_ACTS_KEEP_S + 60)
            work.connection.execute(update(acts).where(acts.c.id == "r").values(at=old))
            assert not lot.forget_acts(work)
            work.connection.execute(delete(acts).where(acts.c.kind != "replay"))
            return list(work.connection.execute(select(jobs.c.id)).scalars())

        assert await service.writer.run(forget) == []
