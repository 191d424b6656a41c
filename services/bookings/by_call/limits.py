"""The numbers of hotels whose systems call us. Must not: be scattered."""

ROOMS_OF_ORDER = 500
"""Rooms of one order; a larger one is refused, as its hotel could not be told of it."""
ROOMS_OF_HOTEL = 20_000
"""Rooms of one hotel that are looked at together."""
NAMES_S = 8.0
"""Names for one call are fetched so long; then it is answered without these rooms."""
KEPT_DAYS = 60
"""So long after its departure a room is shown to a system that asks for all since a moment."""
PICTURE_BYTES = 4 * 1024 * 1024
"""Of one hotel's free rooms, as they are stored."""
CALLS_AT_ONCE = 8
"""AlpineBits calls in work at a time in one process; each may hold some megabytes."""
CALLS_OF_HOTEL = 2
"""The same for one hotel, so that a slow one takes no place from others."""
AGAIN_S = 30
