"""Hotels: their systems, their spreadsheets."""
