"""Owners whose every text is an attack: what the contracts allow, and nothing that they refuse.

Answers are made from the answer classes themselves, so a new field of any contract is hostile from
the start. `MARK` must never come alive: not as an element, not as an attribute.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

import nats
import orjson
from nats.aio.msg import Msg

import shared.contracts
from shared.contracts.message import CommandAnswered, Message, Problem, Query
from shared.contracts.values import Value
from shared.contracts.vitals import Beat

MARK = "x-mark"
"""The element, and with `on` before it the attribute, that an attack would bring to life."""
TEXT = (
    f"访\u202e\u2066'\"></title></script></svg><{MARK} on{MARK}=1></{MARK}>"
    "<script>hit()</script><img src=x onerror=hit()>{{7*7}}${7*7}javascript:hit()"
)
PROSE = f"{TEXT}\n{MARK}:1\nEND:VEVENT"
SHORT = f"'\"><{MARK} on{MARK}=1>"
KEY = f"'\"on{MARK}=1><{MARK}><script>hit()"
"""Neither a space nor a slash: a key can be in a path."""
DAY = (datetime.now(UTC) + timedelta(days=3)).date().isoformat()
"""Near enough for boards and calendars to show it."""
NOW, LATER = f"{DAY}T02:00:00Z", f"{DAY}T04:00:00Z"
CANDIDATES = (PROSE, TEXT, SHORT, KEY, "v-1", "day/hall", "CNY", "g-" + "0" * 26, "hall", "801",
              "0" * 64)  # fmt: skip
FIXED: dict[str, Any] = {
    "time_zone": "Asia/Shanghai", "ends_at": LATER, "visit": "v-1", "next": None, "station": None,
    "body_base64": None, "kinds": ["hall"], "superseded_by": None, "revision": 1,
    "line": "event", "zone": "Asia/Shanghai",
}  # fmt: skip
"""What pages calculate with or look up, by the name of the field."""
OF_CLASS: dict[tuple[str, str], Any] = {
    ("NeedView", "kind"): "hall", ("NeedView", "state"): "refused",
    ("NeedView", "service"): "venues", ("ScheduleNeed", "kind"): "hall",
    ("ScheduleNeed", "state"): "confirmed", ("ScheduleNeed", "service"): "venues",
    ("Move", "kind"): "hall", ("Move", "change"): "changed", ("Move", "service"): "venues",
    ("Need", "kind"): "hall", ("Need", "details"): {"setup": "theatre"}, ("Need", "id"): "hall",
    ("Need", "starts_at"): None, ("Need", "ends_at"): None, ("Item", "id"): "day",
    ("Weighing", "ref"): "0", ("IntakeAct", "outcome"): "accepted",
    ("DoneHotelAct", "outcome"): "accepted",
    ("ReplayView", "state"): "running", ("ParkedGroup", "service"): "venues",
    ("TimelineEntry", "kind"): "asked", ("UnitChange", "lift"): None,
    ("UnitChange", "count"): None, ("UnitChange", "price"): None,
    ("UnitChange", "describe"): None, ("UnitChange", "retire"): None,
    ("UnitChange", "add"): None,
    ("ParkedGroups", "totals"): {"parked": 1, "replaying": 1, "done": 1, "discarded": 1},
    ("PlanInputAnswer", "document"): orjson.dumps({TEXT: TEXT}).decode(),
    ("ListActs", "after"): None, ("ListHotelActs", "after"): None,
    ("ListIntakeActs", "after"): None, ("ListParked", "after"): None,
    ("Item", "starts_at"): f"{DAY}T10:00", ("Item", "ends_at"): f"{DAY}T12:00",
}  # fmt: skip


def _below(kind: type[Value]) -> Iterator[type[Value]]:
    yield kind
    for one in kind.__subclasses__():
        yield from _below(one)


def values() -> Mapping[str, type[Value]]:
    """Every value and message of the contracts by the name of its class."""
    for one in iter_modules(shared.contracts.__path__):
        import_module(f"{shared.contracts.__name__}.{one.name}")
    return {one.__name__: one for one in _below(Value)}


def messages() -> Mapping[str, type[Message]]:
    """Every message of the contracts by its name on the bus."""
    return {one.subject_name(): one for one in values().values() if issubclass(one, Message)}


def answer_to(query: type[Query]) -> type[Value] | None:
    """The class that its docstring promises."""
    named = re.search(r"Answered by `(\w+)`", query.__doc__ or "")
    return values().get(named[1]) if named else None


@lru_cache
def answer_of(kind: type[Query]) -> bytes:
    """What the attacker answers to such a question."""
    told = answer_to(kind)
    assert told is not None, f"{kind.__name__} does not say what it is answered by"
    return orjson.dumps(filled(told, {}))


def filled(kind: type[Value], fixed: Mapping[str, Any]) -> dict[str, Any]:
    """A document of this class in which every text that may be anything is an attack."""
    schema = kind.model_json_schema(mode="validation")
    made = _Filler(schema.get("$defs", {}), fixed).of(schema, "")
    kind.model_validate(made)
    return dict(made)


def _takes(schema: Mapping[str, Any], value: Any) -> bool:
    """Whether a field is of the type of a value: `line` is one thing here, another there."""
    kind = schema.get("anyOf", [schema])[0].get("type")
    return (
        value is None
        or kind == {str: "string", int: "integer", list: "array", float: "number"}[type(value)]
    )


class _Filler:
    def __init__(self, known: Mapping[str, Any], fixed: Mapping[str, Any]) -> None:
        self.known, self.fixed = known, {**FIXED, **fixed}

    def of(self, schema: Mapping[str, Any], name: str, depth: int = 0) -> Any:
        """A value for a schema."""
        if "$ref" in schema:
            return self.of(self.known[schema["$ref"].rpartition("/")[2]], name, depth)
        for choice in ("anyOf", "oneOf", "allOf"):
            if choice in schema:
                return self.of(schema[choice][0], name, depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            inner = schema.get("prefixItems", [schema.get("items", {})])
            return [self.of(one, name, depth + 1) for one in inner] if depth < 12 else []
        if kind in ("integer", "number"):
            return max(1, schema.get("minimum", 1))
        if kind in ("boolean", "null"):
            return True if kind == "boolean" else None
        return self._text(schema)

    def _object(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        title = schema.get("title", "")
        if "properties" not in schema:
            more = schema.get("additionalProperties")
            return {TEXT: self.of(more if isinstance(more, dict) else {}, "", depth + 1)}
        made = {}
        for name, one in schema["properties"].items():
            if (title, name) in OF_CLASS:
                made[name] = OF_CLASS[title, name]
            elif name in self.fixed and _takes(one, self.fixed[name]):
                made[name] = self.fixed[name]
            else:
                made[name] = self.of(one, name, depth + 1)
        return made

    def _text(self, schema: Mapping[str, Any]) -> str:
        if schema.get("format") == "date-time":
            return NOW
        if schema.get("format") == "date":
            return NOW[:10]
        pattern, most = schema.get("pattern", ""), schema.get("maxLength", 10_000)
        return next(one for one in CANDIDATES if len(one) <= most and re.search(pattern, one))


class Attacker:
    """All owners at once. `outcome` is what becomes of every command; `commands` is what came."""

    def __init__(self, client: nats.NATS) -> None:
        self.client = client
        self.kinds = messages()
        self.outcome = "accepted"
        self.commands: list[tuple[str, dict[str, Any]]] = []
        self.silent: set[str] = set()
        self.asked: set[str] = set()

    async def start(self) -> None:
        """Answer from now on."""
        await self.client.subscribe("cmd.>", cb=self._command)
        await self.client.subscribe("qry.>", cb=self._query)
        await self.client.flush()

    async def _query(self, arrived: Msg) -> None:
        name = arrived.subject.split(".")[2]
        kind = self.kinds[name]
        assert issubclass(kind, Query)
        self.asked.add(name)
        await arrived.respond(answer_of(kind))

    async def _command(self, arrived: Msg) -> None:
        body = orjson.loads(arrived.data)
        _, owner, name, _ = arrived.subject.split(".")
        self.commands.append((name, body))
        problem = Problem(code=KEY, path=TEXT, message=TEXT, remedy=TEXT)
        told = CommandAnswered(
            cause=body["cause"], actor="visits", command=body["command"], outcome=self.outcome,
            about=body.get("visit") or body.get("hold") or body["command"], revision=1,
            problems=() if self.outcome == "accepted" else (problem,),
        )  # fmt: skip
        await self._publish(CommandAnswered.subject(owner), told)

    async def beat(self, service: str) -> None:
        """A sign of life in which every text is an attack."""
        told = filled(Beat, {"service": service, "rhythm_s": 3600.0})
        now = datetime.now(UTC).isoformat()
        told |= {"sent_at": now, "started_at": now}
        await self.client.publish(Beat.subject(service), orjson.dumps(told))
        await self.client.flush()

    async def _publish(self, subject: str, told: Message) -> None:
        await self.client.jetstream().publish(
            subject, told.model_dump_json().encode(), headers={"content-type": "application/json"}
        )


@asynccontextmanager
async def attacking(bus: str) -> AsyncIterator[Attacker]:
    """Hostile owners on a bus."""
    client = await nats.connect(bus)
    attacker = Attacker(client)
    await attacker.start()
    try:
        yield attacker
    finally:
        await client.close()
