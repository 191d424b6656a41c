"""What a service shows of itself: structured logs, traces, metrics.

Owns: their set-up, and carrying a trace over the bus in message headers.
Must not: log message bodies; they may be large, and logs are read by more people than stores.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, cast

import structlog
from opentelemetry import trace
from opentelemetry.propagate import extract, inject
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.chassis.pulse import Pulse

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider

GROUP_BUCKETS = (1, 2, 4, 8, 16, 32, 64, 128, 256)
SECONDS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5)


class Metrics:
    """The Prometheus metrics of one service, in a registry of their own."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.pulse = Pulse()
        """What its own beat tells."""
        self._messages = Counter(
            "redcrown_messages",
            "Messages by outcome",
            ["service", "message", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "redcrown_handle_seconds",
            "From arrival to committed effect",
            ["service", "message"],
            buckets=SECONDS_BUCKETS,
            registry=self.registry,
        )
        self.groups = Histogram(
            "redcrown_group_size",
            "Jobs in one transaction",
            ["service"],
            buckets=GROUP_BUCKETS,
            registry=self.registry,
        ).labels(service)
        self.outbox_waiting = Gauge(
            "redcrown_outbox_waiting",
            "Outbox rows the last sweep found",
            ["service"],
            registry=self.registry,
        ).labels(service)
        self.publish_failures = Counter(
            "redcrown_publish_failures",
            "Publishes left to the sweep",
            ["service"],
            registry=self.registry,
        ).labels(service)
        self.parked = _parked(self.registry)
        # Looking a child up by its labels costs more than counting.
        self._counters = cache(lambda *labels: self._messages.labels(service, *labels))
        self._timers = cache(lambda message: self._seconds.labels(service, message))

    def handled(self, message: str, outcome: str, seconds: float) -> None:
        """Count one message. `outcome` is done, retried or parked."""
        self._counters(message, outcome).inc()
        self._timers(message).observe(seconds)


def _parked(registry: CollectorRegistry) -> Gauge:
    labels = ["service", "state"]
    return Gauge("redcrown_parked", "Parked messages by state", labels, registry=registry)


class Tracing:
    """Spans of one service. Off means: trace headers are passed on, nothing is recorded."""

    def __init__(self, service: str, target: str) -> None:
        self._provider = _provider(service, target)
        self._tracer = (self._provider or trace.NoOpTracerProvider()).get_tracer("redcrown")

    @contextmanager
    def span(self, name: str, headers: Mapping[str, str] | None) -> Iterator[dict[str, str]]:
        """Run a block as a span below the one in `headers`; yields headers for what it causes."""
        if self._provider is None and not (headers and "traceparent" in headers):
            yield {}
            return
        with self._tracer.start_as_current_span(name, context=extract(headers or {})):
            carrier: dict[str, str] = {}
            inject(carrier)
            yield carrier

    def close(self) -> None:
        """Write out what is buffered."""
        if self._provider is not None:
            self._provider.shutdown()


def _provider(service: str, target: str) -> TracerProvider | None:
    if not target:
        return None
    # Imported here: a tenth of a second, for what is off unless it is asked for.
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import (
        BatchSpanProcessor,
        ConsoleSpanExporter,
        SimpleSpanProcessor,
    )

    provider = TracerProvider(resource=Resource.create({"service.name": f"redcrown-{service}"}))
    if target == "otlp":
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    elif target.startswith("file:"):
        path = Path(target.removeprefix("file:"))
        path.parent.mkdir(parents=True, exist_ok=True)
        exporter = ConsoleSpanExporter(out=path.open("a", buffering=1), formatter=_json_line)
        provider.add_span_processor(SimpleSpanProcessor(exporter))
    else:
        raise ValueError(f"traces {target!r}: leave empty, or use otlp or file:<path>")
    return provider


def _json_line(span: ReadableSpan) -> str:
    return str(span.to_json(indent=None)) + "\n"


def set_up_logs(service: str, level: str, form: str) -> None:
    """One JSON object (or one readable line) per event on standard output."""
    logging.basicConfig(stream=sys.stdout, level=level.upper(), format="%(message)s", force=True)
    for noisy in ("httpx", "uvicorn.access", "alembic", "nats", "websockets"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stdout.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _trace_ids,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(cast(TextIO, _Unfailing(sys.stdout))),
    )
    structlog.contextvars.bind_contextvars(service=service)


class _Unfailing:
    """Where logs go. A line that cannot be written, on a full disk, must not stop the work."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, line: str) -> int:
        """Write a line, or lose it."""
        with suppress(OSError):
            return self._stream.write(line)
        return 0

    def flush(self) -> None:
        """Pass on what was written, or lose it."""
        with suppress(OSError):
            self._stream.flush()


def _trace_ids(_logger: Any, _name: str, event: structlog.typing.EventDict) -> Any:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event["trace_id"] = f"{context.trace_id:032x}"
        event["span_id"] = f"{context.span_id:016x}"
    return event
