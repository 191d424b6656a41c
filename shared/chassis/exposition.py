"""The beat of a process as Prometheus reads it: the same figures, at the moment of reading.

Owns: the names of these metrics; `deploy/prometheus` and `deploy/grafana` go by them.
Must not: keep or judge anything. Figures of a consumer on the bus are the same in all replicas of
its service: take their maximum, not their sum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.registry import Collector

from shared.contracts.vitals import Beat, ConsumerBeat, StoreBeat, StreamBeat

READY = ("redcrown_ready", "1 while store and bus are there and every consumer is subscribed")
CONSUMERS: dict[str, tuple[str, Callable[[ConsumerBeat], float]]] = {
    "redcrown_consumer_waiting": (
        "Messages in the stream that were not delivered yet", lambda one: one.waiting,
    ),
    "redcrown_consumer_in_flight": (
        "Messages that were delivered and are not acknowledged", lambda one: one.in_flight,
    ),
    "redcrown_consumer_redelivered": (
        "Of those, how many were delivered more than once", lambda one: one.redelivered,
    ),
    "redcrown_consumer_behind_seconds": (
        "Age of the oldest message that waits", lambda one: one.behind_s,
    ),
    "redcrown_consumer_paused": (
        "1 while somebody has stopped it", lambda one: float(one.pause is not None),
    ),
}  # fmt: skip
STORE: dict[str, tuple[str, Callable[[StoreBeat], float | None]]] = {
    "redcrown_store_away": ("1 when the last look failed", lambda one: float(one.away)),
    "redcrown_store_bytes": ("Size of the store", lambda one: one.bytes),
    "redcrown_store_free_bytes": ("Left on its disk", lambda one: one.free_bytes),
    "redcrown_store_commit_p99_seconds": (
        "99th percentile of the latest transactions with messages",
        lambda one: None if one.commit_p99_ms is None else one.commit_p99_ms / 1000,
    ),
    "redcrown_outbox_rows": ("Committed and not on the bus yet", lambda one: one.outbox_waiting),
    "redcrown_outbox_oldest_seconds": (
        "Age of the oldest of them",
        lambda one: one.outbox_oldest_s,
    ),
    "redcrown_parked_waiting": ("Messages that wait for a person", lambda one: one.parked),
    "redcrown_undecided": (
        "What else of its own work waits for a person: orders at hotels",
        lambda one: one.undecided,
    ),
}
UNTAKEN = (
    "redcrown_bus_untaken_seconds",
    "Since when the bus, which answers, stores nothing of what is sent to it; 0 while it does",
)
STREAMS: dict[str, tuple[str, Callable[[StreamBeat], float]]] = {
    "redcrown_stream_messages": ("Messages in the stream", lambda one: one.messages),
    "redcrown_stream_bytes": ("Size of the stream", lambda one: one.bytes),
    "redcrown_stream_max_bytes": ("Its limit; -1 for none", lambda one: one.max_bytes),
    "redcrown_stream_peers_behind": (
        "Servers with a copy that is not current",
        lambda one: sum(not peer.current or peer.offline for peer in one.peers),
    ),
}


class BeatCollector(Collector):
    """Hands the present beat to whoever reads the metrics."""

    def __init__(self, beat: Callable[[], Beat]) -> None:
        self._beat = beat

    def describe(self) -> list[Metric]:
        """Nothing ahead of time: the first beat needs a service that is wired."""
        return []

    def collect(self) -> Iterator[Metric]:
        """The beat as metrics, all with the label `service`."""
        beat = self._beat()
        told = InfoMetricFamily("redcrown_process", "Which code runs", labels=["service"])
        told.add_metric([beat.service], {"code": beat.code, "store": beat.store.kind})
        yield told
        yield _gauge(*READY, ["service"], [([beat.service], float(beat.ready))])
        untaken = max((one.for_s for one in beat.bus.untaken), default=0.0)
        yield _gauge(*UNTAKEN, ["service"], [([beat.service], untaken)])
        for name, (text, read) in STORE.items():
            yield _gauge(name, text, ["service"], [([beat.service], read(beat.store))])
        for name, (text, read_one) in CONSUMERS.items():
            rows = [([beat.service, one.name], read_one(one)) for one in beat.consumers]
            yield _gauge(name, text, ["service", "consumer"], rows)
        for name, (text, read_stream) in STREAMS.items():
            of = [([beat.service, one.name], read_stream(one)) for one in beat.streams]
            yield _gauge(name, text, ["service", "stream"], of)


def _gauge(
    name: str, text: str, labels: list[str], rows: Sequence[tuple[list[str], float | None]]
) -> Metric:
    family = GaugeMetricFamily(name, text, labels=labels)
    for values, figure in rows:
        if figure is not None:
            family.add_metric(values, figure)
    return family
