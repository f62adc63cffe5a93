"""How servers find each other, on the node: whose routes do not fit is not Ready, and credentials may hold anything."""

from __future__ import annotations

from typing import Final

import trustme

from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    condition,
    nats_cluster,
    pods_of,
    restarts,
    uids,
    wait_until_loaded,
    wait_until_ready,
    wait_until_routed,
)
from tests.cluster.node.public import assert_nowhere, everything_public
from tests.cluster.node.publishing import Publisher
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

SECRET: Final = "routes"  # noqa: S105 (a name)
AUTHORITY: Final = trustme.CA()

AWKWARD: Final = "p@ss/w:rd #x%\"\\é\n$A'"
LOGIN: Final[Manifest] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "login"},
    "stringData": {"user": f"first {AWKWARD}", "password": f"{AWKWARD} hunter1"},
}
ROTATED: Final = {"user": f"second {AWKWARD}", "password": f"{AWKWARD} hunter2"}


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


def test_route_credentials_of_any_bytes_are_rotated_without_a_restart(workspace: Namespace) -> None:
    workspace.client.create(LOGIN)
    routes = {"routeURLs": {"authSecretRef": {"name": "login"}}}
    workspace.client.create(nats_cluster(replicas=3, jetstream=JETSTREAM, cluster=routes))
    wait_until_ready(workspace)
    wait_until_routed(workspace, pods_of(3))
    before = uids(workspace, pods_of(3))

    servers = [f"nats://{workspace.pod_address(pod)}:4222" for pod in pods_of(3)]
    with Publisher(servers, replicas=3) as publisher:
        publisher.await_more()
        workspace.client.patch("Secret", "login", {"stringData": ROTATED})
        workspace.wait_for_condition("NatsCluster", CLUSTER, "ConfigurationLoaded", "False")
        wait_until_loaded(workspace)
        wait_until_routed(workspace, pods_of(3))
        publisher.await_more()

    wait_until_ready(workspace)
    assert publisher.stored() == publisher.acknowledged
    assert uids(workspace, pods_of(3)) == before
    assert restarts(workspace, pods_of(3)) == 0

    newcomer, *others = reversed(pods_of(3))
    workspace.client.delete("Pod", newcomer)
    workspace.wait_until(lambda: uids(workspace, [newcomer]) != before[-1:], READY_WITHIN, f"{newcomer} is made anew")
    wait_until_routed(workspace, pods_of(3))
    assert_nowhere(workspace, ["hunter2"])
    public = {place: text for place, text in everything_public(workspace).items() if "hunter1" in text}
    assert public.keys() <= {f"log of {pod}, nats" for pod in others}, "nats-server says that its route is removed"
