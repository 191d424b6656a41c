"""`python -m services.guests`."""

from services.guests.main import main

main()
