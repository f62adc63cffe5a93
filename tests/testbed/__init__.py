"""A real Kubernetes on one machine, for the tests and for people to try things on.

The way in for people is `python -m tests.testbed --help`, for tests it is `tests.testbed.fixtures`.
"""
