"""With this folder on PYTHONPATH, a Python process writes a profile of itself to $NATSOP_PROFILE as it ends."""

import atexit
import cProfile
import os

profile = cProfile.Profile()


def write() -> None:
    profile.disable()
    profile.dump_stats(os.environ["NATSOP_PROFILE"])


atexit.register(write)
profile.enable()
