"""Hotels reached by hand: pick-up as files, and a link for their staff.

Owns: pick-up per night as files (`pickup`) and the signed link (`link`). The spreadsheet that a
hotel gets is written, and read when it comes back, by `shared.sheets`.
Must not: know a guest.
"""
