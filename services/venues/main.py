"""The wiring of the venues service: the kernel of holds with the rules of venues.

Must not: decide anything.
"""

from __future__ import annotations

from services.venues.rules import VenueRules
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.holds.service import resource_service


def build(settings: Settings) -> Service:
    """The whole service, not yet running."""
    return resource_service("venues", VenueRules(), settings)


def main() -> None:
    """Run until asked to stop."""
    build(Settings()).run()
