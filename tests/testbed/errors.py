"""What can keep the testbed from working, each with a message meant for the person in front of it."""


class TestbedError(Exception):
    """Something went wrong that the message explains; no stack trace is needed to understand it."""

    __test__ = False  # pytest collects classes called Test…


class CannotRunError(TestbedError):
    """This machine or user cannot run the testbed: not Linux, not root, a tool missing. Tests skip with this reason."""


class CommandError(TestbedError):
    """A command failed, or did not end in time; the message carries what it said. A wait for it to succeed goes on."""


class StartError(TestbedError):
    """A part of the cluster did not start or died; the message carries the end of its log."""
