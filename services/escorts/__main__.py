"""Starts the escorts service: `python -m services.escorts`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.escorts.main")
