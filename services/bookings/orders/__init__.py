"""Orders at hotels that run their own systems: what the holds of bookings mean there.

An order is one block of rooms at one hotel for one need of one visit and one span of nights. All
live holds of that need share it: it is as large as the largest of them night by night, as the
kernel counts them, so that a changed need asks the hotel for the difference alone. A hold that
waits is granted when the block that was read back covers it.
Owns: the orders and their carrying out; `hotels` owns what goes over the line.
Must not: call a hotel inside a transaction, or decide what a visit does about an answer.
"""
