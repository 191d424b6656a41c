"""The numbers of listening to hotels. Must not: be scattered."""

HOTEL_FEED_S = 15.0
"""Between two polls of one hotel."""
FEED_SILENT_S = 120.0
"""A feed that answered no poll for so long is silent: a restart of either side takes less."""
FEED_LEASE_S = 180.0
"""Whose turn it is has it so long; who died in a turn gives it back by that."""
FEED_EARLY = 0.9
"""A timer that comes so much of the time after the last poll was meant to come after all of it."""
HINTS_KEPT_S = 30 * 24 * 3600.0
"""How long a hint is known when it comes again; one that comes later costs a read."""
MOST_BLOCKS = 10_000
"""Blocks of one hotel that hints are held against."""
