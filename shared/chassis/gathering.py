"""How long a message that arrives may wait for others, to be handled together with them.

Messages about the same thing form a heap. A heap that is whole is handed over at once, one that is
not after a while; what has nothing to wait for never waits.

Owns: the rule, and what waits at one consumer. Times are seconds on the loop's clock.
Must not: ask the bus for messages; `pulling` does. Must not: know what a message means.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from nats.aio.msg import Msg

from shared.chassis import limits


def one_heap(_message: Msg) -> str:
    """All belong together."""
    return ""


def never(_about: str, _heap: Sequence[Msg]) -> bool:
    """There may always be more."""
    return False


@dataclass(frozen=True, slots=True)
class Gathering:
    """A heap waits for `at_most_s` seconds, or until it is `whole`.

    Where several heaps wait there is enough to do meanwhile, and they wait for longer: as many
    times longer as there are heaps, up to `crowd_s`.
    """

    at_most_s: float = 0.0
    about: Callable[[Msg], str] = one_heap
    """Names the heap of a message."""
    whole: Callable[[str, Sequence[Msg]], bool] = never
    """Whether nothing is missing from the heap of that name."""
    crowd_s: float = 0.0
    room: int = limits.PULLED
    """Messages that a process may have of this consumer: asked for, waiting or in work."""

    def patience_s(self, heaps: int) -> float:
        """How long a heap waits where so many do."""
        return max(self.at_most_s, min(self.crowd_s, heaps * self.at_most_s))


AT_ONCE = Gathering()
AT_LEISURE = Gathering(limits.LEISURE_S)
"""For messages whose effect nobody waits for: they come in fewer and larger groups, and leave the
machine to those in a hurry."""


@dataclass(slots=True)
class _Heap:
    since: float
    messages: list[Msg] = field(default_factory=list)


class Waiting:
    """What has arrived at one consumer and was not handed over yet, in the order of arrival."""

    def __init__(self, gathering: Gathering) -> None:
        self._gathering = gathering
        self._ready: list[Msg] = []
        self._heaps: OrderedDict[str, _Heap] = OrderedDict()
        self._heaped = 0

    def __len__(self) -> int:
        return len(self._ready) + self._heaped

    def take(self, message: Msg, now: float) -> None:
        """It has arrived."""
        gathering = self._gathering
        if not gathering.at_most_s:
            self._ready.append(message)
            return
        about = gathering.about(message)
        heap = self._heaps.get(about)
        if heap is None:
            heap = self._heaps[about] = _Heap(now)
        heap.messages.append(message)
        self._heaped += 1
        if gathering.whole(about, heap.messages):
            self._release(about)
        elif self._heaped >= gathering.room // 2:
            # The bus has more of them than it can bring at once.
            self._release_all()

    def due_at(self) -> float | None:
        """When something is to be handed over; None while nothing waits."""
        if self._ready:
            return 0.0
        oldest = next(iter(self._heaps.values()), None)
        return None if oldest is None else oldest.since + self._patience_s()

    def hand_over(self, now: float) -> list[Msg]:
        """What is to be handled now, messages about the same thing next to each other."""
        before = now - self._patience_s()
        for about in [one for one, heap in self._heaps.items() if heap.since <= before]:
            self._release(about)
        some, self._ready = self._ready, []
        return some

    def give_up(self) -> list[Msg]:
        """All there is, for another process."""
        self._release_all()
        some, self._ready = self._ready, []
        return some

    def _patience_s(self) -> float:
        return self._gathering.patience_s(len(self._heaps))

    def _release(self, about: str) -> None:
        messages = self._heaps.pop(about).messages
        self._heaped -= len(messages)
        self._ready += messages

    def _release_all(self) -> None:
        for about in list(self._heaps):
            self._release(about)
