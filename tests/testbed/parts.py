"""Which binaries each size of cluster needs, and where they come from."""

import os
from pathlib import Path

from tests.testbed import versions
from tests.testbed.build import built
from tests.testbed.nats_servers import nats_server

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
IN_IMAGES = frozenset({"nats-server", "nats-server-config-reloader", "prometheus-nats-exporter", "nats"})

READY_MADE = frozenset({"etcd", "kube-apiserver", "kubectl"})
"""What KUBEBUILDER_ASSETS supplies, a folder that many people have from other projects."""


def binaries(wanted: frozenset[str]) -> dict[str, Path]:
    """The wanted binaries by name, built where they are missing."""
    found = {name: path for name, path in _ready_made().items() if name in wanted}
    return found | built(set(wanted) - found.keys())


def for_node() -> dict[str, Path]:
    """All that the full node and its images are made of."""
    nats_server(versions.NATS_SERVER_DEFAULT)
    return binaries(NODE | IN_IMAGES)


def _ready_made() -> dict[str, Path]:
    assets = os.environ.get("KUBEBUILDER_ASSETS")
    if not assets:
        return {}
    return {name: path for name in sorted(READY_MADE) if (path := Path(assets) / name).exists()}
