"""Hotels reached by hand: rooming lists as spreadsheets, out and back, and a link for their staff.

Owns: the spreadsheet that a hotel gets (`write`), what one that comes back says (`grid`,
`understand`), what that would change (`preview`), pick-up per night as files (`pickup`), and the
signed link (`link`).
Promises: nothing changes by reading; every row gets a result and a place; a file from outside is
bounded before it is unpacked; no cell of ours is ever a formula.
Must not: store or log a row: names come from the caller at sending and reading time, and go.
"""
