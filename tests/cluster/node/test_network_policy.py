"""The chart's NetworkPolicy where it is enforced: what reaches the operator's pod, and what that pod reaches."""

from __future__ import annotations

from typing import Any, Final

from natsop_core.names import MANAGED_BY_LABEL
from tests.chart import nested, of_kind, render
from tests.cluster.node.network_policies import enforced
from tests.testbed import versions
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

METRICS, PROBES = 8443, 8081
CLIENTS, MONITOR, ROUTES = 4222, 8222, 6222
API_SERVER: Final = ("10.96.0.1", 443)

SERVES: Final = f"cd /tmp && touch index.html && httpd -p {METRICS} && httpd -f -p {PROBES}"
"""In place of the operator, at its ports."""

RESTRICTED: Final = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "runAsUser": 1000,
    "seccompProfile": {"type": "RuntimeDefault"},
}


def pod(name: str, labels: dict[str, str], *command: str, image: str = versions.NATS_BOX_IMAGE) -> Manifest:
    container: dict[str, Any] = {"name": "main", "image": image, "securityContext": RESTRICTED}
    if command:
        container["command"] = list(command)
    spec = {"terminationGracePeriodSeconds": 0, "containers": [container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": labels}, "spec": spec}


def reaches(namespace: Namespace, pod: str, address: str, port: int) -> bool:
    """Whether somebody answers; every server here says something to who speaks HTTP."""
    request = "GET / HTTP/1.0\r\n\r\n"
    return bool(namespace.exec(pod, "nc", "-w", "3", address, str(port), stdin=request, check=False).stdout)


def test_the_policy_lets_in_and_out_what_the_operator_lives_by_and_nothing_else(namespace: Namespace) -> None:
    manifests = render(nested({"networkPolicy.enabled": True, "namespaceOverride": namespace.name}))
    (policy,) = of_kind(manifests, "NetworkPolicy")
    (deployment,) = of_kind(manifests, "Deployment")
    sleep = ("sleep", "3600")
    for each in (
        pod("operator", deployment["spec"]["template"]["metadata"]["labels"], "sh", "-c", SERVES),
        pod("prometheus", {"app.kubernetes.io/name": "prometheus"}, *sleep),
        pod("stranger", {}, *sleep),
        pod("c-0", {MANAGED_BY_LABEL: "nats-operator"}, image=versions.nats_image(versions.NATS_SERVER_DEFAULT)),
        pod("foreign", {}, image=versions.nats_image(versions.NATS_SERVER_DEFAULT)),
    ):
        namespace.client.create(each)
    for name in ("operator", "prometheus", "stranger", "c-0", "foreign"):
        namespace.wait_for_condition("Pod", name, "Ready")
    operator, server, foreign = (namespace.pod_address(name) for name in ("operator", "c-0", "foreign"))
    service = {"selector": {MANAGED_BY_LABEL: "nats-operator"}, "ports": [{"port": CLIENTS}]}
    namespace.client.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c"}, "spec": service})
    assert reaches(namespace, "stranger", operator, METRICS)
    assert reaches(namespace, "operator", foreign, MONITOR)

    with enforced(namespace.cluster):
        namespace.client.create(policy)
        namespace.wait_until(lambda: not reaches(namespace, "stranger", operator, METRICS), what="metrics are closed")
        assert reaches(namespace, "prometheus", operator, METRICS)
        assert reaches(namespace, "stranger", operator, PROBES)

        assert reaches(namespace, "operator", *API_SERVER)
        assert reaches(namespace, "operator", server, CLIENTS)
        assert reaches(namespace, "operator", server, MONITOR)
        assert not reaches(namespace, "operator", server, ROUTES)
        assert not reaches(namespace, "operator", foreign, MONITOR)
        by_name = f"--server=nats://c.{namespace.name}.svc.cluster.local:{CLIENTS}"
        namespace.exec("operator", "env", "HOME=/tmp", "USER=nats", "nats", by_name, "pub", "greetings", "hello")

        assert reaches(namespace, "stranger", foreign, MONITOR)
    assert reaches(namespace, "stranger", operator, METRICS)
