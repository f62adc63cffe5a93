"""What Go modules carry besides programs: CustomResourceDefinitions of NACK, the Prometheus operator, cert-manager."""

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
    """Files of a Go module, copied into the testbed's cache: Go's own cache may be another one, or empty, later."""

    module: str
    version: str
    sum: str
    folder: str
    names: tuple[str, ...]

    @property
    def fetched(self) -> Fetched:
        folder = f"crds/{Path(self.module).name}-{self.version}"
        return Fetched(f"CRDs of {self.module}", folder, frozenset(self.names), self._copy, without_go)

    def read(self, *names: str) -> Iterator[dict[str, Any]]:
        """The definitions in these files; in all, if none is named."""
        for name in names or self.names:
            yield from YAML(typ="safe").load_all(self.fetched.file(name))

    def _copy(self, folder: Path, names: list[str]) -> None:
        say(f"fetching {self.module}")
        module = self._download()
        for name in names:
            shutil.copyfile(module / self.folder / name, folder / name)

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


POD_MONITORS = "monitoring.coreos.com_podmonitors.yaml"

NACK = Definitions("github.com/nats-io/nack", versions.NACK, versions.NACK_SUM, "deploy", ("crds.yml",))
PROMETHEUS_OPERATOR = Definitions(
    "github.com/prometheus-operator/prometheus-operator",
    versions.PROMETHEUS_OPERATOR,
    versions.PROMETHEUS_OPERATOR_SUM,
    "example/prometheus-operator-crd",
    (
        POD_MONITORS,
        "monitoring.coreos.com_prometheusrules.yaml",
        "monitoring.coreos.com_servicemonitors.yaml",
    ),
)
CERT_MANAGER = Definitions(
    "github.com/cert-manager/cert-manager",
    versions.CERT_MANAGER,
    versions.CERT_MANAGER_SUM,
    "deploy/crds",
    ("cert-manager.io_certificates.yaml", "cert-manager.io_issuers.yaml"),
)
ALL = (NACK, PROMETHEUS_OPERATOR, CERT_MANAGER)


def integration_crds() -> Iterator[dict[str, Any]]:
    """The definitions of the kinds of others that the operator creates: NACK's, and the PodMonitor."""
    yield from NACK.read()
    yield from PROMETHEUS_OPERATOR.read(POD_MONITORS)


def chart_crds() -> Iterator[dict[str, Any]]:
    """The definitions of the kinds of others that the chart creates."""
    yield from PROMETHEUS_OPERATOR.read()
    yield from CERT_MANAGER.read()
