"""Rooming lists as spreadsheets, and the link for hotel staff."""
