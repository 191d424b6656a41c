"""The adapter for HAIP, an open-source hotel system (blocks, rooming lists, change feed).

It has no field for a client's reference of a block or guest; `groupCode` and `loyaltyNumber` carry
ours, as both can be found by. A guest's profile there is made for one stay and belongs to it.
Must not: compensate for what HAIP lacks; the core does.
"""
