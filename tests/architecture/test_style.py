"""Code stays small enough to read, says what it is, and names nothing it should not."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
CODE = ("shared", "services", "deploy", "bench")
TEXT = (*CODE, "tests", "docs", ".ci")
VENDORS = ROOT / "tests" / "hotels" / "specs"
"""Files of others, kept as they are."""
MOST_LINES_OF_A_FILE = 250
MOST_LINES_OF_A_FUNCTION = 40

# Written so that this file does not contain what it looks for.
FORBIDDEN = {
    "a package index": re.compile(r"py[p]i\.|python[h]osted|://\S*/si[m]ple\b", re.IGNORECASE),
    "a path of one machine": re.compile(r"(?<![\w.~-])/(?:roo[t]|wor[k]|hom[e])/"),
    "the wrong vocabulary": re.compile(r"\b[A][I]\b|\b[L]LMs?\b|(?<![-\w])[aA]g[e]nts?\b"),
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def modules() -> list[Path]:
    return sorted(path for part in CODE for path in (ROOT / part).rglob("*.py"))


def texts() -> list[Path]:
    """Every text file of the project, not of its environment or its run-time data."""
    top = [path for path in ROOT.iterdir() if path.is_file()]
    below = [path for part in TEXT for path in (ROOT / part).rglob("*") if path.is_file()]
    found = (path for path in top + below if "__pycache__" not in path.parts)
    return sorted(path for path in found if VENDORS not in path.parents)


def lines_of(function: Function) -> int:
    """Lines from `def` to the end, the docstring not counted."""
    assert function.end_lineno is not None
    length = function.end_lineno - function.lineno + 1
    if ast.get_docstring(function) is not None:
        docstring = function.body[0]
        assert docstring.end_lineno is not None
        length -= docstring.end_lineno - docstring.lineno + 1
    return length


@pytest.fixture(scope="module")
def trees() -> dict[str, ast.Module]:
    found = {str(path.relative_to(ROOT)): ast.parse(path.read_text()) for path in modules()}
    assert found, "no code found: did the folders move?"
    return found


def test_files_are_short() -> None:
    lengths = {
        str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in modules()
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FILE} == {}


def test_functions_are_short(trees: dict[str, ast.Module]) -> None:
    lengths = {
        f"{name}:{node.lineno} {node.name}": lines_of(node)
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, Function)
    }
    assert {name: n for name, n in lengths.items() if n > MOST_LINES_OF_A_FUNCTION} == {}


def test_modules_say_what_they_are(trees: dict[str, ast.Module]) -> None:
    assert [name for name, tree in trees.items() if not ast.get_docstring(tree)] == []


def goes_on_deaf(node: ast.AST) -> bool:
    """An endless loop that does not ask `told_to_end`, or a wait that may lose a cancellation."""
    if isinstance(node, ast.While):
        leaves = any(isinstance(one, ast.Return | ast.Break) for one in ast.walk(node))
        waits = any(isinstance(one, ast.Await) for one in ast.walk(node))
        return isinstance(node.test, ast.Constant) and waits and not leaves
    return isinstance(node, ast.Call) and re.fullmatch(
        r"asyncio\.wait_for\(.*\.wait\(\),.*\)", ast.unparse(node)
    ) is not None  # fmt: skip


def test_what_goes_on_for_ever_hears_its_end(trees: dict[str, ast.Module]) -> None:
    found = [
        f"{name}:{node.lineno}"
        for name, tree in trees.items()
        for node in ast.walk(tree)
        if name.startswith(("shared/", "services/"))
        and goes_on_deaf(node)
        and isinstance(node, ast.stmt | ast.expr)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "deaf"),
    [("while True: await look()", True), ("while not told_to_end(): await look()", False),
     ("while True:\n  if await look(): return", False), ("while True: look()", False),
     ("await asyncio.wait_for(self.bell.wait(), 3)", True), ("await woken(self.bell, 3)", False)],
)  # fmt: skip
def test_a_loop_that_is_deaf_is_seen(line: str, deaf: bool) -> None:
    assert any(map(goes_on_deaf, ast.walk(ast.parse(line)))) == deaf


def test_nothing_forbidden_is_mentioned() -> None:
    found = []
    for path in texts():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue  # not text
        found += [
            f"{path.relative_to(ROOT)}:{number} {what}"
            for number, line in enumerate(lines, 1)
            for what, pattern in FORBIDDEN.items()
            if pattern.search(line)
        ]
    assert found == []
