"""What people without a right to read Secrets may see of a cluster on the node: nothing of it may be secret."""

from __future__ import annotations

import json
from collections.abc import Iterable

from natsop_core import names
from tests.cluster.node.nats import CLUSTER
from tests.testbed.namespace import Namespace
from tests.testbed.operator import metrics_of_shared_operator


def assert_nowhere(namespace: Namespace, secrets: Iterable[str]) -> None:
    """None of these stands anywhere but in Secrets."""
    secrets = tuple(secrets)
    assert secrets and all(secrets), "an empty text is everywhere"
    for where, text in everything_public(namespace).items():
        found = [secret[:12] for secret in secrets if secret in text]
        assert not found, f"{where} shows {found}"


def everything_public(namespace: Namespace) -> dict[str, str]:
    """All that people without a right to read Secrets may see of the cluster, by where it is."""
    kinds = "configmaps,events,pods,statefulsets,services,natsclusters,persistentvolumeclaims"
    seen = {"objects": namespace.kubectl("get", kinds, "--output=yaml").stdout}
    secrets = namespace.client.list("Secret")
    seen["metadata of Secrets"] = json.dumps([each["metadata"] for each in secrets])
    for pod in namespace.client.list("Pod", labels=f"{names.CLUSTER_LABEL}={CLUSTER}"):
        name = pod["metadata"]["name"]
        for container in (names.SERVER_CONTAINER, names.RELOADER_CONTAINER):
            seen[f"log of {name}, {container}"] = namespace.logs(name, container)
    for log in namespace.cluster.logs.glob("operator*.log"):
        seen[log.name] = log.read_text(errors="replace")
    seen["metrics"] = metrics_of_shared_operator(namespace.cluster)
    assert "natsop_build_info" in seen["metrics"], seen["metrics"]
    return seen
