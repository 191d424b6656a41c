"""The committed documents say what the code does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy import docs
from shared.contracts.catalog import CATALOG

SAMPLES = sorted((docs.DOCS.parent / "deploy" / "seed" / "visits").glob("*.yaml"))


def test_documents_are_what_the_code_says() -> None:
    assert docs.stale() == []


def test_stale_and_orphaned_documents_are_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in docs.documents():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    monkeypatch.setattr(docs, "DOCS", tmp_path)
    assert docs.stale() == []
    (tmp_path / "openapi.json").write_text("{}")
    (tmp_path / "asyncapi" / "nobody.json").write_text("{}")
    assert docs.stale() == ["asyncapi/nobody.json", "openapi.json"]


def test_every_service_takes_something() -> None:
    for name, text in docs.documents():
        if name.startswith("asyncapi/"):
            assert json.loads(text)["operations"], name


@pytest.fixture(scope="module")
def validator() -> Any:
    schema = json.loads(dict(docs.documents())["visit-spec.schema.json"])
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def _spec(*needs: dict[str, Any], **fields: Any) -> dict[str, Any]:
    item = {"id": "day", "title": {"zh": "日", "en": "day"}, "starts_at": "2027-09-14T10:00",
            "ends_at": "2027-09-14T12:00", "needs": list(needs)}  # fmt: skip
    return {"visit": "v", "line": "event", "title": {"zh": "访", "en": "v"}, "host": "h",
            "purpose": "p", "party": [{"category": "staff", "count": 2}], "programme": [item],
            **fields}  # fmt: skip


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples_fit_the_schema(path: Path, validator: Any) -> None:
    written = json.loads(json.dumps(yaml.load(path.read_text("utf-8"), yaml.BaseLoader)))
    # BaseLoader keeps dates as text but numbers too; only their fields are told to be text.
    kinds = {error.validator for error in validator.iter_errors(written)}
    assert "required" not in kinds
    assert validator.is_valid(_numbers(written))


def _numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _numbers(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_numbers(one) for one in value]
    if value in ("true", "false"):
        return value == "true"
    return int(value) if str(value).isdigit() else value


@pytest.mark.parametrize("kind", CATALOG)
def test_schema_knows_the_wishes_of_each_kind(kind: str, validator: Any) -> None:
    needed: dict[str, Any] = {
        "hall": {"setup": "theatre"}, "site": {"site": "zhalong"}, "meal": {"style": "buffet"},
        "escort": {"role": "guide"}, "parking": {"quantity": 1},
    }.get(kind, {})  # fmt: skip
    flat = {"id": "n", "kind": kind, **needed}
    assert validator.is_valid(_spec(flat))
    assert validator.is_valid(_spec({"id": "n", "kind": kind, "details": needed}))
    assert not validator.is_valid(_spec({**flat, "no_such_wish": 1}))
    assert not validator.is_valid(_spec({"id": "n", "kind": kind, "details": {"no_such": 1}}))
    if needed:
        assert not validator.is_valid(_spec({"id": "n", "kind": kind}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"line": "busines"},
        {"visit": "Not A Slug"},
        {"hosst": "h"},
        {"party": [{"category": "staff", "count": 0}]},
    ],
)
def test_schema_refuses_what_the_model_refuses(wrong: dict[str, Any], validator: Any) -> None:
    need = {"id": "n", "kind": "room", "singles": 1}
    assert validator.is_valid(_spec(need))
    assert not validator.is_valid(_spec(need, **wrong))
