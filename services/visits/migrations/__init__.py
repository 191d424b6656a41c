"""Versions of the visits tables."""
