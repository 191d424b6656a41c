"""Sums as hotels write them: decimal text in major units. Must not: use floats."""

from __future__ import annotations

from decimal import Decimal

from shared.contracts.values import Money

WITHOUT_MINOR = frozenset({"JPY", "KRW", "VND", "CLP", "ISK", "XAF", "XOF", "XPF"})
"""Currencies whose minor unit is the unit itself (ISO 4217, exponent 0)."""


def decimal_text(sum_: Money) -> str:
    """`79996` fen as `799.96`; `800` yen as `800`."""
    if sum_.currency in WITHOUT_MINOR:
        return str(sum_.amount)
    return str((Decimal(sum_.amount) / 100).quantize(Decimal("0.01")))
