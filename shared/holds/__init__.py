"""The kernel of every resource service: hold, confirm, release over cells that cannot oversell.

Owns: holds, claims, cells and the inventory documents of a resource service.
Must not: know a kind of need; a service brings that as `port.Rules`.
"""
