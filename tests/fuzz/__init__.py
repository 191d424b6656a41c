"""Rubbish, made by machines, against the running API and everything that reads bytes."""
