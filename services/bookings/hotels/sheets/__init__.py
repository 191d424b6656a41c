"""Hotels reached by hand: rooming lists as spreadsheets, and a link for their staff.

Owns: the spreadsheet that a hotel gets (`write`), pick-up per night as files (`pickup`), and the
signed link (`link`). What a spreadsheet that came back says is read by `shared.sheets`.
Must not: store or log a row: names come from the caller at sending time, and go.
"""
