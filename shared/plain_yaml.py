"""YAML read by the library's fast half where it is built in, a tenth of the time of the other.

Must not: know what is read.
"""

from __future__ import annotations

from typing import Any

import yaml

LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Makes plain values only, as `yaml.safe_load` does."""


def read_plain(text: str) -> Any:
    """The one document of a text; None for an empty one. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=LOADER)  # noqa: S506 - it is a safe one
