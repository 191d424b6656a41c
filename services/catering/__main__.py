"""`python -m services.catering`."""

from services.catering.main import main

main()
