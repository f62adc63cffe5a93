"""The seed of the scenarios that no earlier run has played: another one each time, unless the environment says which.

It is set in the environment, so that all processes of a run that is spread over several have the same.
"""

import os
import random
from typing import Final

VARIABLE: Final = "SIMULATION_SEED"

SEED: Final = int(os.environ.setdefault(VARIABLE, str(random.SystemRandom().getrandbits(48))))
