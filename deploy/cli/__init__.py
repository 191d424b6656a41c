"""The command-line tool: what the JSON API offers, for people at a terminal and for scripts."""
