"""Starts the bookings service: `python -m services.bookings`. Must not: wire anything itself."""

from services.bookings.main import main

if __name__ == "__main__":
    main()
