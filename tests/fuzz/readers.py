"""Everything that reads bytes from outside, and what it may answer: a value, or its own error.

Must not: catch more than what each reader promises.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import orjson
from pydantic import ValidationError

import shared.contracts
from services.console.account_store import principal_of
from services.console.credentials import token_id
from services.console.document import decode, read_spec
from services.console.json_text import read_json
from services.console.oidc import errand_of
from services.console.tree import Unreadable, path_steps, path_text
from services.console.words import language_of
from services.console.yaml_text import read_yaml
from services.visits.queries import read_cursor
from shared.chassis.connection import reader_of
from shared.contracts.message import Message
from tests.fuzz.hotel_readers import ROOMS, notice, said, sheet
from tests.support.hostile import filled
from tests.support.specs import hall, spec

Reader = Callable[[bytes], Any]


def message_classes() -> list[type[Message]]:
    """Every message that can arrive: the classes without subclasses."""
    for module in pkgutil.iter_modules(shared.contracts.__path__):
        importlib.import_module(f"shared.contracts.{module.name}")
    return sorted(_leaves(Message), key=lambda one: one.__name__)


def _leaves(kind: type[Message]) -> Iterator[type[Message]]:
    below = [one for one in kind.__subclasses__() if one.__module__.startswith("shared.contracts")]
    if not below:
        yield kind
    for one in below:
        yield from _leaves(one)


def decoder(kind: type[Message]) -> Reader:
    """The decoder that a service gives to FastStream, run to its end."""
    read = reader_of(kind)

    def run(body: bytes) -> Message | None:
        waiting = read(SimpleNamespace(body=body))  # type: ignore[arg-type]
        try:
            waiting.send(None)  # type: ignore[attr-defined]
        except StopIteration as ended:
            found: Message = ended.value
            assert kind.model_validate_json(found.model_dump_json()) == found
            return found
        except ValidationError:
            return None
        raise AssertionError("a decoder waits for nothing")

    return run


def yaml_tree(body: bytes) -> None:
    """A YAML document, as a tree or Unreadable."""
    try:
        read_yaml(decode(body)).plain()
    except Unreadable as error:
        assert error.problem.message


def json_tree(body: bytes) -> None:
    """A JSON document, as a tree or Unreadable."""
    try:
        read_json(decode(body)).plain()
    except Unreadable as error:
        assert error.problem.message


def specs(body: bytes) -> None:
    """A visit spec in either form: problems, or a spec; never an exception."""
    for form in ("yaml", "json"):
        found = read_spec(body, form)  # type: ignore[arg-type]
        assert (found.spec is None) == bool(found.problems)


def small_texts(body: bytes) -> None:
    """Headers, cookies and cursors."""
    text = body.decode("latin-1")
    token_id(text)
    errand_of(text)
    read_cursor(text)
    language_of(text, text)
    principal_of(text, [text], [text], [text])
    path_text(path_steps(text))


KINDS = message_classes()


def any_message(body: bytes) -> None:
    """The decoder of the message class that the first byte picks: all of them in one process."""
    if body:
        READERS[KINDS[body[0] % len(KINDS)].__name__](body[1:])


READERS: dict[str, Reader] = {
    "yaml": yaml_tree,
    "json": json_tree,
    "spec": specs,
    "small": small_texts,
    "sheet": sheet,
    "notice": notice,
    "said": said,
    "message": any_message,
    **{kind.__name__: decoder(kind) for kind in KINDS},
}
_OF_MESSAGES = {kind.__name__: orjson.dumps(filled(kind, {})) for kind in KINDS}
"""One that is right for each class, made from its contract."""
EXAMPLES: dict[str, bytes] = {
    "yaml": b"a: [1, {b: ~}]\n",
    "json": b'{"a": [1, null]}',
    "spec": spec("v", hall("expo-forum")).model_dump_json(exclude_none=True).encode(),
    "small": b"zh-CN,en;q=0.5",
    "sheet": "编号,姓名,答复,房号,到达\nr-1,王,确认,801,9月14日\n".encode(),
    "notice": ROOMS,
    "said": b'{"versions": [{"version": "2024-10", "actions": [{"action": "a", "supports": []}]}]}',
    **_OF_MESSAGES,
}


def begin_with(name: str) -> list[bytes]:
    """What mutation of a reader begins with."""
    if name == "message":
        return [bytes([n]) + _OF_MESSAGES[kind.__name__] for n, kind in enumerate(KINDS)]
    return [EXAMPLES.get(name, b"seed")]
