"""`docs/limits.md`: every number that bounds something, on one page, read from where it stands.

Owns: which constants of the services count as bounds. Must not: import what it reads, or bound
anything itself.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deploy.local import ROOT

WHOLE = ("limits.py", "bounds.py")
"""Of these modules each number counts; of others those whose name says that they bound."""
BOUNDING = re.compile(
    r"^(MOST|MAX)(_|$)|_(MOST|MAX|ROWS|BYTES|ATTEMPTS|TRIES|PACE|S|MS|DAYS|HOURS|MINUTES)(_|$)"
    r"|AT_ONCE|PER_|_KEPT|_EACH"
)
COLUMNS = ("| module | bound | value | |", "|---|---|---|---|")
HEAD = """# Limits

Written by `make docs` from the code, where each number stands once; `make check` compares. Names
end in their unit: `_S` seconds, `_MS` milliseconds, `_DAYS` days, `_BYTES` bytes. What holds for
every service is in `shared/chassis/limits.py`; what bounds one part alone, beside that part. What
happens beyond them: [reliability](reliability.md#limits).
"""


@dataclass(frozen=True, slots=True)
class Bound:
    """A number as it stands in the code, and what is said of it there."""

    name: str
    value: str
    meaning: str


def page(root: Path = ROOT) -> str:
    """The whole page: a table of each part, its modules in alphabetical order."""
    parts = [HEAD]
    for folder in (root / "shared", *sorted((root / "services").iterdir())):
        modules = [(path, bounds_of(path)) for path in sorted(folder.rglob("*.py"))]
        rows = [row for path, some in modules for row in _rows(path.relative_to(folder), some)]
        if rows:
            title = folder.relative_to(root).as_posix()
            parts += [f"## {title}\n", *COLUMNS, *rows, ""]
    return "\n".join(parts)


def bounds_of(path: Path) -> list[Bound]:
    """Those of one module."""
    everything = path.name in WHOLE
    body = ast.parse(path.read_text("utf-8")).body
    found: list[Bound] = []
    for statement, behind in zip(body, [*body[1:], None], strict=True):
        if everything and isinstance(statement, ast.ClassDef):
            found += _fields(statement)
        names, value = _assigned(statement)
        shown = [name for name in names if name.isupper() and not name.startswith("_")]
        if not shown or value is None or not _numeric(value):
            continue
        if everything or any(BOUNDING.search(name) for name in shown):
            found.append(Bound(", ".join(shown), _shown(value), _said(behind)))
    return found


def _fields(model: ast.ClassDef) -> Iterator[Bound]:
    """The numbers that the fields of a model begin with."""
    for statement in model.body:
        names, value = _assigned(statement)
        if value is not None and _numeric(value):
            yield Bound(f"{model.name}.{names[0]}", _shown(value), ast.get_docstring(model) or "")


def _shown(value: ast.expr) -> str:
    """As it is written; those of several names one after the other."""
    some = value.elts if isinstance(value, ast.Tuple) else [value]
    return ", ".join(map(ast.unparse, some))


def _assigned(statement: ast.stmt) -> tuple[list[str], ast.expr | None]:
    if isinstance(statement, ast.AnnAssign):
        return [*_names([statement.target])], statement.value
    if isinstance(statement, ast.Assign):
        return [*_names(statement.targets)], statement.value
    return [], None


def _names(targets: Iterable[ast.expr]) -> Iterator[str]:
    for target in targets:
        if isinstance(target, ast.Name):
            yield target.id
        elif isinstance(target, ast.Tuple):
            yield from _names(target.elts)


def _numeric(value: ast.expr) -> bool:
    """Numbers, what is reckoned of them and of other bounds, and a pace."""
    if isinstance(value, ast.Constant):
        return type(value.value) in (int, float)
    if isinstance(value, ast.BinOp):
        return _numeric(value.left) and _numeric(value.right)
    if isinstance(value, ast.Tuple):
        return all(map(_numeric, value.elts))
    if isinstance(value, ast.Call):
        return ast.unparse(value.func) in ("Pace", "limits.Pace", "timedelta", "Decimal")
    name = ast.unparse(value).rpartition(".")[2]
    return isinstance(value, ast.Name | ast.Attribute) and name.isupper()


def _said(behind: ast.stmt | None) -> str:
    """The docstring behind an assignment, on one line."""
    if isinstance(behind, ast.Expr) and isinstance(behind.value, ast.Constant):
        return " ".join(str(behind.value.value).split()).replace("|", "\\|")
    return ""


def _rows(path: Path, some: list[Bound]) -> Iterator[str]:
    """The module is named once."""
    module = f"`{path.with_suffix('').as_posix()}`"
    for one in some:
        yield f"| {module} | `{one.name}` | `{one.value}` | {one.meaning} |"
        module = ""
