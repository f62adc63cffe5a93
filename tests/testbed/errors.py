"""What can keep the testbed from working, each with a message meant for the person in front of it."""


class TestbedError(Exception):
    """Something went wrong that the message explains; no stack trace is needed to understand it."""

    __test__ = False  # pytest collects classes called Test…


class CannotRunError(TestbedError):
    """This machine or user cannot run the testbed: not Linux, not root, a tool missing. Tests skip with this reason."""


class NotFetchedError(TestbedError):
    """A part that comes from the network is not in the cache, though this machine could fetch it."""

    def __init__(self, part: str) -> None:
        super().__init__(
            f"{part}: not in the testbed's cache. Run `python -m tests.testbed build` first, where there is a network"
            " (inside a cluster there is none)."
        )


class CommandError(TestbedError):
    """A command failed, or did not end in time; the message carries what it said. A wait for it to succeed goes on."""


class StartError(TestbedError):
    """A part of the cluster did not start or died; the message carries the end of its log."""
