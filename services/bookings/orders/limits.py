"""The numbers of orders at hotels: how many, how long, how often. Must not: be scattered."""

HOTEL_AT_ONCE = 4
"""Orders of one hotel that are carried out at the same time."""
HOTEL_STEPS = 6
"""Steps of one order before others get their turn."""
HOTEL_LEASE_S = 180.0
"""Who takes an order up has it for so long; longer than carrying it out may take."""
HOTEL_CARRY_S = 150.0
"""Carrying out one order ends after this long; an open write is then settled by reading."""
HOTEL_LOOK_S = 5.0
"""Orders that another process has made due are seen after this long at the latest."""
HOTEL_SETTLE_LOOK_S = 5.0
"""Between two looks at a write whose outcome is open."""
HOTEL_AGAIN_MOST_S = 300.0
"""Longest pause between two tries of an order, after 1, 2, 4 … seconds."""
HOTEL_ORDER_TRIES = 100
"""Tries in a row (about eight hours) after which a person owns an order."""
HOTEL_SWEEP_S = 300.0
"""Between two comparisons of all that we hold with what a hotel shows."""
HOTEL_CUT_LEAD_DAYS = 7
"""So many days before a cut-off it is told which rooms nobody has taken up."""
HOTEL_CUT_PATIENCE_DAYS = 1
"""A hotel that cannot be read for so long after a cut-off leaves the order to a person."""
