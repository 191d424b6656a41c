"""Every request we send and every answer we accept, held against the vendor's own specification.

Bodies there declare almost nothing as required, so names that the specification does not know are
found too: a misspelt field is a violation.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
from jsonschema import Draft4Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT4

from tests.hotels.forms import nested, typed

SPECS = Path(__file__).parent / "specs"
METHODS = ("get", "put", "post", "patch", "delete")
FORMS = (
    "type", "format", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "items",
    "minItems", "maxItems",
)  # fmt: skip
"""Of a parameter in Swagger 2.0, which has no schema of its own: what says its form."""


class Operation:
    """One documented call."""

    def __init__(
        self, contract: Contract, template: str, spec: dict[str, Any], common: list[dict[str, Any]]
    ) -> None:
        """`common` are the parameters of all calls of this path."""
        self.contract, self.pattern, self.spec = contract, _pattern(template), spec
        self.in_path = re.findall(r"\{([^/]+?)\}", template)
        self.parameters = [contract.deref(one) for one in [*common, *spec.get("parameters", [])]]

    def of(self, place: str) -> dict[str, dict[str, Any]]:
        return {one["name"]: one for one in self.parameters if one["in"] == place}

    def body_schema(self) -> dict[str, Any] | None:
        for one in self.parameters:
            if one["in"] == "body":
                return one["schema"]
        content = self.contract.deref(self.spec.get("requestBody", {})).get("content", {})
        return content.get("application/json", {}).get("schema")

    def form_schema(self) -> dict[str, Any] | None:
        """Of a form in OpenAPI 3.0."""
        content = self.contract.deref(self.spec.get("requestBody", {})).get("content", {})
        return content.get("application/x-www-form-urlencoded", {}).get("schema")

    def answer_schema(self, status: int) -> tuple[bool, dict[str, Any] | None]:
        found = self.spec["responses"].get(str(status))
        if found is None:
            return False, None
        found = self.contract.deref(found)
        content = found.get("content", {}).get("application/json", {})
        return True, found.get("schema") or content.get("schema")


class Contract:
    """One specification file, Swagger 2.0 or OpenAPI 3.0."""

    def __init__(self, path: Path, tolerated: Mapping[str, str] | None = None) -> None:
        """`tolerated` are violations that the vendor's own recordings show too, and why."""
        self.spec = json.loads(path.read_text(encoding="utf-8"))
        _mend(self.spec)
        self.tolerated = dict(tolerated or {})
        self.validators: dict[str, Draft4Validator] = {}
        servers = self.spec.get("servers") or [{"url": self.spec.get("basePath", "")}]
        self.base = urlsplit(servers[0]["url"]).path.rstrip("/")
        resource = DRAFT4.create_resource(self.spec)
        self.registry: Registry[Any] = Registry().with_resource("urn:spec", resource)
        self.operations = [
            (
                method,
                Operation(self, self.base + template, spec[method], spec.get("parameters", [])),
            )
            for template, spec in self.spec["paths"].items()
            for method in METHODS
            if method in spec
        ]
        # A literal path comes before one that a parameter would match as well.
        self.operations.sort(key=lambda one: one[1].pattern.pattern.count("[^/]+"))

    def deref(self, node: dict[str, Any]) -> dict[str, Any]:
        while "$ref" in node:
            found: Any = self.spec
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step.replace("~1", "/")]
            node = found
        return node

    def find(self, method: str, path: str) -> Operation | None:
        for how, operation in self.operations:
            if how == method.lower() and operation.pattern.fullmatch(path):
                return operation
        return None

    def request(self, request: httpx.Request) -> Iterator[str]:
        operation = self.find(request.method, request.url.path)
        if operation is None:
            yield f"undocumented: {request.method} {request.url.path}"
            return
        yield from self.parameters(operation, request)
        form = operation.of("formData")
        sent = parse_qs(request.content.decode()) if form else {}
        yield from (f"unknown form field {name}" for name in sent if name not in form)
        yield from (
            f"missing form field {n}"
            for n, p in form.items()
            if p.get("required") and n not in sent
        )
        schema = operation.body_schema()
        if schema is not None:
            yield from self.fits(json.loads(request.content or b"null"), schema)
        elif (form_schema := operation.form_schema()) is not None:
            yield from self.form(request, form_schema)
        elif request.content and not form:
            yield "a body that is not documented"

    def parameters(self, operation: Operation, request: httpx.Request) -> Iterator[str]:
        """Names and values in path, query and headers."""
        query = parse_qs(request.url.query.decode(), keep_blank_values=True)
        known = operation.of("query")
        yield from (f"unknown query {name}" for name in query if name not in known)
        found = operation.pattern.fullmatch(request.url.path)
        path = zip(operation.in_path, found.groups() if found else (), strict=True)
        headers = {name: [text] for name, text in request.headers.items()}
        yield from self.values(operation, "query", query)
        yield from self.values(operation, "path", {name: [text] for name, text in path})
        yield from self.values(operation, "header", headers)

    def values(
        self, operation: Operation, place: str, sent: Mapping[str, list[str]]
    ) -> Iterator[str]:
        """What is missing in a place, and what has not the documented form."""
        for name, one in operation.of(place).items():
            texts = sent.get(name.lower() if place == "header" else name)
            if texts is None:
                if one.get("required"):
                    yield f"missing {place} {name}"
                continue
            schema = self.deref(one.get("schema") or {n: one[n] for n in FORMS if n in one})
            for error in self.validator(schema).iter_errors(_value(texts, one, schema)):
                yield f"{place} {name}: {error.message[:200]}"

    def form(self, request: httpx.Request, schema: dict[str, Any]) -> Iterator[str]:
        if request.headers.get("content-type") != "application/x-www-form-urlencoded":
            yield "a form was expected"
            return
        yield from self.fits(typed(nested(request.content), schema, self.deref), schema)

    def answer(self, request: httpx.Request, status: int, content: bytes) -> Iterator[str]:
        operation = self.find(request.method, request.url.path)
        if operation is None or status >= 300:
            return
        documented, schema = operation.answer_schema(status)
        if not documented:
            yield f"undocumented status {status}: {request.method} {operation.pattern.pattern}"
        elif schema is not None and content:
            yield from self.fits(json.loads(content), schema)

    def fits(self, body: Any, schema: dict[str, Any]) -> Iterator[str]:
        for error in self.validator(schema).iter_errors(body):
            yield f"{'/'.join(str(one) for one in error.absolute_path)}: {error.message[:200]}"
        yield from self.unknown(body, schema, "")

    def validator(self, schema: dict[str, Any]) -> Draft4Validator:
        key = json.dumps(schema, sort_keys=True)
        if key not in self.validators:
            whole = {"allOf": [_absolute(schema)]}
            self.validators[key] = Draft4Validator(
                whole, registry=self.registry, format_checker=FormatChecker()
            )
        return self.validators[key]

    def unknown(self, body: Any, schema: dict[str, Any], where: str) -> Iterator[str]:
        """Names in a body that the specification does not have."""
        schema = self.deref(schema)
        if isinstance(body, list):
            for one in body:
                yield from self.unknown(one, schema.get("items", {}), where + "/0")
        if not isinstance(body, dict):
            return
        properties = self.properties(schema)
        if not properties:
            return
        for name, value in body.items():
            if name not in properties:
                yield f"unknown field {where}/{name}"
            else:
                yield from self.unknown(value, properties[name], f"{where}/{name}")

    def properties(self, schema: dict[str, Any]) -> dict[str, dict[str, Any]]:
        schema = self.deref(schema)
        found = dict(schema.get("properties", {}))
        for one in schema.get("allOf", []):
            found |= self.properties(one)
        return found


def _mend(node: Any) -> None:
    """OHIP's files say of dates both `format: date` and `maxLength: 8`; the vendor's own samples
    write ten characters. What OpenAPI 3.0 calls nullable is a type for a validator."""
    if isinstance(node, dict):
        if node.get("nullable") is True and isinstance(node.get("type"), str):
            node["type"] = [node["type"], "null"]
            if "enum" in node:
                node["enum"] = [*node["enum"], None]
        if node.get("format") == "date" and node.get("maxLength") == 8:
            del node["maxLength"]
        for one in node.values():
            _mend(one)
    elif isinstance(node, list):
        for one in node:
            _mend(one)


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\{[^/]+?\\}", "([^/]+)", re.escape(template)))


def _value(texts: list[str], parameter: dict[str, Any], schema: dict[str, Any]) -> Any:
    """What the texts of a parameter stand for; a text that stands for nothing of its type stays."""
    if schema.get("type") != "array":
        return _scalar(texts[0], schema) if len(texts) == 1 else texts
    repeated = parameter.get("collectionFormat") == "multi" or (
        "schema" in parameter and parameter.get("explode", True)
    )
    items = texts if repeated else [each for one in texts for each in one.split(",")]
    return [_scalar(one, schema.get("items", {})) for one in items]


def _scalar(text: str, schema: dict[str, Any]) -> Any:
    if schema.get("type") == "string" or "type" not in schema:
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text


def _absolute(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: f"urn:spec{value}" if name == "$ref" else _absolute(value)
            for name, value in node.items()
        }
    return [_absolute(one) for one in node] if isinstance(node, list) else node


class Recorder(httpx.AsyncBaseTransport):
    """The wire to a hotel, with everything on it held against the specifications."""

    def __init__(self, *contracts: Contract) -> None:
        self.wire = httpx.AsyncHTTPTransport(verify=False)
        self.contracts = contracts
        self.violations: list[str] = []
        self.requests: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        contract = next(
            (c for c in self.contracts if c.find(request.method, request.url.path)), None
        )
        self.requests.append(request)
        if contract is None:
            self.violations.append(f"undocumented: {request.method} {request.url.path}")
            return await self.wire.handle_async_request(request)
        self.note(contract, contract.request(request))
        response = await self.wire.handle_async_request(request)
        content = await response.aread()
        if content[:1] in (b"{", b"["):
            self.note(contract, contract.answer(request, response.status_code, content))
        return response

    def note(self, contract: Contract, found: Iterator[str]) -> None:
        self.violations += [one for one in found if one not in contract.tolerated]

    async def aclose(self) -> None:
        await self.wire.aclose()
