"""Tests: rules, conformance, flows, live, architecture."""
