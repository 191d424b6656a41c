"""A finding said in both languages, and whom it hurts.

Must not: decide whether there is one; `judging` does.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Any

from services.console.picture import Finding, Level
from services.console.words import LANGUAGES, WORDS, speaker
from shared.contracts.catalog import kinds_of
from shared.contracts.values import Text

Said = Callable[[str], str]
"""A value that reads differently in each language."""


def say(key: str, **values: Any) -> Text:
    """A word in both languages, with its values."""
    told = {}
    for language in LANGUAGES:
        own = {name: one(language) if callable(one) else one for name, one in values.items()}
        told[language] = speaker(language)(key, **own)
    return Text(**told)


def saying(key: str, **values: Any) -> Callable[[], Text]:
    """The same for whoever may not want to hear it."""
    return partial(say, key, **values)


def kinds(service: str) -> Said:
    """What a service books, for a sentence."""

    def told(language: str) -> str:
        names = [getattr(kind.name, language) for kind in kinds_of(service).values()]
        return ("、" if language == "zh" else ", ").join(names)

    return told


def harm_of(service: str) -> Text:
    """Whom it hurts when a service does nothing."""
    if f"harm.{service}" in WORDS:
        return say(f"harm.{service}")
    if kinds_of(service):
        return say("harm.resource", kinds=kinds(service))
    return say("harm.service", service=service)


def found(
    code: str,
    level: Level,
    harm: Text,
    *,
    service: str = "",
    consumer: str | None = None,
    stream: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    **values: Any,
) -> Finding:
    """A finding; its sentence is the word `finding.<code>`."""
    named = {"service": service, "consumer": consumer, "stream": stream, **values}
    sentence = say(f"finding.{code}", **{key: one for key, one in named.items() if one is not None})
    return Finding(
        code=code, level=level, service=service, consumer=consumer, stream=stream, since=since,
        until=until, sentence=sentence, harm=harm,
    )  # fmt: skip
