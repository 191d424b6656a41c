"""What may be done with a parked message, and what its failure is called: pure decisions.

Must not: read or write a store; `parking`, `replaying` and `lots` do.
"""

from __future__ import annotations

import base64
import difflib
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import TypeAdapter, ValidationError

from shared.contracts.message import Message, Problem
from shared.contracts.parking import ParkedState
from shared.contracts.values import Key

HISTORY = 50
"""Entries of a message's history; the first is always kept."""
DIFFERENCE = 200
"""Lines of a difference."""
COMPARED = 5_000
"""Lines beyond which two texts are not compared: it takes time that grows with their square."""
PROBLEMS = 20
MEANING = ("command", "cause")
"""What a message does once it does under this name: another name would be another act."""

_VARIABLE = re.compile(r"0x[0-9a-f]+|\d+|'[^']*'|\"[^\"]*\"", re.IGNORECASE)
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")
_KEY: TypeAdapter[str] = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class Cause:
    """Why messages failed, as far as many have the same reason."""

    error_class: str
    line: str
    group: str


def cause_of(error: str, consumer: str) -> Cause:
    """The cause in the text of an error; numbers and quoted words make no difference to it."""
    lines = error.strip().splitlines() or [""]
    named, _, said = lines[0].partition(":")
    error_class = named.strip().rpartition(".")[2][:100]
    line = said.strip()
    if error_class == "ValidationError" and len(lines) > 2:
        place, wrong = lines[1].strip(), lines[2].strip().partition(" [type=")[0]
        line = wrong if wrong.startswith("Invalid JSON") else f"{place}: {wrong}"
    line = _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", line)[:300]
    folded = "|".join((consumer, error_class, _VARIABLE.sub("…", line)))
    return Cause(error_class, line, hashlib.sha256(folded.encode()).hexdigest()[:16])


def replay_id(message: str, number: int) -> str:
    """The transport id of the `number`-th replay: the inbox has handled none of that name yet."""
    one = f"{message}+r{number}"
    return one if len(one) <= 200 else f"{hashlib.sha256(message.encode()).hexdigest()}+r{number}"


def raw_of(data: bytes) -> tuple[str, bytes | None]:
    """A body as text, and as bytes where the text cannot give them back."""
    text = data.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
    return text, None if text.encode() == data else data


def bytes_of(body: str, raw: bytes | None, edited: str | None = None) -> bytes:
    """What a handler is given: the edited body, or exactly what came."""
    if edited is not None:
        return edited.encode()
    return body.encode() if raw is None else bytes(raw)


def base64_of(raw: bytes | None, most: int) -> str | None:
    """Bytes that are no text, for people who have tools."""
    return None if raw is None else base64.b64encode(bytes(raw)[:most]).decode()


def grown(history: Sequence[Any], entry: Mapping[str, Any]) -> list[Any]:
    """A history with one entry more, and never too long."""
    longer = [*history, dict(entry)]
    return longer if len(longer) <= HISTORY else [longer[0], *longer[-HISTORY + 1 :]]


NEEDED = {
    "edit": ParkedState.PARKED,
    "replay": ParkedState.PARKED,
    "discard": ParkedState.PARKED,
    "restore": ParkedState.DISCARDED,
}
"""In which state each act takes a message."""

_INSTEAD = {
    ParkedState.PARKED: "it can be edited, replayed or discarded",
    ParkedState.REPLAYING: "wait for the replay, or stop it",
    ParkedState.DONE: "nothing is left to do: it was handled",
    ParkedState.DISCARDED: "restore it first",
}


def wrong_state(kind: str, state: ParkedState) -> Problem | None:
    """Why a message in this state does not take this act; None when it does."""
    if NEEDED[kind] is state:
        return None
    message = f"the message is {state.value}"
    return Problem(code="wrong_state", message=message, remedy=_INSTEAD[state])


def faults_of(kind: type[Message], original: bytes, body: str) -> tuple[Problem, ...]:
    """What is wrong with a new body; nothing when the handler could read it."""
    try:
        kind.model_validate_json(body)
    except ValidationError as error:
        return tuple(_told(one) for one in error.errors(include_url=False)[:PROBLEMS])
    return _renamed(original, json.loads(body))


def _told(one: Any) -> Problem:
    path = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in one["loc"])
    message = one["msg"].removeprefix("Value error, ")
    return Problem(
        code=one["type"],
        path=_printable(path.removeprefix("."))[:300],
        message=_printable(message)[:500],
        remedy=_remedy(one["type"], one.get("ctx") or {}, one["loc"]),
    )


def _remedy(kind: str, context: Mapping[str, Any], place: Sequence[Any]) -> str:
    if kind == "missing":
        return f"add the field {place[-1]}"
    known = {
        "json_invalid": "write one JSON object",
        "enum": f"use one of {context.get('expected')}",
        "literal_error": f"use {context.get('expected')}",
        "string_pattern_mismatch": f"write text that matches {context.get('pattern')}",
        "greater_than_equal": f"write {context.get('ge')} or more",
        "less_than_equal": f"write {context.get('le')} or less",
        "greater_than": f"write more than {context.get('gt')}",
        "too_long": f"keep at most {context.get('max_length')}",
        "string_too_long": f"shorten it to {context.get('max_length')} characters",
        "timezone_aware": "write a time with its offset, for example 2027-08-18T06:00:00Z",
    }
    if kind in known:
        return known[kind]
    if kind.endswith(("_type", "_parsing")):
        return f"write a {kind.rpartition('_')[0].replace('_', ' ')}"
    return "see the message's schema in docs/asyncapi"


def _renamed(original: bytes, edited: Mapping[str, Any]) -> tuple[Problem, ...]:
    """Editing may mend a message, not make it another act."""
    try:
        was = json.loads(original)
    except (ValueError, RecursionError):
        return ()
    return tuple(
        Problem(
            code="another_meaning",
            path=name,
            message=f"{name} was {was[name]} and names what the message means",
            remedy=f"leave {name} as it was",
        )
        for name in MEANING
        if isinstance(was, dict) and _is_key(was.get(name)) and edited.get(name) != was[name]
    )


def _is_key(value: Any) -> bool:
    try:
        return _KEY.validate_python(value, strict=True) is not None
    except ValidationError:
        return False


def difference(before: str, after: str) -> tuple[str, ...]:
    """Changed lines with some context; JSON is compared field by field, whatever its layout."""
    old, new = _laid_out(before).splitlines(), _laid_out(after).splitlines()
    if len(old) + len(new) > COMPARED:
        return ("… too long to be compared line by line",)
    changed = list(difflib.unified_diff(old, new, "before", "after", lineterm="", n=2))
    if len(changed) > DIFFERENCE:
        changed = [*changed[:DIFFERENCE], f"… {len(changed) - DIFFERENCE} lines more"]
    return tuple(line[:300] for line in changed)


def _laid_out(text: str) -> str:
    try:
        return json.dumps(json.loads(text), indent=1, sort_keys=True, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def _printable(text: str) -> str:
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def ended_id(replay: str) -> str:
    """The name of the act that a replay's end is."""
    one = f"{replay}#ended"
    return one if len(one) <= 200 else f"{hashlib.sha256(replay.encode()).hexdigest()}#ended"


def digest(data: bytes) -> str:
    """What an audit needs to recognise a body again."""
    return hashlib.sha256(data).hexdigest()
