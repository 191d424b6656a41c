"""Versions of the guests tables."""
