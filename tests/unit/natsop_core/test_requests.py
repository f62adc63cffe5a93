"""Where the servers of a cluster are asked, and how they prove who they are."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.actions import Credentials, Request, RequestKey, RequestTls
from natsop_core.requests import NoRequest, request_to
from tests.unit.natsop_core.world import Object, cluster, config_map, pod, resolved, secret

WHO = Credentials(nkey_seed="SU…")
CERTIFICATE = secret("client", **{"tls.crt": "…", "tls.key": "…"})
CA = "-----BEGIN CERTIFICATE-----\n…"


def asked(spec: Object | None, *pods: Object, beside: tuple[Object, ...] = ()) -> Request | NoRequest:
    servers = resolved(cluster(spec), *beside).cluster
    return request_to(servers, pods, WHO, name="ask", subject="$SYS.REQ", payload=b"?")


def request(spec: Object | None, *pods: Object, beside: tuple[Object, ...] = ()) -> Request:
    found = asked(spec, *pods, beside=beside)
    assert isinstance(found, Request), found
    return found


def with_tls(**fields: Any) -> Object:
    return {"config": {"nats": {"tls": {"enabled": True, "secretName": "client", **fields}}}}


def test_the_running_pods_are_asked_by_their_addresses() -> None:
    assert request(None, pod("c-0", ip="10.0.0.3"), pod("c-1", running=False), pod("c-2", ip="fd00::1")) == Request(
        RequestKey("prod", "c", "ask"), ("nats://10.0.0.3:4222", "nats://[fd00::1]:4222"), "$SYS.REQ", b"?", WHO
    )


def test_a_pod_of_an_older_revision_is_asked_where_it_listens() -> None:
    assert request({"config": {"nats": {"port": 4333}}}, pod("c-0")).servers == ("nats://10.0.0.1:4222",)


@pytest.mark.parametrize(
    "other",
    [
        pod("c-0", running=False),
        pod("c-0", deletionTimestamp="2026-01-02T03:04:05Z"),
        pod("c-0", ownerReferences=[]),
        pod("c-0") | {"status": {}},
    ],
    ids=["waiting", "going", "somebody's", "new"],
)
def test_without_a_running_pod_there_is_nobody_to_ask(other: Object) -> None:
    assert asked(None, other) == NoRequest("No pod of the cluster is running.")


@pytest.mark.parametrize("authority", [secret("ca", pem=CA), config_map("ca", pem=CA)], ids=["Secret", "ConfigMap"])
def test_over_tls_the_servers_have_the_name_that_a_box_dials_and_the_cluster_s_ca(authority: Object) -> None:
    kind = "secret" if authority["kind"] == "Secret" else "configMap"
    spec = with_tls() | {"tlsCA": {kind: {"name": "ca", "key": "pem"}}}
    assert request(spec, pod("c-0"), beside=(CERTIFICATE, authority)).tls == RequestTls(
        "c-headless.prod.svc.cluster.local", CA.encode()
    )


def test_without_a_ca_those_of_the_system_count_and_the_domain_is_the_cluster_s() -> None:
    spec = with_tls()
    spec["config"]["cluster"] = {"routeURLs": {"k8sClusterDomain": "example.internal."}}
    assert request(spec, pod("c-0"), beside=(CERTIFICATE,)).tls == RequestTls("c-headless.prod.svc.example.internal")


def test_servers_that_want_a_certificate_of_us_are_not_asked() -> None:
    found = asked(with_tls(verify=True), pod("c-0"), beside=(CERTIFICATE,))
    assert isinstance(found, NoRequest)
    assert "spec.config.nats.tls.verify" in found.because
