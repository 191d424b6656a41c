"""The numbers of lists of guests at hotels. Must not: be scattered."""

LISTS_AT_ONCE = 2
"""Lists of one hotel that are carried out at the same time."""
ROWS_AT_ONCE = 50
"""Writes to a hotel for one list before others get their turn."""
GUESTS_REST_S = 10.0
"""Lists of one hotel rest so long when the guests service does not answer."""
ROWS_SHOWN = 5
"""Rows that need somebody, shown with an order; the command line has all, page by page."""
GUESTS_PAGES = 4
"""Of 500 guests each: a roster has no more than 1,000."""
