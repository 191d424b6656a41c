"""The adapter for apaleo, a hotel system whose blocks are of one rate plan and lie in groups.

One block of ours is one group there, with a block in it for each room type. apaleo has no field for
a client's reference of a group or of a picked-up reservation, nor for a cut-off; the group's name
and comments carry them.
Must not: compensate for what apaleo lacks; the core does.
"""
