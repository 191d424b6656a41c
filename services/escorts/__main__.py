"""Starts the escorts service: `python -m services.escorts`. Must not: wire anything itself."""

from services.escorts.main import main

if __name__ == "__main__":
    main()
