"""The folders and cgroups of running clusters, and sweeping those whose run has died without doing it itself.

A run is alive as long as somebody holds the lock in its folder: the process that a person or `make` started, and the
namespaces' first processes. The kernel drops it with the last of them, however they end.
"""

import json
import os
import secrets
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from tests.testbed import cgroups, paths
from tests.testbed.locks import locked, try_lock
from tests.testbed.progress import say
from tests.testbed.wait import WaitError

FACTS = "run.json"


@dataclass
class Run:
    """One cluster that is running, or was. `init_pid` is the first process inside its namespaces, seen from outside."""

    folder: Path
    size: str
    outer_pid: int
    init_pid: int = 0
    purpose: str = "run"

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def cgroup(self) -> str:
        """The parent of all its containers' cgroups, in each hierarchy."""
        return cgroups.name_for(self.name)

    @property
    def ready(self) -> bool:
        """Whether its cluster has come up and the command runs."""
        return (self.folder / "ready").exists()

    def save(self) -> None:
        facts = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(self).items()}
        scratch = self.folder / f"{FACTS}.part"
        scratch.write_text(json.dumps(facts))
        scratch.rename(self.folder / FACTS)


def load(folder: Path) -> Run:
    """The run of that folder, alive or not."""
    facts = json.loads((folder / FACTS).read_text())
    return Run(**{**facts, "folder": Path(facts["folder"])})


def create(size: str, purpose: str) -> tuple[Run, int]:
    """A new run, alive as long as the returned lock's file descriptor is open. Sweeps dead ones first."""
    with locked(_registry()):
        _sweep()
        folder = paths.runs() / secrets.token_hex(4)
        folder.mkdir()
        lock = try_lock(folder / "lock")
        assert lock is not None, "nobody else knows this folder yet"
        run = Run(folder=folder, size=size, outer_pid=os.getpid(), purpose=purpose)
        run.save()
    return run, lock


def alive(purpose: str = "") -> list[Run]:
    """The runs that somebody holds, those of one purpose if it is given."""
    with locked(_registry()):
        found = [load(folder) for folder in sorted(paths.runs().iterdir()) if not _dead(folder)]
    return [run for run in found if purpose in ("", run.purpose)]


def make_cgroups(run: Run) -> None:
    """Make the run's cgroup; the lock keeps another run's end from removing the common parent meanwhile."""
    with locked(_registry()):
        cgroups.make(run.cgroup)


def remove(run: Run) -> None:
    """Remove what a run leaves on the machine once its processes are gone; the namespaces took the rest with them."""
    with locked(_registry()):
        _clean_up_after(run.folder)


def _sweep() -> None:
    for folder in paths.runs().iterdir():
        if _dead(folder):
            say(f"sweeping what the dead run {folder.name} left behind")
            _clean_up_after(folder)


def _clean_up_after(folder: Path) -> None:
    try:
        cgroups.remove(cgroups.name_for(folder.name))
        shutil.rmtree(folder)
    except (WaitError, OSError) as error:
        say(f"could not remove all of run {folder.name}, the next start tries again: {error}")


def _dead(folder: Path) -> bool:
    """Only to be asked while holding the registry's lock."""
    lock = try_lock(folder / "lock")
    if lock is None:
        return False
    os.close(lock)
    return True


def _registry() -> Path:
    return paths.cache() / "runs.lock"
