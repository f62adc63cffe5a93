"""The conditions of a status. Each is a chain of small checks; the first check that fails gives reason and message."""
