"""How the tool shows things: tables and sentences for people, JSON for scripts.

Must not: ask the API.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.cli.http import ToolError

OUT, ERR = Console(soft_wrap=False), Console(stderr=True, soft_wrap=True)


def document(value: Any) -> None:
    """One JSON document, for scripts."""
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2)
    sys.stdout.write("\n")


def table(
    columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], empty: str = "Nothing."
) -> None:
    """Rows as a table; `columns` are headings by field. What is shown is never taken as markup."""
    OUT.print(rows_of(columns, rows, empty))


def rows_of(
    columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]], empty: str = "Nothing."
) -> Table | Text:
    """The same, to be shown with other things."""
    shown = Table(box=None, header_style="bold", pad_edge=False)
    for heading in columns.values():
        shown.add_column(heading, overflow="fold")
    for row in rows:
        shown.add_row(*(Text(plain(row.get(name))) for name in columns))
    return shown if shown.row_count else Text(empty)


def fields(values: Mapping[str, Any]) -> None:
    """Names and values, one a line."""
    shown = Table(box=None, show_header=False, pad_edge=False)
    shown.add_column(style="bold")
    shown.add_column(overflow="fold")
    for name, value in values.items():
        shown.add_row(name, Text(plain(value)))
    OUT.print(shown)


def heading(text: str) -> None:
    """The name of what follows."""
    OUT.print()
    OUT.print(Text(text, style="bold"))


def difference(lines: Sequence[str]) -> None:
    """Changed lines in colours, where there are colours."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    for line in lines:
        OUT.print(Text(plain(line), style=styles.get(line[:1], "")))


def say(text: str) -> None:
    """A sentence."""
    OUT.print(sentence(text))


def sentence(text: str) -> Text:
    """The same, to be shown with other things."""
    return Text(plain(text))


def failure(error: ToolError, as_json: bool) -> None:
    """What went wrong, on standard error."""
    if as_json:
        told = error.problem or {"title": str(error)}
        sys.stderr.write(json.dumps(told, ensure_ascii=False) + "\n")
    else:
        ERR.print(Text(plain(str(error)), style="red"))


def plain(value: Any) -> str:
    """Text that does nothing to a terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return "".join(one if one.isprintable() or one in "\n\t" else "\N{REPLACEMENT CHARACTER}"
                   for one in text)  # fmt: skip
