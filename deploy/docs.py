"""`make docs`: the published documents, written from the code into `docs/`.

Owns: openapi.json (the console), asyncapi/<service>.json (every service), visit-spec.schema.json,
limits.md (`deploy.bounds`).
`--check` compares instead of writing. Must not: run a service; documents follow from its wiring.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

from faststream.specification import AsyncAPI

from deploy.bounds import page
from deploy.local import service_names
from services.console.main import assemble, door
from services.console.schema import visit_spec_schema
from shared.chassis.service import Service
from shared.chassis.settings import Settings

DOCS = Path(__file__).resolve().parent.parent / "docs"
VERSION = "1"


def documents() -> Iterator[tuple[str, str]]:
    """Each document: its path below `docs/` and its text."""
    yield "limits.md", page()
    yield "visit-spec.schema.json", _text(visit_spec_schema())
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(_env_file=None, data_dir=Path(folder), store_url="sqlite://")
        yield "openapi.json", _text(door(assemble(settings)).openapi())
        for name in service_names():
            service: Service = import_module(f"services.{name}.main").build(settings)
            yield f"asyncapi/{name}.json", _text(_asyncapi(service, name))


def _asyncapi(service: Service, name: str) -> Any:
    card = import_module(f"services.{name}").__doc__ or ""
    made = AsyncAPI(
        service.broker, title=f"Redcrown {name}", version=VERSION, description=card.strip()
    )
    found = json.loads(made.to_specification().to_json())
    _one_by_one(found["components"])
    for server in found["servers"].values():
        server["host"] = "127.0.0.1:4222"
    return _sorted(found)


def _one_by_one(components: dict[str, Any]) -> None:
    """A handler takes what arrived together as a list; on the bus each is a message of its own."""
    schemas = components["schemas"]
    for message in components["messages"].values():
        name = message["payload"].get("$ref", "").rpartition("/")[2]
        if schemas.get(name, {}).get("type") == "array":
            message["payload"] = schemas[name]["items"]
    used = json.dumps(components["messages"]) + json.dumps(schemas)
    for name in [one for one in schemas if f'/{one}"' not in used]:
        del schemas[name]


def _sorted(value: Any) -> Any:
    """In alphabetical order: FastStream keeps subscribers in a set, without an order."""
    if isinstance(value, dict):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def _text(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def stale() -> list[str]:
    """Documents that differ from the code, that are missing, or that nothing makes any more."""
    made = dict(documents())
    old = [name for name, text in made.items() if _kept(name) != text]
    there = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.json")}
    return sorted({*old, *(there - made.keys())})


def _kept(name: str) -> str | None:
    path = DOCS / name
    return path.read_text("utf-8") if path.exists() else None


def main() -> int:
    """Write or check; the exit status is 1 when a check finds something stale."""
    if "--check" in sys.argv[1:]:
        found = stale()
        for name in found:
            print(f"docs/{name} is not what the code says: run `make docs`", file=sys.stderr)
        return 1 if found else 0
    for name, text in documents():
        path = DOCS / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
