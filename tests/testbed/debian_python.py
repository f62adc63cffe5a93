"""A Debian with the image's Python in it: what the tests put in place of the official Python image, and run in, too."""

import os
import platform
import shutil
import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.testbed import debian, paths, wheels
from tests.testbed.errors import TestbedError
from tests.testbed.fetched import Fetched
from tests.testbed.locks import locked
from tests.testbed.progress import say

SUITE: Final = "forky"
"""The first release of Debian with this Python."""

PYTHON: Final = f"/usr/bin/python{wheels.PYTHON}"

PACKAGES: Final = (
    *(f"python{wheels.PYTHON}", f"python{wheels.PYTHON}-venv"),
    *("ca-certificates", "libstdc++6"),  # official Python images have them, and the Dockerfile uses them
    *("git", "make", "openssl"),  # for tests
)

_SYSTEM, _WHEELS = "system.tar", "wheels.tar"


def _obstacle() -> str:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        return f"Debian's Python {wheels.PYTHON} takes a Debian and root."
    return ""


def _download(folder: Path, _: list[str]) -> None:
    say(f"downloading wheels for Python {wheels.PYTHON}")
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        wheels.download(Path(scratch), "dev", machine=platform.machine())
        with tarfile.open(folder / _WHEELS, "w") as tar:
            tar.add(scratch, arcname=".")


def _bootstrap(folder: Path, _: list[str]) -> None:
    debian.IMAGE.fetch()
    say(f"installing Debian {SUITE} with Python {wheels.PYTHON} into a folder")
    stale_mirrors = '--aptopt=Acquire::Check-Valid-Until "false"'
    options = ["--quiet", "--mode=root", "--variant=essential", stale_mirrors, f"--include={','.join(PACKAGES)}"]
    as_python3 = f"--customize-hook=ln -s {PYTHON} $1/usr/local/bin/python3"
    done = subprocess.run(
        ["mmdebstrap", *options, as_python3, SUITE, folder / _SYSTEM], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise TestbedError(f"mmdebstrap failed:\n{done.stderr[-2000:]}")


_SYSTEM_KEY: Final = paths.digest_of([Path(__file__), wheels.DOCKERFILE])
_WHEELS_KEY: Final = paths.digest_of([Path(wheels.__file__), wheels.DOCKERFILE, wheels.REQUIREMENTS / "dev.txt"])

SYSTEM: Final = Fetched(
    f"Debian with Python {wheels.PYTHON}", f"python/system-{_SYSTEM_KEY}", frozenset({_SYSTEM}), _bootstrap, _obstacle
)
WHEELS: Final = Fetched(
    f"wheels for Python {wheels.PYTHON}", f"python/wheels-{_WHEELS_KEY}", frozenset({_WHEELS}), _download, _obstacle
)


def archives() -> tuple[Path, Path]:
    """The system and the wheels, as tars. CannotRunError where this machine cannot have them."""
    return SYSTEM.file(_SYSTEM), WHEELS.file(_WHEELS)


@dataclass(frozen=True)
class Installed:
    """The system as a folder, with a virtual environment at /venv of all that the tests import."""

    name: str = f"a virtual environment of Python {wheels.PYTHON}"

    @property
    def folder(self) -> Path:
        return paths.cache() / "python" / f"installed-{_SYSTEM_KEY}-{_WHEELS_KEY}"

    def missing(self) -> list[str]:
        return [] if self.folder.is_dir() else [self.folder.name]

    def fetch(self) -> None:
        """Install it, whole or not at all. CannotRunError where this machine or user cannot."""
        for each in (SYSTEM, WHEELS):
            each.fetch()
        with locked(paths.cache() / "fetch.lock"):
            if self.missing():
                scratch = self.folder.with_suffix(".part")
                shutil.rmtree(scratch, ignore_errors=True)
                say(f"installing {self.name}")
                _install(scratch)
                scratch.rename(self.folder)


def _install(root: Path) -> None:
    for archive, place in zip(archives(), (root, root / "wheels"), strict=True):
        place.mkdir()
        subprocess.run(["tar", "--extract", f"--file={archive}", f"--directory={place}"], check=True)
    pip = ("/venv/bin/pip", "install", "--quiet", "--no-index", "--find-links=/wheels", "--require-hashes")
    _run_in(root, PYTHON, "-m", "venv", "/venv")
    for name in ("build", "dev"):
        shutil.copy(wheels.REQUIREMENTS / f"{name}.txt", root)
        _run_in(root, *pip, "--no-build-isolation", "--no-deps", f"--requirement=/{name}.txt")
    shutil.rmtree(root / "wheels")


def _run_in(root: Path, *command: str) -> None:
    done = subprocess.run(["chroot", root, *command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise TestbedError(f"`{' '.join(command)}` failed in Debian {SUITE}:\n{done.stderr[-2000:]}")
