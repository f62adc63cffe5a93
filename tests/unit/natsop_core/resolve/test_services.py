"""The way in: Services by type, the Ingress, and what a gateway needs beside leafnodes."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from natsop_core.conf import parse
from natsop_core.lookup import Lookup
from natsop_core.resolve.cluster import resolve_cluster
from tests.unit.natsop_core.world import Object, cluster, config_map, inputs, one_of, plan_of, resolved, secret

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"

FIELDS = {"nodePorts": {"nats": 30000}, "externalTrafficPolicy": "Local", "loadBalancerClass": "lb"}
INGRESS: Object = {"enabled": True, "ingress": {"enabled": True, "hosts": ["a.example", "b.example"]}}
BOTH: Object = {"leafnodes": {"enabled": True}, "gateway": {"enabled": True}}
SYSTEM = "accounts { S {} }\nsystem_account: S\n"


def rendered(spec: Object, *others: Object) -> list[Object]:
    cr = cluster(spec)
    return list(plan_of(cr, inputs(cr, *others)).apply)


@pytest.mark.parametrize(
    ("kind", "has_ports", "has_policy", "has_class"),
    [
        ("ClusterIP", False, False, False),
        ("NodePort", True, True, False),
        ("LoadBalancer", True, True, True),
    ],
)
def test_a_service_has_only_the_fields_that_its_type_allows(
    kind: str, has_ports: bool, has_policy: bool, has_class: bool
) -> None:
    service = one_of(rendered({"service": {"type": kind, **FIELDS}}), "Service", "c")["spec"]
    assert service["type"] == kind
    assert (service["ports"][0].get("nodePort") == 30000) == has_ports
    assert ("externalTrafficPolicy" in service) == has_policy
    assert ("loadBalancerClass" in service) == has_class


def port_names(service: Object) -> set[str]:
    return {port["name"] for port in service["spec"]["ports"]}


def test_clients_reach_every_listener_of_theirs_and_no_other() -> None:
    config = {name: {"enabled": True} for name in ("leafnodes", "websocket", "gateway", "mqtt", "profiling")}
    objects = rendered({"replicas": 3, "config": config, "promExporter": {"enabled": True}})
    ports = {
        name: [port["name"] for port in one_of(objects, "Service", name)["spec"]["ports"]]
        for name in ("c", "c-headless")
    }
    assert sorted(ports["c"]) == ["gateway", "leafnodes", "mqtt", "nats", "websocket"]
    assert sorted({*ports["c-headless"]} - {*ports["c"]}) == ["cluster", "metrics", "monitor", "profiling"]


@pytest.mark.parametrize("monitor", [{}, {"tlsEnabled": True}])
def test_which_ports_the_client_service_has_is_the_user_s_choice(monitor: Object) -> None:
    tls = {"enabled": True, "secretName": "t"}
    config = {"nats": {"tls": tls}, "monitor": monitor, "leafnodes": {"enabled": True}, "mqtt": {"enabled": True}}
    choice = {"nats": {"enabled": False}, "monitor": {"enabled": True}, "gateway": {"enabled": True}}
    spec: Object = {"replicas": 3, "config": config, "service": {"ports": choice}}
    objects = rendered(spec, secret("t", **{"tls.crt": "", "tls.key": ""}))
    assert port_names(one_of(objects, "Service", "c")) == {"leafnodes", "mqtt", "monitor"}
    headless = port_names(one_of(objects, "Service", "c-headless"))
    assert headless == {"nats", "cluster", "leafnodes", "mqtt", "monitor"}


def test_the_load_balancer_of_the_leafnodes_example_publishes_nothing_but_leafnodes() -> None:
    example = YAML(typ="safe").load(EXAMPLES / "leafnodes.yaml")
    objects = rendered(example["spec"], secret("hub-leafnodes-tls", **{"tls.crt": "", "tls.key": ""}))
    assert port_names(one_of(objects, "Service", "c")) == {"leafnodes"}


def test_where_clients_have_no_port_on_the_client_service_they_use_the_headless_one() -> None:
    config = {"leafnodes": {"enabled": True}}
    found = resolved(cluster({"config": config, "service": {"ports": {"nats": {"enabled": False}}}})).cluster
    assert found.client_endpoint == found.headless_endpoint == "nats://c-headless.prod.svc:4222"


def test_without_a_client_service_clients_use_the_headless_one() -> None:
    found = resolved(cluster({"service": {"enabled": False}})).cluster
    assert found.client_endpoint == found.headless_endpoint == "nats://c-headless.prod.svc:4222"


def test_an_ingress_leads_all_hosts_to_the_websocket_port() -> None:
    spec = one_of(rendered({"config": {"websocket": INGRESS}}), "Ingress", "c-ws-ingress")["spec"]
    assert [rule["host"] for rule in spec["rules"]] == ["a.example", "b.example"]
    backends = [path["backend"]["service"] for rule in spec["rules"] for path in rule["http"]["paths"]]
    assert backends == [{"name": "c", "port": {"name": "websocket"}}] * 2


@pytest.mark.parametrize("service", [{"enabled": False}, {"ports": {"websocket": {"enabled": False}}}])
def test_an_ingress_needs_the_websocket_port_of_the_client_service(service: Object) -> None:
    found = resolved(cluster({"service": service, "config": {"websocket": INGRESS}}))
    assert (found.cluster.ingress, found.reasons) == (None, ["IngressWithoutService"])


# Leafnodes beside a gateway


def system_account(spec: Object, *others: Object) -> object:
    return parse(one_of(rendered(spec, *others), "ConfigMap", "c-config")["data"]["nats.conf"]).get("system_account")


def test_leafnodes_beside_a_gateway_have_a_system_account() -> None:
    assert system_account({"replicas": 3, "config": BOTH}) == "SYS"


@pytest.mark.parametrize("alone", ["leafnodes", "gateway"])
def test_either_alone_needs_none(alone: str) -> None:
    assert system_account({"replicas": 3, "config": {alone: BOTH[alone]}}) is None


def test_nor_do_both_with_accounts_of_the_user_s() -> None:
    include = {"name": "accounts.conf", "configMap": {"name": "mine", "key": "f"}}
    spec = {"replicas": 3, "config": {**BOTH, "includes": [include]}}
    assert system_account(spec, config_map("mine", f=SYSTEM)) is None


def test_accounts_of_the_user_s_without_a_system_account_are_refused_before_a_server_refuses_them() -> None:
    include = {"name": "accounts.conf", "configMap": {"name": "mine", "key": "f"}}
    cr = cluster({"replicas": 3, "config": {**BOTH, "includes": [include]}})
    found = resolve_cluster(cr, Lookup(inputs(cr, config_map("mine", f="accounts { APP {} }\n"))))
    assert found.cluster is None
    assert [finding.reason for finding in found.findings] == ["InvalidInclude"]
