"""Builders of the Kubernetes objects of a resolved cluster or box, as plain dicts: one file per kind."""
