"""What Go modules carry besides programs: the CustomResourceDefinitions of NACK and of the Prometheus operator."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.testbed import versions
from tests.testbed.build import without_go
from tests.testbed.errors import TestbedError
from tests.testbed.fetched import Fetched
from tests.testbed.progress import say


@dataclass(frozen=True)
class Definitions:
    """A file of a Go module, copied into the testbed's cache: Go's own cache may be another one, or empty, later."""

    module: str
    version: str
    sum: str
    path: str

    @property
    def fetched(self) -> Fetched:
        name = Path(self.path).name
        folder = f"crds/{Path(self.module).name}-{self.version}"
        return Fetched(f"{name} of {self.module}", folder, frozenset({name}), self._copy, without_go)

    def read(self) -> Iterator[dict[str, Any]]:
        """The definitions in it."""
        yield from YAML(typ="safe").load_all(self.fetched.file(Path(self.path).name))

    def _copy(self, folder: Path, names: list[str]) -> None:
        (name,) = names
        say(f"fetching {self.module}")
        shutil.copyfile(self._download() / self.path, folder / name)

    def _download(self) -> Path:
        """The module's folder in Go's cache."""
        environment = {**os.environ, "GOWORK": "off", "GOFLAGS": ""}
        argv = ["go", "mod", "download", "-json", f"{self.module}@{self.version}"]
        done = subprocess.run(argv, cwd="/", capture_output=True, text=True, check=False, env=environment)
        if done.returncode != 0:
            raise TestbedError(f"cannot download {self.module}: {(done.stdout + done.stderr).strip()[:500]}")
        answer = json.loads(done.stdout)
        if answer["Sum"] != self.sum:
            raise TestbedError(f"{self.module} is not the module whose sum tests/testbed/versions.py pins.")
        return Path(answer["Dir"])


NACK = Definitions("github.com/nats-io/nack", versions.NACK, versions.NACK_SUM, "deploy/crds.yml")
PROMETHEUS_OPERATOR = Definitions(
    "github.com/prometheus-operator/prometheus-operator",
    versions.PROMETHEUS_OPERATOR,
    versions.PROMETHEUS_OPERATOR_SUM,
    "example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml",
)


def integration_crds() -> Iterator[dict[str, Any]]:
    """The definitions of the kinds that others install: NACK's, and the PodMonitor's."""
    yield from NACK.read()
    yield from PROMETHEUS_OPERATOR.read()
