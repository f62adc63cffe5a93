"""Where the operator's processor time goes: `python -m tests.bench profile`. Profiling itself takes as much again."""

from __future__ import annotations

import os
import pstats
import re
import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

from tests.bench.cold import created
from tests.bench.figures import Figures
from tests.bench.world import new_world

CLUSTERS: Final = 300
PLACES: Final = (r"/site-packages/(\w+)", r"/(natsop_\w+)/", r"/lib/python[^/]*/(\w+)")


def measure(figures: Figures) -> None:
    """New clusters, by the package whose code ran."""
    figures.heading(f"profile of the operator with {CLUSTERS} new clusters, start-up included")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "profile"
        os.environ |= {"PYTHONPATH": str(Path(__file__).with_name("profiled")), "NATSOP_PROFILE": str(file)}
        with new_world(controller_manager=False) as world:
            world.start_operator()
            created(world, CLUSTERS)
            world.operator.stop(grace=20)
        profile = pstats.Stats(str(file))
    seconds = by_package(profile)
    for package, own in seconds.most_common(20):
        figures.show(package, own / seconds.total() * 100, "%")
    profile.sort_stats("cumulative").print_stats("natsop_", 40)


def by_package(profile: pstats.Stats) -> Counter[str]:
    """Seconds in each package's own code; those of built-in functions in the code that called them."""
    seconds: Counter[str] = Counter()
    entries = profile.stats  # type: ignore[attr-defined]
    for (path, _, name), (_, _, own, _, callers) in entries.items():
        if path != "~":
            seconds[package_of(path)] += own
        elif "poll" not in name:  # the time in which there was nothing to do
            for (caller, _, _), (_, _, part, _) in callers.items():
                seconds[package_of(caller)] += part
    return seconds


def package_of(path: str) -> str:
    found = (re.search(place, path) for place in PLACES)
    return next((each[1] for each in found if each), "python")
