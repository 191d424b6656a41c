"""Starts the bookings service: `python -m services.bookings`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.bookings.main")
