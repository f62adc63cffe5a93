"""Pods that cannot start: the cluster's own conditions say which and why, and no more once the cause is gone."""

from __future__ import annotations

from typing import Any, Final

import pytest
import trustme

from tests.cluster.node.nats import CLUSTER, READY_WITHIN, edit, nats_cluster, pods_of, uids, wait_until_ready
from tests.cluster.node.trouble import await_healed, await_told, has_crashed, has_not, waits_for
from tests.testbed import versions
from tests.testbed.client import Manifest
from tests.testbed.isolation import NODE_NAME
from tests.testbed.namespace import Namespace

RUNNING: Final = {"tag": f"{versions.NATS_SERVER_DEFAULT}-alpine"}
MISSPELT: Final = {"tag": f"{versions.NATS_SERVER_MODULE}-alpnie"}
CORRECT: Final = {"tag": f"{versions.NATS_SERVER_MODULE}-alpine"}

CANNOT_PULL: Final = waits_for("ErrImagePull", "ImagePullBackOff")
POLICIES: Final = ("Parallel", "OrderedReady")


@pytest.mark.parametrize("policy", POLICIES)
def test_a_tag_that_was_wrong_from_the_start_is_told_and_its_correction_heals_the_cluster(
    workspace: Namespace, policy: str
) -> None:
    workspace.client.create(with_fields(nats_cluster(replicas=2), image=MISSPELT, policy=policy))
    message = await_told(workspace, f"{CLUSTER}-0", CANNOT_PULL, "ImagePullFailed")
    assert MISSPELT["tag"] in message

    edit(workspace, image=CORRECT)

    await_healed(workspace)


@pytest.mark.long
@pytest.mark.parametrize("policy", POLICIES)
def test_an_upgrade_to_a_wrong_tag_stops_at_one_pod_and_its_correction_goes_on(
    workspace: Namespace, policy: str
) -> None:
    workspace.client.create(with_fields(nats_cluster(replicas=3), image=RUNNING, policy=policy))
    wait_until_ready(workspace)
    first, second, third = pods_of(3)
    running = uids(workspace, [first, second])

    edit(workspace, image=MISSPELT)
    message = await_told(workspace, third, CANNOT_PULL, "ImagePullFailed")
    assert MISSPELT["tag"] in message
    assert uids(workspace, [first, second]) == running

    edit(workspace, image=CORRECT)

    await_healed(workspace)
    assert {image_of(workspace, pod) for pod in (first, second, third)} == {f"nats:{CORRECT['tag']}"}


def test_a_container_that_crashes_is_told_until_what_it_reads_is_mended(workspace: Namespace) -> None:
    pair = trustme.CA().issue_cert(CLUSTER)
    certificate, key = pair.cert_chain_pems[0].bytes().decode(), pair.private_key_pem.bytes().decode()
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "nats-tls"}}
    workspace.client.create({**secret, "stringData": {"tls.crt": certificate, "tls.key": "no key"}})
    workspace.client.create(nats_cluster(nats={"tls": {"enabled": True, "secretName": "nats-tls"}}))
    message = await_told(workspace, f"{CLUSTER}-0", has_crashed, "ContainerCrashing")
    assert "exited with code 1" in message

    workspace.client.patch("Secret", "nats-tls", {"stringData": {"tls.key": key}})

    await_healed(workspace)


def test_a_volume_that_cannot_be_mounted_is_told_until_it_can_be(workspace: Namespace) -> None:
    limits = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "limits"}}
    limits["data"] = {"limits.conf": "max_connections: 100"}
    workspace.client.create(limits)
    include = {"name": "limits.conf", "configMap": {"name": "limits", "key": "limits.conf"}}
    workspace.client.create(nats_cluster(includes=[include]))
    wait_until_ready(workspace)
    before = uids(workspace, [f"{CLUSTER}-0"])

    workspace.client.delete("ConfigMap", "limits")
    workspace.client.delete("Pod", f"{CLUSTER}-0")
    what = "the pod is made anew"
    workspace.wait_until(lambda: uids(workspace, [f"{CLUSTER}-0"]) != before, READY_WITHIN, what)
    message = await_told(workspace, f"{CLUSTER}-0", has_not("PodReadyToStartContainers"), "VolumeNotMounted")
    assert "limits" in message

    workspace.client.create(limits)

    await_healed(workspace)


def test_a_pod_that_no_node_can_take_is_told_until_one_can(workspace: Namespace) -> None:
    label = f"natsop.test/{workspace.name}"
    manifest = nats_cluster()
    manifest["spec"]["podTemplate"] = {"nodeSelector": {label: "yes"}}
    workspace.client.create(manifest)
    message = await_told(workspace, f"{CLUSTER}-0", has_not("PodScheduled"), "Unschedulable")
    assert "node(s) didn't match" in message

    workspace.client.patch("Node", NODE_NAME, {"metadata": {"labels": {label: "yes"}}})
    try:
        await_healed(workspace)
    finally:
        workspace.client.patch("Node", NODE_NAME, {"metadata": {"labels": {label: None}}})


def with_fields(manifest: Manifest, *, image: Manifest, policy: str) -> Manifest:
    more: dict[str, Any] = {"image": image, "statefulSet": {"podManagementPolicy": policy}}
    return {**manifest, "spec": {**manifest["spec"], **more}}


def image_of(namespace: Namespace, pod: str) -> str:
    containers = namespace.client.get("Pod", pod)["spec"]["containers"]
    return next(str(each["image"]) for each in containers if each["name"] == "nats")
