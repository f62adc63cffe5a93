"""What Go modules carry besides programs: the CustomResourceDefinitions of NACK and of the Prometheus operator.

They are read from Go's module cache, not copied here.
"""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from tests.testbed import paths, versions
from tests.testbed.errors import CannotRunError

NACK = "github.com/nats-io/nack"  # its version is pinned in modules/nats/go.mod
PROMETHEUS_OPERATOR = f"github.com/prometheus-operator/prometheus-operator@{versions.PROMETHEUS_OPERATOR}"


def integration_crds() -> Iterator[dict[str, Any]]:
    """The definitions of the kinds that others install: NACK's, and the PodMonitor's."""
    yaml = YAML(typ="safe")
    yield from yaml.load_all(module_folder(NACK) / "deploy" / "crds.yml")
    folder = module_folder(PROMETHEUS_OPERATOR) / "example" / "prometheus-operator-crd"
    yield yaml.load(folder / "monitoring.coreos.com_podmonitors.yaml")


def module_folder(module: str) -> Path:
    """The module's source, downloaded when it is not in Go's cache. CannotRunError when it cannot be had."""
    if shutil.which("go") is None:
        raise CannotRunError(f"`go` is not on PATH: it downloads {module}.")
    argv = ["go", "mod", "download", "-json", module]
    done = subprocess.run(argv, cwd=paths.MODULES / "nats", capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotRunError(f"cannot download {module}: {(done.stdout + done.stderr).strip()[:500]}")
    return Path(json.loads(done.stdout)["Dir"])
