"""Kubernetes' own types, as far as the operator writes them or passes them through, from a pinned API server."""
