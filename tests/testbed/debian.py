"""The parts that come as Debian packages: installed by the testbed itself when they are missing and we are root."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.testbed.errors import CannotRunError, TestbedError
from tests.testbed.progress import say

NODE_PACKAGES = {
    "runc": "runc",
    "containernetworking-plugins": "/usr/lib/cni/ptp",
    "nftables": "nft",
    "iproute2": "ip",
    "busybox-static": "busybox",
    "catatonit": "catatonit",
    "openssl": "openssl",
}
"""What the full node needs: the package, and a program of it by which one sees it on a machine without dpkg."""

NAMESPACE_PACKAGES = {name: NODE_PACKAGES[name] for name in ("iproute2", "catatonit", "openssl")}
"""What even a control plane needs when it runs in namespaces of its own."""


OPENSSL = {"openssl": "openssl"}
"""What a control plane needs anywhere."""


def require(packages: dict[str, str]) -> None:
    """Install what is missing, or say what a person has to install."""
    missing = [name for name, program in packages.items() if not _installed(name, program)]
    if not missing:
        return
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        raise CannotRunError(
            f"the testbed needs these Debian packages: {' '.join(missing)}. As root it installs them itself."
        )
    say(f"installing Debian packages: {' '.join(missing)}")
    _apt_get("update")
    _apt_get("install", "--yes", "--no-install-recommends", *missing)


def download(package: str, folder: Path) -> None:
    """Put the package's file into the folder."""
    _apt_get("update")
    _apt_get("download", package, folder=folder)


def _installed(name: str, program: str) -> bool:
    if shutil.which("dpkg-query") is None:
        return shutil.which(program) is not None
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", name]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout == "installed"


def _apt_get(*argv: str, folder: Path | None = None) -> None:
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "-qq", "-o", "Acquire::Retries=3", *argv]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=folder)
    if done.returncode != 0:
        raise TestbedError(f"apt-get {argv[0]} failed:\n{done.stderr[-2000:]}")
