"""Starts the venues service: `python -m services.venues`. Must not: wire anything itself."""

from services.venues.main import main

if __name__ == "__main__":
    main()
