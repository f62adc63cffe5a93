"""Prometheus and promtool from Debian's package, unpacked only: its installation would start a server."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.testbed import debian, paths
from tests.testbed.errors import CannotRunError
from tests.testbed.locks import locked
from tests.testbed.progress import say

PACKAGE = "prometheus"
PROGRAMS = frozenset({"prometheus", "promtool"})


def unpacked() -> dict[str, Path]:
    """The programs by name, fetched when they are missing."""
    folder = paths.cache() / "bin" / PACKAGE
    with locked(paths.cache() / "prometheus.lock"):
        if not folder.exists():
            _fetch(folder)
    return {program: folder / program for program in PROGRAMS}


def _fetch(folder: Path) -> None:
    if any(shutil.which(program) is None for program in ("apt-get", "dpkg-deb")) or os.geteuid() != 0:
        raise CannotRunError("Prometheus is taken from a Debian package, for which it needs apt-get and to be root")
    say(f"fetching the Debian package {PACKAGE}")
    with tempfile.TemporaryDirectory(dir=paths.cache()) as scratch:
        debian.download(PACKAGE, Path(scratch))
        (package,) = Path(scratch).glob("*.deb")
        subprocess.run(["dpkg-deb", "--extract", package, scratch], check=True)
        folder.parent.mkdir(parents=True, exist_ok=True)
        (Path(scratch) / "usr" / "bin").rename(folder)
