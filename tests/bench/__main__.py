"""How fast natsop is: `make bench`, or `python -m tests.bench` with the name of one part, or `profile`.

`python -m tests.bench scale` tries 10,000 clusters, or as many as `--clusters` says; `scale --help` lists its options.

Every figure stands beside the bound that it is held to. Seconds of the clock depend on who else is at work on the
machine; so there are also multiples of something that was measured at the same time.
"""

from __future__ import annotations

import sys
import time

from tests.bench import loop, profiling, rendering, scale, scraping
from tests.bench.figures import Figures

PARTS = {
    "rendering": rendering.measure,
    "scraping": scraping.measure,
    "loop": loop.measure,
    "profile": profiling.measure,
}
ALL = ("rendering", "scraping", "loop")


def main(wanted: list[str]) -> int:
    started, figures = time.monotonic(), Figures()
    if wanted[:1] == ["scale"]:
        scale.measure(figures, scale.options(wanted[1:]))
    else:
        for part in wanted or ALL:
            PARTS[part](figures)
    print(f"\n{time.monotonic() - started:.0f} s; {len(figures.missed)} missed")
    for figure in figures.missed:
        print(figure)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
