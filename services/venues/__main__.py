"""Starts the venues service: `python -m services.venues`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.venues.main")
