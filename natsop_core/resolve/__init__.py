"""Resolves a custom resource and its inputs to values in which everything that a builder needs is decided."""
