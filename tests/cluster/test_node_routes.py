"""Servers that never find each other, on the node: their probes are green, and the cluster is not Ready."""

from __future__ import annotations

from typing import Final

import trustme

from tests.cluster.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    condition,
    nats_cluster,
    pods_of,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

SECRET: Final = "routes"  # noqa: S105 (a name)
AUTHORITY: Final = trustme.CA()


def certificate_for(host: str) -> Manifest:
    """A Secret with a certificate for that name, and who has signed it."""
    certificate = AUTHORITY.issue_cert(host)
    files = {
        "tls.crt": "".join(each.bytes().decode() for each in certificate.cert_chain_pems),
        "tls.key": certificate.private_key_pem.bytes().decode(),
        "ca.crt": AUTHORITY.cert_pem.bytes().decode(),
    }
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": files}


def test_servers_whose_route_certificates_do_not_fit_are_not_ready_and_say_which_name_would(
    workspace: Namespace,
) -> None:
    workspace.client.create(certificate_for(f"*.{CLUSTER}-headless"))  # the short names of the chart's routes
    tls = {"enabled": True, "secretName": SECRET}
    manifest = nats_cluster(replicas=3, jetstream=JETSTREAM, cluster={"tls": tls})
    manifest["spec"]["tlsCA"] = {"secret": {"name": SECRET, "key": "ca.crt"}}
    workspace.client.create(manifest)

    def seen() -> Manifest:
        cluster = workspace.client.get("NatsCluster", CLUSTER)
        assert condition(cluster, "Available")["reason"] == "RoutesIncomplete", cluster["status"]
        assert cluster["status"]["readyReplicas"] == 3, cluster["status"]
        return cluster

    apart = workspace.wait_until(seen, READY_WITHIN, "three ready servers that have no routes")

    fitting = f"*.{CLUSTER}-headless.{workspace.name}.svc.cluster.local"
    for type_ in ("Available", "Ready"):
        found = condition(apart, type_)
        assert (found["status"], found["reason"]) == ("False", "RoutesIncomplete")
        assert fitting in found["message"]
        assert all(pod in found["message"] for pod in pods_of(3))

    workspace.client.patch("Secret", SECRET, {"stringData": certificate_for(fitting)["stringData"]})

    wait_until_ready(workspace)
