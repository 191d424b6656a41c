"""Sums as hotels write them: decimal text in major units. Must not: use floats."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from shared.contracts.values import Money

WITHOUT_MINOR = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF"})
"""Currencies whose minor unit is the unit itself (ISO 4217, exponent 0)."""


def decimal_text(sum_: Money) -> str:
    """`79996` fen as `799.96`; `800` yen as `800`."""
    if sum_.currency in WITHOUT_MINOR:
        return str(sum_.amount)
    return str((Decimal(sum_.amount) / 100).quantize(Decimal("0.01")))


def parts(sum_: Money, count: int) -> Iterator[Money]:
    """A sum in so many equal parts, one by night; what does not divide is on the first."""
    part, rest = divmod(sum_.amount, count)
    for number in range(count):
        yield sum_.model_copy(update={"amount": part + (0 if number else rest)})
