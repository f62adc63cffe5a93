"""The nats-box on the node: a place to work in, with the cluster's context at hand."""

import json

import trustme

from natsop_core import names
from tests.cluster.node.nats import (
    BOX,
    CLUSTER,
    READY_WITHIN,
    Box,
    box_in,
    edit,
    everything_of,
    nats_box,
    nats_cluster,
    start,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import RESTRICTED, Namespace

GRACE = READY_WITHIN
"""Seconds that a pod is given to end by itself; one that does not heed SIGTERM takes as long."""


def test_the_contexts_of_a_box_can_be_added_to_and_selected(workspace: Namespace) -> None:
    box = started(workspace)
    assert context(box)["url"] == f"nats://{CLUSTER}-headless.{workspace.name}.svc.cluster.local:4222"

    box.nats("context", "add", "mine", "--server=nats://elsewhere:4222")
    box.nats("context", "select", "mine")

    assert context(box)["name"] == "mine"
    assert {each["name"] for each in json.loads(box.nats("context", "ls", "--json"))} == {"default", "mine"}


def test_the_context_of_a_running_box_follows_its_cluster_and_a_users_own_stays(workspace: Namespace) -> None:
    box = started(workspace)
    box.nats("context", "add", "mine", "--server=nats://elsewhere:4222", "--select")

    edit(workspace, config={"nats": {"port": 4333}})

    def has_new_port() -> bool:
        return str(context(box, "default")["url"]).endswith(":4333")

    workspace.wait_until(has_new_port, READY_WITHIN, "the default context has the new port")
    assert context(box)["url"] == "nats://elsewhere:4222"
    assert box_in(workspace) == box, "the box was replaced"


def test_a_box_follows_its_cluster_to_tls_once_that_runs_it(workspace: Namespace) -> None:
    box = start(workspace, nats_cluster())
    plain = context(box, "default")
    secure = {"port": 4333, "tls": {"enabled": True, "secretName": "certificate"}}

    edit(workspace, tlsCA={"configMap": {"name": "authority", "key": "ca.crt"}}, config={"nats": secure})
    workspace.wait_for_condition("NatsCluster", CLUSTER, "Degraded", timeout=READY_WITHIN)
    assert context(box, "default") == plain, "the certificate is missing, and the servers go on as before"

    for manifest in certificate_with_documented_names(workspace.name):
        workspace.client.create(manifest)
    wait_until_ready(workspace)

    def answered() -> bool:
        return "tls://" in box_in(workspace).nats("--context=default", "rtt")

    workspace.wait_until(answered, READY_WITHIN, "the box reaches the servers by TLS")


def certificate_with_documented_names(namespace: str) -> tuple[Manifest, Manifest]:
    """A Secret and a ConfigMap as docs/examples/tls-everywhere.yaml wants them: a certificate and who has signed it."""
    authority = trustme.CA()
    headless = names.headless_host(CLUSTER, namespace, "cluster.local")
    certificate = authority.issue_cert(f"{CLUSTER}.{namespace}.svc", headless, f"*.{headless}")
    chain = "".join(each.bytes().decode() for each in certificate.cert_chain_pems)
    secret = {"tls.crt": chain, "tls.key": certificate.private_key_pem.bytes().decode()}
    bundle = {"ca.crt": authority.cert_pem.bytes().decode()}
    return (
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "certificate"}, "stringData": secret},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "authority"}, "data": bundle},
    )


def test_a_box_stops_at_once_when_it_is_told_to(workspace: Namespace) -> None:
    box = started(workspace)

    workspace.client.delete("Pod", box.pod, gracePeriodSeconds=GRACE)

    workspace.wait_until(lambda: workspace.client.find("Pod", box.pod) is None, GRACE / 4, f"{box.pod} is gone")


def test_a_box_runs_where_pods_must_be_restricted(workspace: Namespace) -> None:
    labels = workspace.client.get("Namespace", workspace.name)["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == RESTRICTED

    box = started(workspace)

    assert box.run("id", "-u").strip() == "1000"
    assert workspace.exec(box.pod, "touch", "/bin/mine", check=False).code == 1


def test_nothing_is_left_of_a_deleted_box(workspace: Namespace) -> None:
    started(workspace)
    kinds = {name.partition("/")[0] for name in everything_of(workspace, BOX)}
    assert {"deployment.apps", "pod", "secret"} <= kinds

    workspace.kubectl("delete", "natsbox", BOX)

    workspace.wait_until(lambda: not everything_of(workspace, BOX), READY_WITHIN, "nothing is left of the box")


def started(namespace: Namespace) -> Box:
    """A box of a cluster that need not be running."""
    for manifest in (nats_cluster(), nats_box()):
        namespace.client.create(manifest)
    namespace.wait_for_condition("NatsBox", BOX, "Ready", timeout=READY_WITHIN)
    return box_in(namespace)


def context(box: Box, name: str = "") -> Manifest:
    """What the nats CLI knows of a context; of the selected one without a name."""
    found: Manifest = json.loads(box.nats("context", "info", "--json", *([name] if name else [])))
    return found
