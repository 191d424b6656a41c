"""Versions of the kernel's tables, which every resource service has."""
