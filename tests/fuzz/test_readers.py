"""Any bytes give a value or the documented error: never another exception, never a hang."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.contracts.message import Message
from tests.fuzz.long import mutated
from tests.fuzz.readers import EXAMPLES, KINDS, READERS, any_message, begin_with, decoder

BOUNDED = settings(max_examples=20, deadline=timedelta(seconds=60), derandomize=True)
"""A reader that hangs is found by its deadline, a machine that is busy is not."""
EDGES: list[Any] = [
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "0001-01-01", "2027-02-30T00:00:00Z",
    "PT1S", "\x00", "\ud800", "NaN", "1e999", "-0", "", "a" * 5_000, 2**63, -(2**63) - 1, 10**30,
    1e308, -1, 0, 1, True, None, [], {}, [[]], {"": None}, "9" * 5_000,
]  # fmt: skip
rubbish = st.recursive(
    st.sampled_from(EDGES) | st.text(max_size=20) | st.integers() | st.floats(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)


def filled(schema: dict[str, Any], whole: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values near a schema: its fields are there, what is in them is right or an edge."""
    if "$ref" in schema:
        return filled(whole["$defs"][schema["$ref"].rpartition("/")[2]], whole)
    if "anyOf" in schema:
        return st.one_of(*(filled(one, whole) for one in schema["anyOf"]))
    if "properties" in schema and whole.get("depth", 0) < 4:
        deeper = {**whole, "depth": whole.get("depth", 0) + 1}
        fields = {name: filled(one, deeper) for name, one in schema["properties"].items()}
        return st.fixed_dictionaries(fields) | rubbish
    if "items" in schema:
        return st.lists(filled(schema["items"], whole), max_size=2) | rubbish
    right: dict[str, st.SearchStrategy[Any]] = {
        "string": st.sampled_from(schema.get("enum", ["v", "day/hall", "2027-09-14T10:00:00Z"])),
        "integer": st.sampled_from([0, 1, 2]),
        "boolean": st.booleans(),
        "null": st.none(),
    }
    return right.get(schema.get("type", ""), rubbish) | rubbish


def as_json(value: Any) -> bytes:
    return json.dumps(value).encode()


@pytest.mark.parametrize("name", READERS)
@BOUNDED
@given(body=st.binary(max_size=200) | rubbish.map(as_json))
def test_rubbish(name: str, body: bytes) -> None:
    READERS[name](body)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@BOUNDED
@given(data=st.data())
def test_messages_that_are_nearly_right(kind: type[Message], data: st.DataObject) -> None:
    schema = kind.model_json_schema()
    body = as_json(data.draw(filled(schema, schema)))
    decoder(kind)(body)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_edges_in_every_field(kind: type[Message]) -> None:
    """Each edge alone in each field, so that none hides behind another."""
    read = decoder(kind)
    for name in kind.model_fields:
        for edge in EDGES:
            read(as_json({"cause": "c", "actor": "a", name: edge}))
            read(as_json({"cause": "c", "actor": "a", name: [edge]}))


def test_every_example_is_right() -> None:
    """Mutation of a message begins with one that its decoder takes, or it would not get inside."""
    for n, kind in enumerate(KINDS):
        found = decoder(kind)(EXAMPLES[kind.__name__])
        assert isinstance(found, kind), kind
        assert begin_with("message")[n] == bytes([n]) + EXAMPLES[kind.__name__]


def test_the_first_byte_picks_the_decoder(monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    for kind in KINDS:
        monkeypatch.setitem(READERS, kind.__name__, lambda _, name=kind.__name__: read.append(name))
    for body in begin_with("message"):
        any_message(body)
    assert read == [kind.__name__ for kind in KINDS] and len(KINDS) <= 256


ONE_BY_ONE = [name for name in READERS if name not in {kind.__name__ for kind in KINDS}]
"""Readers that have a process of their own here; `message` is all decoders in one."""


@pytest.mark.parametrize("name", ONE_BY_ONE)
def test_mutated_bytes(name: str, tmp_path: Path) -> None:
    """The same mutations every time; `make fuzz` makes new ones for as long as one likes."""
    done = mutated(name, tmp_path, seed=7, bound="-runs=5000")
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-3_000:]
    assert "Done 5000 runs" in done.stderr, done.stderr[-3_000:]


def test_mutation_finds_what_is_wrong(tmp_path: Path) -> None:
    """The same command notices a reader that breaks."""
    done = mutated("broken", tmp_path, seed=7, bound="-max_total_time=60")
    assert done.returncode != 0 and "ZeroDivisionError" in done.stdout + done.stderr
