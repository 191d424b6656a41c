"""The wiring of the catering service: the kernel of holds with the rules of catering.

Must not: decide anything.
"""

from __future__ import annotations

from services.catering.rules import CateringRules
from shared.chassis.service import Service
from shared.chassis.settings import Settings
from shared.holds.service import resource_service


def build(settings: Settings) -> Service:
    """The whole service, not yet running."""
    return resource_service("catering", CateringRules(), settings)


def main() -> None:
    """Run until asked to stop."""
    build(Settings()).run()
