"""Conditions: each is a chain of small checks, and the first check that finds something decides it."""
