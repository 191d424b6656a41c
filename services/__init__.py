"""The services: each owns its data, its rules and its process; none imports another."""
