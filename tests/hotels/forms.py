"""Forms with nested names (`rooms[0][roomTypeID]`) as the values that they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

STEP = re.compile(r"[^\[\]]+")


def nested(content: bytes) -> dict[str, Any]:
    """The tree of a form; its leaves are texts. Lists are numbered from 0 without a gap."""
    tree: dict[str, Any] = {}
    for name, value in parse_qsl(content.decode(), keep_blank_values=True, strict_parsing=True):
        steps = STEP.findall(name)
        node = tree
        for step in steps[:-1]:
            node = node.setdefault(step, {})
        assert steps[-1] not in node, f"{name} is there twice"
        node[steps[-1]] = value
    return {name: _listed(one) for name, one in tree.items()}


def _listed(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if set(node) == {str(number) for number in range(len(node))}:
        return [_listed(node[str(number)]) for number in range(len(node))]
    return {name: _listed(one) for name, one in node.items()}


def typed(value: Any, schema: dict[str, Any], deref: Callable[[dict], dict]) -> Any:
    """What a form's text means by its schema; a text that means nothing stays, and is wrong."""
    schema = deref(schema)
    if isinstance(value, dict):
        known = schema.get("properties", {})
        return {name: typed(one, known.get(name, {}), deref) for name, one in value.items()}
    if isinstance(value, list):
        return [typed(one, schema.get("items", {}), deref) for one in value]
    kinds = schema.get("type", "string")
    if "boolean" in kinds and value in ("true", "false"):
        return value == "true"
    if "integer" in kinds and value.removeprefix("-").isdigit():
        return int(value)
    return value
