"""Names at hotels with systems of their own: one list for each order that is definite.

Owns: which reservation stands for which room of which guests, by opaque ids, and that the hotel has
their names. Names are fetched from the guests service when they are sent, and kept nowhere.
Must not: change a block; `orders` does, once the reservations that are in its way are gone.
"""
