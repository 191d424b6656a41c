"""The words of all screens in Chinese and English, and which of the two a reader gets.

Owns: the one table `WORDS`, put together from the modules of this package: one for each page, with
keys that begin with its name (`visits.title`). A place for a value is written `{name}`.
Must not: hold anything that is not shown. `tests/rules/test_words.py` finds words nobody uses.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from functools import lru_cache
from importlib import import_module

from shared.contracts.values import Text

LANGUAGES = ("zh", "en")
Speaker = Callable[..., str]
"""`t("visits.title")`, `t("live.newer", count=3)`: a word in the reader's language."""


def _gathered() -> dict[str, Text]:
    found: dict[str, Text] = {}
    for one in pkgutil.iter_modules(__path__):
        words: dict[str, tuple[str, str]] = import_module(f"{__name__}.{one.name}").WORDS
        assert not found.keys() & words.keys(), f"{one.name} says what was said already"
        found |= {key: Text(zh=zh, en=en) for key, (zh, en) in words.items()}
    return found


WORDS: dict[str, Text] = _gathered()


@lru_cache(len(LANGUAGES))
def speaker(language: str) -> Speaker:
    """Says words in one language. The speaker raises KeyError for a key that is not there."""

    def speak(key: str, **values: object) -> str:
        text = say(WORDS[key], language)
        return text.format(**values) if values else text

    return speak


def say(text: Text, language: str) -> str:
    """One language of a text."""
    return text.zh if language == "zh" else text.en


def language_of(asked: str | None, accept_language: str) -> str:
    """The language asked for by name, or the one that the browser prefers; Chinese if neither."""
    if asked in LANGUAGES:
        return str(asked)
    best, weight = "zh", 0.0
    for part in accept_language[:500].split(","):
        name, _, quality = part.partition(";q=")
        language = name.strip().lower().partition("-")[0]
        try:
            own = float(quality) if quality else 1.0
        except ValueError:
            own = 0.0
        if language in LANGUAGES and own > weight:
            best, weight = language, own
    return best
