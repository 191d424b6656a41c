"""Benchmarks are judged by their pure parts here; what they measure is no test."""
