"""Benchmarks: reproducible with one command, `make bench`."""
