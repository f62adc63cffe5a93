"""The Kubernetes objects of a resolved cluster or box: one file per kind, plain dicts, nothing left to decide."""
