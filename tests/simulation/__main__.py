"""Replay a scenario that a failed test has printed: `python -m tests.simulation FILE`."""

import sys
from pathlib import Path

from tests.simulation.referred import REQUIRED
from tests.simulation.scenario import Scenario, play


def main(file: str) -> int:
    """Play it, and show what happened."""
    outcome = play(Scenario.from_json(Path(file).read_text()), REQUIRED)
    print(outcome.trace)
    print("\n".join(outcome.problems) or "nothing wrong")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
