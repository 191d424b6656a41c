"""What the driver and the services of the bare ceiling agree on.

Must not: do anything.
"""

SUBJECT = "bare.{service}.{step}"
OWNERS = ("bookings", "venues", "catering")
NOTICES = "notifications"
