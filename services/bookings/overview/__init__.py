"""What operations see of hotels that must agree: lines, orders, nights.

Owns: reading the store for these pages.
Must not: change anything, or call a hotel.
"""
