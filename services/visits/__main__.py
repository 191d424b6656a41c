"""Starts the visits service: `python -m services.visits`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.visits.main")
