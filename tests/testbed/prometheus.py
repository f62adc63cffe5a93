"""Prometheus and promtool from Debian's package, unpacked only: its installation would start a server."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.testbed import debian
from tests.testbed.fetched import Fetched
from tests.testbed.progress import say

PACKAGE = "prometheus"


def _obstacle() -> str:
    if any(shutil.which(program) is None for program in ("apt-get", "dpkg-deb")) or os.geteuid() != 0:
        return "Prometheus comes from a Debian package: fetching it needs apt-get, and root."
    return ""


def _unpack(folder: Path, programs: list[str]) -> None:
    say(f"fetching the Debian package {PACKAGE}")
    debian.download(PACKAGE, folder)
    (package,) = folder.glob("*.deb")
    subprocess.run(["dpkg-deb", "--extract", package, folder], check=True)
    for program in programs:
        (folder / "usr" / "bin" / program).rename(folder / program)


PROGRAMS = Fetched("Prometheus", f"bin/{PACKAGE}", frozenset({"prometheus", "promtool"}), _unpack, _obstacle)
