"""The wiring of the bookings service: the kernel of holds with the rules of bookings.

Must not: decide anything.
"""

from __future__ import annotations

from services.bookings.rules import BookingRules
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.holds.service import resource_service


def build(settings: Settings) -> Service:
    """The whole service, not yet running."""
    return resource_service("bookings", BookingRules(), settings)


def main() -> None:
    """Run until asked to stop."""
    build(Settings()).run()
