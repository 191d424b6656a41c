"""Starts the guests service: `python -m services.guests`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.guests.main")
