"""What people and vehicles that stand would cost now. Pure.

Must not: look at duty or rest; who stands has been judged.
"""

from __future__ import annotations

from collections import defaultdict

from services.escorts.inventory import Escorts
from shared.contracts.values import Money
from shared.holds.port import Given

QUARTERS_PER_HOUR, MINUTES_PER_HOUR = 4, 60


def suits(given: Given, escorts: Escorts) -> bool:
    """Whether everyone and every vehicle is there."""
    return price(given, escorts) is not None


def price(given: Given, escorts: Escorts) -> Money | None:
    """Duty minutes and hours of vehicles at their rates, each rounded up to a fen as when agreed;
    None when somebody or something is gone."""
    amounts: dict[str, int] = defaultdict(int)
    for claim in given.claims:
        amounts[claim.unit] += (claim.stop - claim.start) * claim.quantity
    rates = {name: (one.cost_per_hour, QUARTERS_PER_HOUR) for name, one in escorts.vehicles.items()}
    rates |= {name: (one.cost_per_hour, MINUTES_PER_HOUR) for name, one in escorts.on_duty.items()}
    fen = 0
    for unit, amount in amounts.items():
        if unit in escorts.people:
            continue
        if unit not in rates:
            return None
        rate, per_hour = rates[unit]
        fen += -(-rate * amount // per_hour)
    return Money(amount=fen)
