"""`python -m services.visits`."""

from services.visits.main import main

main()
