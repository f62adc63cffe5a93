"""Certificates on the node: a renewed one, of a renewed CA, is served by every listener, and nobody is cut off."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from typing import Final

from natsop_core import names
from tests.certificates import Authority, Issued
from tests.cluster.node.handshakes import LISTENERS, served_certificate
from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    condition,
    nats_cluster,
    pods_of,
    restarts,
    uids,
    wait_until_ready,
)
from tests.cluster.node.public import assert_nowhere
from tests.cluster.node.publishing import Publisher
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

SERVERS: Final = 3
SECRET: Final = "tls"  # noqa: S105 (a name)
TLS: Final = {"enabled": True, "secretName": SECRET}


def everywhere_tls() -> Manifest:
    cluster = nats_cluster(
        replicas=SERVERS,
        jetstream=JETSTREAM,
        nats={"tls": TLS},
        cluster={"tls": {**TLS, "verify": True}},
        leafnodes={"enabled": True, "tls": TLS},
        websocket={"enabled": True, "tls": TLS},
        mqtt={"enabled": True, "tls": TLS},
        gateway={"enabled": True, "tls": TLS},
        monitor={"tlsEnabled": True},
    )
    cluster["spec"]["tlsCA"] = {"configMap": {"name": "ca", "key": "ca.crt"}}
    return cluster


def hosts(namespace: Namespace) -> tuple[str, str]:
    host = names.headless_host(CLUSTER, namespace.name, "cluster.local")
    return host, f"*.{host}"


def issue(authority: Authority, namespace: Namespace, *, days: float) -> Issued:
    return authority.issue(*hosts(namespace), expires=datetime.now(UTC) + timedelta(days=days))


def secret(issued: Issued) -> Manifest:
    files = {"tls.crt": issued.certificate, "tls.key": issued.key}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": SECRET}, "stringData": files}


def config_map(*authorities: Authority) -> Manifest:
    text = "".join(each.pem for each in authorities)
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "ca"}, "data": {"ca.crt": text}}


def replace(namespace: Namespace, manifest: Manifest) -> None:
    """Change what a Secret or ConfigMap holds; ConfigurationLoaded is False, and then True."""
    begin_to_replace(namespace, manifest)
    namespace.wait_for_condition("NatsCluster", CLUSTER, "ConfigurationLoaded", timeout=READY_WITHIN)
    wait_until_ready(namespace)


def take_back(namespace: Namespace, manifest: Manifest) -> None:
    """Change what it holds to what the servers have loaded: ConfigurationLoaded, which is False, is True at once."""
    namespace.client.patch(manifest["kind"], manifest["metadata"]["name"], {"stringData": manifest["stringData"]})
    namespace.wait_for_condition("NatsCluster", CLUSTER, "ConfigurationLoaded", timeout=READY_WITHIN)
    wait_until_ready(namespace)


def begin_to_replace(namespace: Namespace, manifest: Manifest) -> None:
    """The same until ConfigurationLoaded is False."""
    fields = {key: manifest[key] for key in ("data", "stringData") if key in manifest}
    namespace.client.patch(manifest["kind"], manifest["metadata"]["name"], fields)

    def pending() -> bool:
        loaded = condition(namespace.client.get("NatsCluster", CLUSTER), "ConfigurationLoaded")
        assert (loaded["status"], loaded["reason"]) == ("False", "ReloadPending"), loaded
        assert "not loaded the new certificates yet" in loaded["message"], loaded
        return True

    namespace.wait_until(pending, what="ConfigurationLoaded is False")


def await_refusals(namespace: Namespace) -> None:
    """Wait until every server has refused to load a key that does not belong to its certificate."""

    def refused() -> bool:
        for pod in pods_of(SERVERS):
            assert "private key does not match public key" in namespace.logs(pod, names.SERVER_CONTAINER), pod
        return True

    namespace.wait_until(refused, READY_WITHIN, "every server has refused the key")


def all_served(namespace: Namespace) -> dict[str, set[str]]:
    """Which certificates the servers serve, by listener."""
    addresses = [namespace.pod_address(pod) for pod in pods_of(SERVERS)]
    return {listener: {served_certificate(address, listener) for address in addresses} for listener in LISTENERS}


def reasons(namespace: Namespace) -> dict[str, str]:
    conditions = namespace.client.get("NatsCluster", CLUSTER)["status"]["conditions"]
    return {each["type"]: each["reason"] for each in conditions if each["status"] == "True"}


def test_a_renewed_certificate_of_a_renewed_ca_is_served_everywhere_and_nobody_is_cut_off(
    workspace: Namespace,
) -> None:
    old_ca, new_ca = Authority("old"), Authority("new")
    old, new = issue(old_ca, workspace, days=3), issue(new_ca, workspace, days=90)
    for manifest in (secret(old), config_map(old_ca), everywhere_tls()):
        workspace.client.create(manifest)
    wait_until_ready(workspace)
    before = uids(workspace, pods_of(SERVERS))
    assert all_served(workspace) == {listener: {old.certificate} for listener in LISTENERS}
    assert reasons(workspace)["ExpiringSoon"] == "ExpiresSoon"

    trusted = ssl.create_default_context(cadata=old_ca.pem + new_ca.pem)
    servers = [f"tls://{workspace.pod_address(pod)}:4222" for pod in pods_of(SERVERS)]
    with Publisher(servers, tls=trusted, hostname=hosts(workspace)[0], replicas=SERVERS) as publisher:
        publisher.await_more()
        replace(workspace, config_map(old_ca, new_ca))
        publisher.await_more()
        replace(workspace, secret(new))
        publisher.await_more()
        assert all_served(workspace) == {listener: {new.certificate} for listener in LISTENERS}
        replace(workspace, config_map(new_ca))
        begin_to_replace(workspace, secret(Issued(new.certificate, old.key)))
        await_refusals(workspace)
        publisher.await_more()
        assert all_served(workspace) == {listener: {new.certificate} for listener in LISTENERS}
        take_back(workspace, secret(new))

    assert publisher.stored() == publisher.acknowledged
    assert publisher.reconnects == 0
    assert "ExpiringSoon" not in reasons(workspace)
    assert uids(workspace, pods_of(SERVERS)) == before
    assert restarts(workspace, pods_of(SERVERS)) == 0
    assert_nowhere(workspace, [line for issued in (old, new) for line in issued.key.splitlines()[1:-1]])
