"""Starts the console service: `python -m services.console`. Must not: wire anything itself."""

from shared.chassis.starting import start

if __name__ == "__main__":
    start("services.console.main")
