"""The shell, without a network."""
