"""What a cluster consists of on the API server, without what changes by itself: the same again means untouched."""

from __future__ import annotations

from typing import Final

from natsop_core.names import CLUSTER_LABEL
from tests.cluster.node.nats import CLUSTER, pods_of, uids
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

KINDS: Final = ("ConfigMap", "Service", "StatefulSet", "PodDisruptionBudget", "PersistentVolumeClaim")


def footprint(namespace: Namespace, replicas: int) -> Manifest:
    """The specs of the cluster's objects by their UIDs, and the UIDs of its pods."""
    found = [each for kind in KINDS for each in namespace.client.list(kind, labels=f"{CLUSTER_LABEL}={CLUSTER}")]
    specs = {each["metadata"]["uid"]: each.get("spec") or each["data"] for each in found}
    return {**specs, "pods": uids(namespace, pods_of(replicas))}
