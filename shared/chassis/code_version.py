"""Which code a process runs: a print of its files, so that two versions can be told apart.

Must not: need git, or an installed distribution; images and checkouts have neither.
"""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import shared


@cache
def code_version(service: str) -> str:
    """The print of `shared` and of the service's own package; the same for the same files."""
    found = find_spec("services") and find_spec(f"services.{service}")
    roots = [Path(str(shared.__file__)).parent]
    if found and found.origin:
        roots.append(Path(found.origin).parent)
    digest = hashlib.sha256()
    for root in roots:
        for path in sorted(root.rglob("*")):
            if path.suffix in _CODE and path.is_file():
                digest.update(f"{path.relative_to(root).as_posix()}\n".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


_CODE = (".py", ".html", ".j2", ".js", ".css")
