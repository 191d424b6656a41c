"""The adapter for Cloudbeds, the PMS API v1.3: form-encoded calls, answers that say `success`.

A block carries our reference as its name, a reservation as its third-party identifier. A block is
one of the hotel's group profile for us, which the link names.
Must not: compensate for what Cloudbeds lacks; the core does.
"""
