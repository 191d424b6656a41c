"""The adapter for OHIP, the property interface of OPERA Cloud.

Blocks with cut-off, asynchronous rooming list, pick-up, change, cancel, and the destructive poll
of business events. Streaming (GraphQL over a socket) is not here.
Must not: compensate for what OHIP lacks; the core does.
"""
