"""What one service may do on the bus, worked out from what all services declare.

Owns: the permissions of NATS, exactly as wide as the declarations and what the chassis does itself.
Must not: name a service; a new one is covered because it declares what it does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from deploy.bus.keys import ADMIN
from shared.chassis.bus import Consumer
from shared.chassis.bus_use import BusUse, askers_of, inbox_of
from shared.contracts.message import COMMANDS, EVENTS, PARKED


@dataclass(frozen=True, slots=True)
class Permissions:
    """Subjects that a user may publish and subscribe; all others are refused."""

    publish: tuple[str, ...]
    subscribe: tuple[str, ...]


EVERYTHING = Permissions((">",), (">",))


def permissions_of(use: BusUse, everyone: Iterable[BusUse]) -> Permissions:
    """What `use.service` may do, given what all services (itself among them) do."""
    publish = {*use.sends, *use.parks, *use.asks, *_streams(), *_progress(use)}
    for consumer in use.takes:
        publish |= set(_consumer(consumer))
    publish |= use.signals
    if use.answers:
        # Answers go to the inboxes of those who ask, and not wherever a question says:
        # it could name the subject of a command.
        publish |= {f"{inbox_of(user)}.>" for user in (ADMIN, *askers_of(use, everyone))}
    subscribe = {f"{inbox_of(use.service)}.>", *use.hears}
    # Replicas share the questions; alone, outside of the queue, nobody listens.
    subscribe |= {f"{subject} {use.service}" for subject in use.answers}
    return Permissions(tuple(sorted(publish)), tuple(sorted(subscribe)))


def _streams() -> Iterator[str]:
    """Every service looks whether the streams are there and makes those that are not; it never
    changes, empties or deletes one."""
    for stream in (COMMANDS, EVENTS, PARKED):
        yield f"$JS.API.STREAM.INFO.{stream}"
        yield f"$JS.API.STREAM.CREATE.{stream}"


def _progress(use: BusUse) -> Iterator[str]:
    """Whoever sends into a stream may see how far its consumers are, so that a lost bus is not fed
    with what was handled. It sees their names, their filters and numbers, all of which are in this
    code or say how much there is to do; no message, and nothing that it could change by asking."""
    for stream, form in ((COMMANDS, "cmd."), (EVENTS, "evt.")):
        if any(subject.startswith(form) for subject in use.sends):
            yield f"$JS.API.CONSUMER.LIST.{stream}"


def _consumer(consumer: Consumer) -> Iterator[str]:
    name = f"{consumer.stream}.{consumer.durable}"
    yield f"$JS.API.CONSUMER.INFO.{name}"
    # The form that ends in the filter: the bus compares it with the request, so that no consumer
    # of this service can be made to take anything else.
    yield f"$JS.API.CONSUMER.CREATE.{name}.{consumer.subject}"
    yield f"$JS.API.CONSUMER.MSG.NEXT.{name}"
    yield f"$JS.API.CONSUMER.PAUSE.{name}"
    # Both forms of acknowledgements, told apart by their lengths: with `>` one form could be read
    # as the other one's for a foreign consumer.
    yield f"$JS.ACK.{name}.*.*.*.*.*"
    yield f"$JS.ACK.*.*.{name}.*.*.*.*.>"
