"""A node that enforces NetworkPolicies, for as long as a test wants it to."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from tests.testbed import debian, parts
from tests.testbed.cluster import Cluster
from tests.testbed.control_plane import SERVICE_ADDRESSES
from tests.testbed.errors import CannotRunError
from tests.testbed.fixtures import cannot_run
from tests.testbed.isolation import NODE_NAME
from tests.testbed.process import Component

CLEANUP: Final = (["iptables", "--flush"], ["iptables", "--delete-chain"], ["ipset", "destroy"])
"""Nobody else uses these two on the node: kube-proxy writes nftables. kube-router's own cleanup needs IPVS."""

NEEDED_OF_THE_KERNEL: Final = (["ipset", "list"], ["iptables", "--list"])

SYNCED: Final = "sync iptables took"


@contextmanager
def enforced(cluster: Cluster) -> Iterator[None]:
    """kube-router beside the node's own network plugin; pods without a policy notice nothing of it."""
    try:
        debian.NETWORK_POLICIES.require()
        program = parts.binaries(parts.NETWORK_POLICIES)["kube-router"]
    except CannotRunError as error:
        cannot_run(str(error))
    for command in NEEDED_OF_THE_KERNEL:
        if subprocess.run(command, capture_output=True, check=False).returncode != 0:
            cannot_run(f"the kernel lacks what `{' '.join(command)}` needs")
    log = cluster.logs / "kube-router.log"
    router = Component(
        "kube-router",
        [
            program,
            f"--kubeconfig={cluster.kubeconfig}",
            f"--hostname-override={NODE_NAME}",
            f"--service-cluster-ip-range={SERVICE_ADDRESSES}",
            "--run-firewall=true",
            "--run-router=false",
            "--run-service-proxy=false",
            "--run-loadbalancer=false",
            "--v=1",
        ],
        log=log,
        ready=lambda: SYNCED in log.read_text(),
    )
    router.start()
    try:
        router.await_ready()
        yield
    finally:
        router.stop()
        for command in CLEANUP:
            subprocess.run(command, check=True)
