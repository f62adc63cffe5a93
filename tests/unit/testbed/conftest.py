"""An empty cache, and stand-ins for the programs that use the network."""

import hashlib
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.testbed import debian, go_modules, paths, versions
from tests.unit.testbed import network_client


@dataclass(frozen=True)
class Network:
    """What the stand-ins do, and what has come of it."""

    clients: Path
    cache: Path

    def asked(self) -> list[str]:
        """What the network was asked for, in order."""
        asked = self.clients / "asked"
        return asked.read_text().splitlines() if asked.exists() else []

    def set_trouble(self, trouble: str) -> None:
        """From now on every download "fails" or "hangs" in the middle; an empty string ends it."""
        (self.clients / "trouble").write_text(trouble)

    def half_way(self) -> int:
        """The PID of the client that hangs in the middle of a download; 0 while there is none."""
        file = self.clients / "halfway"
        return int(file.read_text() or 0) if file.exists() else 0

    def fetched(self) -> dict[str, str]:
        """All that is in the cache, and the state of all packages."""
        roots = {self.cache / "bin", self.cache / "crds", self.clients / "installed"}
        return {str(file): file.read_text() for root in roots for file in root.rglob("*") if file.is_file()}


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Network:
    """The cache is empty, nothing is installed, and whoever asks for something from the network gets it."""
    found = Network(tmp_path / "clients", tmp_path / "somewhere" / "cache")
    _write_programs(found.clients)
    monkeypatch.setenv("CLIENTS", str(found.clients))
    monkeypatch.setenv("PATH", str(found.clients / "bin"), prepend=":")
    monkeypatch.setenv("PYTHONPATH", str(found.clients / "python"))
    monkeypatch.setenv(paths.CACHE_VARIABLE, str(found.cache))
    monkeypatch.delenv("KUBEBUILDER_ASSETS", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for version in versions.NATS_SERVER_WHEELS:
        digest = hashlib.sha256(network_client.wheel_of(version)).hexdigest()
        monkeypatch.setitem(versions.NATS_SERVER_WHEELS, version, digest)
    debian.update_lists.cache_clear()
    return found


def _write_programs(clients: Path) -> None:
    client = network_client.__file__
    for folder in ("bin", "python/pip", "installed"):
        (clients / folder).mkdir(parents=True)
    for name in network_client.PROGRAMS:
        program = clients / "bin" / name
        program.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {client} {name} "$@"\n')
        program.chmod(0o755)
    (clients / "bin" / "pip").unlink()  # it is asked for as a module of Python
    (clients / "python" / "pip" / "__init__.py").touch()
    start = f"import runpy, sys; sys.argv.insert(1, 'pip'); runpy.run_path({client!r}, run_name='__main__')\n"
    (clients / "python" / "pip" / "__main__.py").write_text(start)
    sums = {f"{module.module}@{module.version}": module.sum for module in go_modules.ALL}
    (clients / "sums.json").write_text(json.dumps(sums))
