"""Ways out of the house: one small port, and an adapter per channel.

Must not: know what a letter is about, or decide whether it is sent again.
"""
