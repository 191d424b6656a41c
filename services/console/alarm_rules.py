"""What is an alarm: every rule with its numbers, and what of it holds in a picture.

Owns: the table `RULES`. Rules that mean the same as one of `deploy/prometheus/alerts.yml` have its
name and its numbers (`tests/rules/test_alarm_rules.py` compares them); the others are about visits
and hotels, which Prometheus does not know.
Must not: do I/O, or remember: how long something has held is counted by `alarm_life`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from services.console import alarm_hotels, alarm_rosters, alarm_visits
from services.console.alarm_look import Look, Looks, Rule, look
from services.console.finding import harm_of, saying
from services.console.judging import FULL, NO_ROOM_BYTES, OUTBOX_ALARM_S, UNTAKEN_S, untaken
from services.console.judging_flows import ZOMBIE_S
from services.console.picture import Flow, Level, Picture, ServiceLine, State
from shared.contracts.hotel_troubles import HotelTroubles
from shared.contracts.impact import Impact

MINUTE_S, FIVE_S = 60.0, 300.0
FEWEST_PER_S = 0.05
"""Below so many failures a second a share of failures says nothing."""

BUS_AWAY = Rule("bus_away", Level.ALARM, limit=0, calm=0, after_s=30, clear_s=30)
BUS_STORES_NOTHING = Rule("bus_stores_nothing", Level.ALARM, limit=UNTAKEN_S, calm=0,
                          after_s=MINUTE_S, clear_s=30, unit="s")  # fmt: skip
SERVICE_MISSING = Rule("service_missing", Level.ALARM, limit=0, calm=0, after_s=MINUTE_S,
                       clear_s=30)  # fmt: skip
STORE_AWAY = Rule("store_away", Level.ALARM, limit=0, calm=0, after_s=MINUTE_S, clear_s=30)
OUTBOX_OLD = Rule("outbox_old", Level.ALARM, limit=OUTBOX_ALARM_S, calm=15, after_s=MINUTE_S,
                  clear_s=MINUTE_S, unit="s")  # fmt: skip
DISK_NEARLY_FULL = Rule("disk_nearly_full", Level.WARN, limit=1, calm=0.8, after_s=MINUTE_S,
                        clear_s=FIVE_S)  # fmt: skip
"""A gibibyte over what is free."""
STORE_SLOW = Rule(
    "store_slow", Level.WARN, limit=0.5, calm=0.25, after_s=FIVE_S, clear_s=FIVE_S, unit="s"
)
PARKED = Rule("parked", Level.WARN, limit=0, calm=0, after_s=FIVE_S, clear_s=30)
ORDERS_UNDECIDED = Rule("orders_undecided", Level.WARN, limit=0, calm=0, after_s=FIVE_S, clear_s=30)
"""At hotels: bookings goes no further with them by itself."""
MESSAGES_WAIT = Rule("messages_wait", Level.WARN, limit=60, calm=30, after_s=MINUTE_S,
                     clear_s=MINUTE_S, unit="s")  # fmt: skip
MESSAGES_FAIL = Rule("messages_fail", Level.WARN, limit=0.1, calm=0.05, after_s=FIVE_S,
                     clear_s=FIVE_S, unit="share")  # fmt: skip
STREAM_NEARLY_FULL = Rule("stream_nearly_full", Level.WARN, limit=FULL, calm=0.6,
                          after_s=MINUTE_S, clear_s=FIVE_S, unit="share")  # fmt: skip
STREAM_COPY_BEHIND = Rule("stream_copy_behind", Level.WARN, limit=0, calm=0, after_s=120,
                          clear_s=MINUTE_S)  # fmt: skip
COMMANDS_NOBODYS = Rule("commands_nobodys", Level.ALARM, limit=0, calm=0, after_s=ZOMBIE_S,
                        clear_s=MINUTE_S)  # fmt: skip

RULES: tuple[Rule, ...] = (
    BUS_AWAY, BUS_STORES_NOTHING, SERVICE_MISSING, STORE_AWAY, OUTBOX_OLD, COMMANDS_NOBODYS,
    *alarm_visits.RULES, *alarm_hotels.RULES, *alarm_rosters.RULES,
    MESSAGES_WAIT, MESSAGES_FAIL, PARKED, ORDERS_UNDECIDED, STREAM_NEARLY_FULL, STREAM_COPY_BEHIND,
    DISK_NEARLY_FULL, STORE_SLOW,
)  # fmt: skip
BY_NAME = {one.name: one for one in RULES}
_AWAY = (State.SILENT, State.LEFT, State.UNHEARD)


def looks(
    picture: Picture, risks: Sequence[Impact] | None, now: datetime,
    troubles: HotelTroubles | None = None, went_back: Sequence[str] = (),
) -> Looks:  # fmt: skip
    """What holds now. `risks`: visits that are not settled; `troubles`: orders at hotels that want
    somebody's eyes; None when nobody could say. `went_back`: visits whose roster did.

    What cannot be judged now is not among the rules `asked`: its alarms stay as they are.
    """
    if not picture.live:
        # All else is old news, and says nothing about now.
        gone = look(BUS_AWAY, "", 1, "", harm=saying("harm.bus"))
        return Looks(frozenset((BUS_AWAY.name,)), tuple(gone))
    asked = {one.name for one in RULES}
    if not picture.settled:
        # The console has only just begun to listen, or again: who is missing shows in a moment.
        asked.discard(SERVICE_MISSING.name)
    found = [one for line in picture.services for one in _service(line)]
    found += _consumers(picture)
    found += _streams(picture)
    for_s, told = untaken(picture)
    found += look(BUS_STORES_NOTHING, "", for_s, harm=saying("harm.bus_stores_nothing"), **told)
    if picture.commands.whole:
        law = picture.commands
        found += look(COMMANDS_NOBODYS, "", law.over, "", harm=saying("harm.zombies"),
                      count=law.over)  # fmt: skip
    else:
        asked.discard(COMMANDS_NOBODYS.name)
    if risks is None:
        asked -= {one.name for one in alarm_visits.RULES}
    else:
        found += alarm_visits.looks(picture, risks, now)
    if troubles is None:
        asked -= {one.name for one in alarm_hotels.RULES}
    else:
        found += alarm_hotels.looks(troubles, now)
    found += alarm_rosters.looks(went_back)
    return Looks(frozenset(asked), tuple(one for one in found if one.stands))


def _service(line: ServiceLine) -> Iterator[Look]:
    name, harm = line.service, partial(harm_of, line.service)
    if line.state in _AWAY:
        # What it said last is old: its store and its outbox cannot be judged.
        if line.state is not State.UNHEARD:
            yield from look(SERVICE_MISSING, name, 1, name, harm=harm)
        return
    yield from look(STORE_AWAY, name, float(line.store_away), name, harm=harm)
    yield from look(OUTBOX_OLD, name, line.outbox_oldest_s, name,
                    harm=saying("harm.outbox", service=name),
                    count=line.outbox_waiting)  # fmt: skip
    yield from look(PARKED, name, line.parked, name, harm=saying("harm.parked"), count=line.parked)
    yield from look(ORDERS_UNDECIDED, name, line.undecided, name,
                    harm=saying("harm.undecided"), count=line.undecided)  # fmt: skip
    if line.free_bytes is not None:
        yield from look(DISK_NEARLY_FULL, name, NO_ROOM_BYTES / max(1, line.free_bytes), name,
                        harm=saying("harm.store_full", service=name),
                        mb=f"{line.free_bytes / 1024**2:.0f}")  # fmt: skip
    if line.commit_p99_ms is not None:
        yield from look(STORE_SLOW, name, line.commit_p99_ms / 1_000, name, harm=harm,
                        ms=f"{line.commit_p99_ms:.0f}")  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Worst:
    flow: Flow
    value: float


def _consumers(picture: Picture) -> Iterator[Look]:
    """One alarm for a service, about its worst consumer: a storm is one cause, not a hundred."""
    away = {line.service for line in picture.services if line.state in _AWAY}
    flows = [one for one in picture.flows if one.service not in away and one.paused_until is None]
    for service, worst in _worst(flows, lambda one: one.behind_s).items():
        yield from look(MESSAGES_WAIT, service, worst.value, service,
                        harm=partial(harm_of, service), consumer=worst.flow.consumer,
                        count=worst.flow.waiting, seconds=f"{worst.value:.0f}")  # fmt: skip
    for service, worst in _worst(flows, failing).items():
        yield from look(MESSAGES_FAIL, service, worst.value, service,
                        harm=partial(harm_of, service), consumer=worst.flow.consumer,
                        percent=f"{100 * worst.value:.0f}")  # fmt: skip


def failing(flow: Flow) -> float:
    """Which share of what a consumer handled failed, of late."""
    tried = flow.out_per_s + flow.retried_per_s
    return flow.retried_per_s / tried if flow.retried_per_s >= FEWEST_PER_S else 0.0


def _worst(flows: Sequence[Flow], value: Callable[[Flow], float]) -> dict[str, _Worst]:
    found: dict[str, _Worst] = {}
    for flow in flows:
        one = _Worst(flow, value(flow))
        if flow.service not in found or one.value > found[flow.service].value:
            found[flow.service] = one
    return found


def _streams(picture: Picture) -> Iterator[Look]:
    for one in picture.streams:
        share = one.bytes / one.max_bytes if one.max_bytes > 0 else 0.0
        yield from look(STREAM_NEARLY_FULL, one.stream, share, stream=one.stream,
                        harm=saying("harm.stream_full"), percent=f"{100 * share:.0f}")  # fmt: skip
        late = [peer.name for peer in one.peers if peer.offline or not peer.current]
        yield from look(STREAM_COPY_BEHIND, one.stream, len(late), stream=one.stream,
                        harm=saying("harm.copies"), peers=", ".join(late))  # fmt: skip
