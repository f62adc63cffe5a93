"""Pods that do not start, on the node: the cluster's own conditions name pod and cause, and a correction is enough."""

from __future__ import annotations

from typing import Any, Final

import pytest
import trustme

from natsop_core.resolve.images import SERVER
from tests.cluster.nats import (
    CLUSTER,
    JETSTREAM,
    SMALL,
    condition,
    edit,
    nats_cluster,
    pods_of,
    uids,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

NAMED_WITHIN: Final = 30
"""Seconds after which a user finds in the status why a pod does not start."""

APART_WITHIN: Final = 120
"""Seconds until servers run that never find each other, on a busy node."""

POD: Final = f"{CLUSTER}-0"

FAULTS: Final[dict[str, tuple[Manifest, Manifest, str, str]]] = {
    "image": (
        {"image": {"tag": "2.12.6-alpin"}},
        {"image": {"tag": SERVER.tag}},
        "ImagePullFailed",
        "nats:2.12.6-alpin",
    ),
    "crash": (
        {"container": {"resources": SMALL, "env": [{"name": "GOMEMLIMIT", "value": "1Gi"}]}},
        {"container": {"env": None}},
        "ContainerCrashing",
        "container nats ended with exit code 2 (Error)",
    ),
    "node": (
        {"container": {"resources": {"requests": {"cpu": "1000"}}}},
        {"container": {"resources": SMALL}},
        "Unschedulable",
        "Insufficient cpu",
    ),
}
"""What is wrong with the spec, how it is corrected, and with which reason and words the status tells it."""


def await_available(namespace: Namespace, reason: str, *, within: float = NAMED_WITHIN) -> str:
    """The message of Available once it is False for that reason."""

    def seen() -> str:
        found = condition(namespace.client.get("NatsCluster", CLUSTER), "Available")
        assert (found["status"], found["reason"]) == ("False", reason), found
        return str(found["message"])

    return namespace.wait_until(seen, within, f"NatsCluster {CLUSTER} is Available=False {reason}")


def await_pod(namespace: Namespace) -> None:
    namespace.wait_until(lambda: namespace.client.get("Pod", POD), NAMED_WITHIN, f"pod {POD} exists")


def broken_cluster(policy: str, **spec: Any) -> Manifest:
    manifest = nats_cluster()
    manifest["spec"] |= {"statefulSet": {"podManagementPolicy": policy}, **spec}
    return manifest


@pytest.mark.parametrize("policy", ["OrderedReady", "Parallel"])
@pytest.mark.parametrize("fault", FAULTS)
def test_what_keeps_a_server_from_starting_is_named_and_heals_by_a_correction_alone(
    workspace: Namespace, fault: str, policy: str
) -> None:
    broken, corrected, reason, words = FAULTS[fault]
    workspace.client.create(broken_cluster(policy, **broken))
    await_pod(workspace)

    message = await_available(workspace, reason)

    assert f"Pod {POD}: " in message
    assert words in message
    [before] = uids(workspace, [POD])

    edit(workspace, **corrected)
    cluster = wait_until_ready(workspace)

    assert condition(cluster, "Progressing")["status"] == "False"
    assert uids(workspace, [POD]) != [before]


def test_a_volume_that_cannot_be_mounted_is_named_until_it_can(workspace: Namespace) -> None:
    include = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "mine"},
        "data": {"a.conf": "debug: false"},
    }
    workspace.client.create(include)
    workspace.client.create(nats_cluster(includes=[{"name": "a.conf", "configMap": {"name": "mine", "key": "a.conf"}}]))
    wait_until_ready(workspace)

    workspace.client.delete("ConfigMap", "mine")
    [before] = uids(workspace, [POD])
    workspace.client.delete("Pod", POD)
    workspace.wait_until(lambda: uids(workspace, [POD]) != [before], NAMED_WITHIN * 4, f"pod {POD} is made anew")
    message = await_available(workspace, "VolumeNotMounted", within=NAMED_WITHIN * 2)

    assert f"Pod {POD}: " in message
    assert "ConfigMap mine" in message
    degraded = condition(workspace.client.get("NatsCluster", CLUSTER), "Degraded")
    assert (degraded["status"], degraded["reason"]) == ("True", "ConfigMapNotFound")

    workspace.client.create(include)
    wait_until_ready(workspace)


def test_servers_whose_route_certificates_do_not_fit_are_not_ready_and_say_why(workspace: Namespace) -> None:
    authority = trustme.CA()
    certificate = authority.issue_cert(f"*.{CLUSTER}-headless")  # the short names of the chart's routes
    files = {
        "tls.crt": "".join(each.bytes().decode() for each in certificate.cert_chain_pems),
        "tls.key": certificate.private_key_pem.bytes().decode(),
        "ca.crt": authority.cert_pem.bytes().decode(),
    }
    workspace.client.create({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "routes"}, "stringData": files})
    manifest = nats_cluster(replicas=3, jetstream=JETSTREAM, cluster={"tls": {"enabled": True, "secretName": "routes"}})
    manifest["spec"]["tlsCA"] = {"secret": {"name": "routes", "key": "ca.crt"}}
    workspace.client.create(manifest)

    message = await_available(workspace, "RoutesIncomplete", within=APART_WITHIN)

    assert all(pod in message for pod in pods_of(3))
    assert f"*.{CLUSTER}-headless.{workspace.name}.svc.cluster.local" in message
    assert condition(workspace.client.get("NatsCluster", CLUSTER), "Ready")["reason"] == "RoutesIncomplete"
