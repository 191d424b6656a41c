"""Hotels without a system: a person there is written to, and answers behind a signed link.

Owns: what such a hotel was asked and what it said, version by version; its letters and reminders.
Must not: know who reads a letter (notifications do), or keep a hotel's own words.
"""
