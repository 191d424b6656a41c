"""Listening to hotels: what a hotel's system tells by its feed, or by calling us.

What is told is a hint and nothing more. It is stored, then the block that it concerns is read, and
an order whose block has changed goes the same way as when a sweep had found it, only sooner.
Owns: whose turn it is to poll, and that a hint ends in the transaction of its effect.
Must not: decide what a difference means (`orders.sweeping`, `orders.deciding`), or keep anything of
a hint but ids and a time.
"""
