"""Versions of the notifications tables."""
