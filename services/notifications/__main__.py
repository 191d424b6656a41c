"""Starts the service: `python -m services.notifications`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.notifications.main")
