"""Whatever a planner's file holds, it is answered: a spec, or problems with places and remedies."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.console.document import Document, read_spec
from tests.rules.test_document import GOOD


def sound(document: Document) -> bool:
    return (document.spec is None) == bool(document.problems)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["yaml", "json"]))
def test_any_text_is_answered(text: str, form: Any) -> None:
    assert sound(read_spec(text, form))


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100), st.sampled_from(["yaml", "json"]))
def test_any_bytes_are_answered(body: bytes, form: Any) -> None:
    assert sound(read_spec(body, form))


@settings(max_examples=300, deadline=None)
@given(
    st.integers(0, len(GOOD)),
    st.integers(0, 20),
    st.text(alphabet=":{}[],-?&*!|>'\"%@`#\n\t ~0a天.", max_size=6),
)
def test_any_slip_of_the_keyboard_is_answered(at: int, cut: int, typed: str) -> None:
    document = read_spec(GOOD[:at] + typed + GOOD[at + cut :], "yaml")
    assert sound(document)
    assert all(one.line is not None and one.remedy for one in document.problems)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner,
                                                                max_size=3),
    max_leaves=8,
)  # fmt: skip
FIELDS = ["visit", "line", "title", "host", "party", "letter", "programme", "budget", "event"]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(FIELDS), VALUES, st.booleans())
def test_any_value_in_any_field_is_answered(field: str, value: Any, in_need: bool) -> None:
    written = read_spec(GOOD, "yaml")
    assert written.spec is not None
    body = written.spec.model_dump(mode="json", exclude_none=True)
    if in_need:
        body["programme"][0]["needs"][0] = {"id": "n", "kind": "room", "hotel": value}
    else:
        body[field] = value
    assert sound(read_spec(json.dumps(body), "json"))
    assert sound(read_spec(json.dumps(body, ensure_ascii=False), "yaml"))
