"""Versions of the console's table."""
