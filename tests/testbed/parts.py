"""Which binaries each size of cluster is made of."""

import os
from pathlib import Path

from tests.testbed.build import GROUPS, group_of
from tests.testbed.fetched import Fetched

CONTROL_PLANE = frozenset({"etcd", "kube-apiserver", "kube-controller-manager", "kubectl"})
NODE = CONTROL_PLANE | {
    "kube-scheduler",
    "kubelet",
    "kube-proxy",
    "containerd",
    "containerd-shim-runc-v2",
    "ctr",
    "coredns",
}
IN_IMAGES = frozenset(
    {"nats-server", "nats-server-config-reloader", "jetstream-controller", "prometheus-nats-exporter", "nats"}
)
EXPORTER = frozenset({"prometheus-nats-exporter"})
"""For the tests of dashboards and alerts, which need no node."""

HELM = frozenset({"helm"})
"""For the tests of the chart, and for `make helm-lint` and its like where no helm is on PATH."""

REGISTRY = frozenset({"registry"})
"""An OCI registry, in memory, for tests that publish the chart."""

ACTIONLINT = frozenset({"actionlint"})
"""For the test of the workflows."""

NSC = frozenset({"nsc"})
"""For the commands of the page about JWTs."""

WITHOUT_A_NODE = EXPORTER | HELM | REGISTRY | ACTIONLINT | NSC
"""What tests run as processes of this machine, beside the servers."""

NETWORK_POLICIES = frozenset({"kube-router"})
"""For tests of network policies: it enforces them beside any network plugin that routes, as the testbed's does."""

READY_MADE = frozenset({"etcd", "kube-apiserver", "kubectl"})
"""What KUBEBUILDER_ASSETS supplies, a folder that many people have from other projects."""


def binaries(wanted: frozenset[str]) -> dict[str, Path]:
    """The wanted binaries by name. They must have been built before."""
    return {name: _ready_made(name) or group_of(name).built([name]).file(name) for name in sorted(wanted)}


def built(wanted: frozenset[str]) -> list[Fetched]:
    """What has to be built of them: a command for each group."""
    missing = {name for name in wanted if _ready_made(name) is None}
    return [group.built(missing & group.tools.keys()) for group in GROUPS if missing & group.tools.keys()]


def _ready_made(name: str) -> Path | None:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    path = Path(assets or "/") / name
    return path if assets and name in READY_MADE and path.exists() else None
