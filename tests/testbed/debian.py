"""The parts that come as Debian packages: installed by the testbed itself when they are missing and we are root."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.testbed import paths
from tests.testbed.errors import CannotRunError, NotFetchedError, TestbedError
from tests.testbed.locks import locked
from tests.testbed.progress import say


@dataclass(frozen=True)
class Packages:
    """Debian packages, each with a program of it by which one sees it on a machine without dpkg."""

    programs: Mapping[str, str]

    @property
    def name(self) -> str:
        return f"Debian packages {' '.join(self.programs)}"

    def missing(self) -> list[str]:
        """The packages that are not installed."""
        return [name for name, program in self.programs.items() if not _installed(name, program)]

    def require(self) -> None:
        """Raise the error that says who installs what is missing."""
        if missing := self.missing():
            raise CannotRunError(self._obstacle(missing)) if self._obstacle(missing) else NotFetchedError(self.name)

    def fetch(self) -> None:
        """Install what is missing. CannotRunError where this machine or user cannot."""
        if not (missing := self.missing()):
            return
        if reason := self._obstacle(missing):
            raise CannotRunError(reason)
        with locked(paths.cache() / "debian.lock", lambda: say("another process is installing; waiting for it")):
            say(f"installing Debian packages: {' '.join(missing)}")
            update_lists()
            _install(missing)

    @staticmethod
    def _obstacle(missing: list[str]) -> str:
        if shutil.which("apt-get") is not None and os.geteuid() == 0:
            return ""
        return f"the testbed needs these Debian packages: {' '.join(missing)}. As root it installs them itself."


TESTS = Packages({"git": "git"})
"""What tests of the command line call."""

SITE = Packages({"chromium": "chromium"})
"""What the tests of the documentation's site look at it with."""

CONTROL_PLANE = Packages({"openssl": "openssl"})
"""What a control plane needs anywhere."""

NAMESPACES = Packages({"iproute2": "ip", "catatonit": "catatonit"})
"""What a cluster of any size needs when it runs in namespaces of its own."""

NODE = Packages(
    {
        "runc": "runc",
        "containernetworking-plugins": "/usr/lib/cni/ptp",
        "nftables": "nft",
        "busybox-static": "busybox",
    }
)
"""What the node needs besides."""

NETWORK_POLICIES = Packages({"iptables": "iptables", "ipset": "ipset"})
"""What kube-router calls."""

IMAGE = Packages({"buildah": "buildah", "mmdebstrap": "mmdebstrap"})
"""What builds the operator's image, and the system in place of the one that it is built on."""


FINISH_AN_INTERRUPTED_INSTALLATION = ("dpkg", "--configure", "-a")
"""apt-get refuses to work while there is one, and says that this has to be run."""


def download(package: str, folder: Path) -> None:
    """Put the package's file into the folder."""
    update_lists()
    _apt_get("download", package, folder=folder)


def _installed(name: str, program: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return shutil.which(program) is not None
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def _install(packages: list[str]) -> None:
    install = ("install", "--yes", "--no-install-recommends", *packages)
    try:
        _apt_get(*install)
    except TestbedError as error:
        if " ".join(FINISH_AN_INTERRUPTED_INSTALLATION) not in str(error):
            raise
        _run([*FINISH_AN_INTERRUPTED_INSTALLATION])
        _apt_get(*install)


@cache
def update_lists() -> None:
    """A fresh machine has none; once for each process is enough."""
    _apt_get("update")


def _apt_get(*argv: str, folder: Path | None = None) -> None:
    _run(["apt-get", "-qq", "-o", "Acquire::Retries=3", "-o", "DPkg::Lock::Timeout=300", *argv], folder)


def _run(command: list[str], folder: Path | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    if done.returncode != 0:
        raise TestbedError(f"`{' '.join(command)}` failed:\n{done.stderr[-2000:]}")
