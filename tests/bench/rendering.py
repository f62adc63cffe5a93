"""How fast natsop renders, beside what it is made of.

Figures are of processor time, which is what the clock says on an idle machine. Others at work there make it larger,
too: so each is the best of several runs, and is shown as a multiple of starting Python with pydantic and ruamel.yaml.
natsop's bytecode is cached, as it is where natsop is installed; PYTHONDONTWRITEBYTECODE would have each run compile it.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from ruamel.yaml import YAML

from natsop_core import NatsCluster, Plan, inputs_at_hand, plan_cluster, read
from tests.bench.figures import Figures

ROOT = Path(__file__).parents[2]
QUICK_START = ROOT / "docs" / "examples" / "quick-start.yaml"
CLUSTERS = 1_000

MOST_TIMES = 220 / 120
"""What rendering the quick start may take, as a multiple of starting Python with its libraries."""

LIBRARIES = "from pydantic import BaseModel; import ruamel.yaml\nclass A(BaseModel): a: int\nA(a=1)"


def measure(figures: Figures) -> None:
    with tempfile.TemporaryDirectory() as folder:
        _measure(figures, Path(folder))


def _measure(figures: Figures, folder: Path) -> None:
    seconds = partial(_seconds, bytecode=folder / "bytecode")
    figures.heading("rendering: processor time, also as a multiple of starting Python with pydantic and ruamel.yaml")
    libraries = seconds(["-c", LIBRARIES])
    rendering = seconds(["-m", "natsop_runtime", "render", "-f", str(QUICK_START)])

    def show(what: str, took: float, *, goal: float | None = None) -> None:
        bound = None if goal is None else goal * 1000
        figures.show(what, took * 1000, "ms", bound=bound, more=f"{took / libraries:.3f} x")

    show("python", seconds(["-c", "pass"]))
    show("python with pydantic and ruamel.yaml", libraries)
    show("natsop render of the quick start", rendering, goal=0.350)
    show("  beyond those libraries", rendering - libraries, goal=0.120)
    figures.show("  beside those libraries", rendering / libraries, "x", bound=MOST_TIMES)
    show("CR to plan in process, validated (median)", median_of(quick_start_to_plan(), 1_000), goal=0.0005)
    many = folder / "many.yaml"
    many.write_text("---\n".join(QUICK_START.read_text().replace("my-", f"n{number}-") for number in range(CLUSTERS)))
    command = ["-m", "natsop_runtime", "render", "-f", str(many)]
    show(f"natsop render of {CLUSTERS} quick starts", seconds(command, runs=3), goal=8)


def _seconds(arguments: Sequence[str], *, bytecode: Path, runs: int = 15) -> float:
    """The processor time of the best of several runs of a Python process, which keep their bytecode in that folder."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(bytecode)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)

    def run() -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment, cwd=ROOT)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(run() for _ in range(runs))


def median_of(run: Callable[[], object], runs: int) -> float:
    run()  # models are built when they are first used
    return statistics.median(timed(run) for _ in range(runs))


def quick_start_to_plan() -> Callable[[], Plan]:
    objects = list(YAML(typ="safe").load_all(QUICK_START.read_text()))
    inputs = inputs_at_hand(objects, datetime.now(UTC))

    def run() -> Plan:
        cluster = read(objects[0])
        assert isinstance(cluster, NatsCluster)
        plan = plan_cluster(cluster, inputs)
        assert isinstance(plan, Plan)
        return plan

    return run


def timed(run: Callable[[], object]) -> float:
    started = time.process_time()
    run()
    return time.process_time() - started
