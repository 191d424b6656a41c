"""Every number that bounds alarms, calendar feeds, pages and calls of hotels, once.

The rest is in `shared.chassis.limits`.

Must not: be repeated anywhere else. What is an alarm is in `alarm_rules`.
"""

from __future__ import annotations

from shared.chassis.limits import Pace

ALARM_LOOK_S = 5.0
"""How often a console looks whether there are alarms."""
ALARM_RISKS_S = 15.0
"""How often it asks for visits at risk, and for how many."""
ALARM_RISKS = 100
ALARMS_OPEN = 500
"""Alarms that stand at a time; beyond that none is raised."""
ALARM_AGAIN_S = 900.0
"""After this long duty posts are called again for an alarm that nobody acknowledged; then after
twice as long, and so on, `ALARM_CALLS` times in all."""
ALARM_CALLS = 4
ALARM_CALLS_PER_HOUR = 60
"""Over all alarms. More wait, and the hardest go first."""
ALARM_SILENCE_MAX_S = 7 * 24 * 3600.0
ALARMS_KEEP_S = 90 * 24 * 3600.0
"""How long it can be read that an alarm was there."""

ROSTERS_S = 30.0
"""How often it is asked for rosters of which nobody knows whether the guests service has them."""
ROSTERS_ASKED = 200
"""Of these, and of guests to be erased again, so many are read at once."""
ROSTERS_BEHIND = 20
"""Visits whose roster went back that are alarms."""
CLOCKS_APART_S = 600.0
"""What was erased so long before a copy was made is erased again, too: the clocks of whoever wrote
it down and of whoever copied may differ, and to erase twice does no harm."""

FEED_FRESH_S = 60.0
"""How old what a feed says may be."""
FEEDS_KEPT = 200
"""Feeds whose last answer is kept so long."""
FEEDS_PER_ACCOUNT = 200
FEED_DAYS_BACK, FEED_DAYS_AHEAD = 7, 54
FEED_PAGES = 10
"""Pages of the schedule, of 100 visits each, that one feed reads."""
FEEDS_AT_ONCE = 4
"""Feeds made at a time; others wait their turn."""
FEED_PACE = Pace(120, 3600.0)
"""Requests of one calendar feed: programs ask each few minutes, and several may share it."""

HOTEL_PACE = Pace(120, 600.0)
"""Requests by one link of a hotel that answers by hand."""
HOTEL_LINES = 120
"""Nights and room types for which a hotel can say what it has left; a longer order is answered as
a whole."""

WORKBOOK_S = 10.0
"""How long bookings may take to write or read a workbook: hundreds of rows, and the first one waits
until what writes it is loaded."""

HOTEL_CALL_PACE = Pace(600, 60.0)
"""Calls about one hotel from one address: systems tell each change of each reservation."""
HOTEL_CALL_S = 10.0
"""How long the body of a signed call may take to arrive."""
ALPINEBITS_PACE = Pace(120, 60.0)
"""Calls of one hotel's system by AlpineBits: it asks each minute or so, and tells its changes."""
ALPINEBITS_BYTES = 4 * 1024 * 1024 + 64 * 1024
"""Of one message with its form, as it arrives."""
ALPINEBITS_BODY_S = 30.0
ALPINEBITS_ANSWER_S = 20.0
"""A long message takes seconds of computing."""
ALPINEBITS_AT_ONCE = 8
"""Bodies that are held at a time, and of one hotel."""
ALPINEBITS_OF_HOTEL = 2
ALPINEBITS_AGAIN_S = 30
