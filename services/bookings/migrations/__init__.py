"""Versions of the tables of orders at hotels."""
