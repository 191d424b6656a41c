"""The published JSON Schema of the visit spec, with the wishes of each kind of need.

Owns: turning the model into a schema by which an editor helps a planner.
Must not: state a rule that the model does not have.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from shared.contracts.catalog import CATALOG, Kind
from shared.contracts.spec import VisitSpec

SCHEMA_ID = "urn:redcrown:schema:visit-spec"
_LOCAL_TIME = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$",
    "description": "Wall-clock time of the site, without offset, for example 2027-08-18T14:00",
}
Schema = dict[str, Any]


@cache
def visit_spec_schema() -> Schema:
    """JSON Schema 2020-12 of the document."""
    made = VisitSpec.model_json_schema(ref_template="#/$defs/{model}")
    definitions: Schema = made["$defs"]
    need = definitions["Need"]
    for name, kind in CATALOG.items():
        _add_kind(definitions, need, name, kind)
    definitions["Need"] = {
        "type": "object",
        "description": "One wish. `kind` says which further fields there are.",
        "required": ["id", "kind"],
        "properties": {"id": need["properties"]["id"], "kind": {"enum": list(CATALOG)}},
        "allOf": [_when(name) for name in CATALOG],
    }
    local_times(made)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": SCHEMA_ID,
        **made,
    }


def _when(name: str) -> Schema:
    """A need of this kind looks like this."""
    forms = [{"$ref": f"#/$defs/need-{name}"}, {"$ref": f"#/$defs/need-{name}-details"}]
    is_kind = {"properties": {"kind": {"const": name}}, "required": ["kind"]}
    return {"if": is_kind, "then": {"anyOf": forms}}


def _add_kind(definitions: Schema, need: Schema, name: str, kind: Kind) -> None:
    """Two ways to write a need: wishes beside `kind`, or together under `details`."""
    details = kind.details.model_json_schema(ref_template="#/$defs/{model}")
    definitions.update(details.pop("$defs", {}))
    own = {**need["properties"], "kind": {"const": name}}
    own.pop("details")
    about = f"{kind.name.zh} / {kind.name.en}. {details.get('description', '')}"
    definitions[f"need-{name}"] = {
        "type": "object",
        "description": about,
        "properties": {**deepcopy(own), **deepcopy(details["properties"])},
        "required": ["id", "kind", *details.get("required", [])],
        "additionalProperties": False,
    }
    definitions[f"need-{name}-details"] = {
        "type": "object",
        "description": about,
        "properties": {**deepcopy(own), "details": details},
        "required": ["id", "kind", "details"],
        "additionalProperties": False,
    }


def local_times(schema: Any) -> None:
    """Put a schema right, in place: JSON Schema's `date-time` would demand an offset, and the
    model's times are local."""
    if isinstance(schema, list):
        for one in schema:
            local_times(one)
    elif isinstance(schema, dict):
        if schema.get("format") == "date-time":
            schema.pop("format")
            schema.update(_LOCAL_TIME)
        for one in list(schema.values()):
            local_times(one)
