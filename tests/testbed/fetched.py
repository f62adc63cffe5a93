"""What comes from the network and is kept in the cache: fetched by one command, looked up by everybody else."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.testbed import paths
from tests.testbed.errors import CannotRunError, NotFetchedError
from tests.testbed.locks import locked
from tests.testbed.progress import say

Obstacle = Callable[[], str]
"""Why this machine or user cannot fetch something; empty when nothing is in the way."""


def nothing_in_the_way() -> str:
    """The obstacle of what can be fetched everywhere."""
    return ""


@dataclass(frozen=True)
class Fetched:
    """Files in one folder of the cache. Each of them is there whole or not at all, however a fetch ended.

    `fill` is given a scratch folder and the names of the missing files, and makes them there; they are renamed into
    `folder` when it is done. What a killed fetch left in the scratch folder is removed by the next one.
    """

    name: str
    folder: str
    files: frozenset[str]
    fill: Callable[[Path, list[str]], None]
    obstacle: Obstacle = nothing_in_the_way

    def missing(self) -> list[str]:
        """The files that are not there yet."""
        return sorted(file for file in self.files if not self._path(file).is_file())

    def file(self, name: str) -> Path:
        """Look up one of the files. Never fetches: tests run where there is no network."""
        if name in self.missing():
            raise CannotRunError(self.obstacle()) if self.obstacle() else NotFetchedError(self.name)
        return self._path(name)

    def fetch(self) -> None:
        """Fetch what is missing. CannotRunError where this machine or user cannot."""
        if not self.missing():
            return
        if reason := self.obstacle():
            raise CannotRunError(reason)
        with locked(paths.cache() / "fetch.lock", lambda: say("another process is fetching; waiting for it")):
            if missing := self.missing():  # the other process may have fetched the same
                self._fetch(missing)

    def _fetch(self, missing: list[str]) -> None:
        scratches = paths.cache() / "scratch"
        shutil.rmtree(scratches, ignore_errors=True)
        scratches.mkdir()
        with tempfile.TemporaryDirectory(dir=scratches) as scratch:
            self.fill(Path(scratch), missing)
            for file in missing:
                target = self._path(file)
                target.parent.mkdir(parents=True, exist_ok=True)
                (Path(scratch) / file).rename(target)

    def _path(self, file: str) -> Path:
        return paths.cache() / self.folder / file
