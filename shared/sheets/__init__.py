"""Rooming lists that hotels get as spreadsheets, and that come back from them.

Owns: the file that goes out (`write`, `tables`) and the one of an order of rooms (`rooms`); what a
returned file says (`grid`, `understand`), the words it may say it in (`words`), and what that would
change (`preview`).
Promises: nothing changes by reading; every row gets a result and a place; a file from outside is
bounded before it is unpacked; the same list is written as the same bytes.
Must not: store or log a row: names come from the caller at sending and reading time, and go.
"""
