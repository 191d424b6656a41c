"""Rooming lists that come back from hotels as spreadsheets.

Owns: what a returned file says (`grid`, `understand`), the words it may say it in (`words`), and
what that would change (`preview`).
Promises: nothing changes by reading; every row gets a result and a place; a file from outside is
bounded before it is unpacked.
Must not: store or log a row: names come from the caller at reading time, and go.
"""
