"""Starts the catering service: `python -m services.catering`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.catering.main")
