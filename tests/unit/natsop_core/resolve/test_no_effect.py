"""What a NatsCluster says and nothing comes of is told; what no API server would take stops everything."""

from __future__ import annotations

import pytest

from natsop_core.conclude import conclude_cluster
from natsop_core.resolve.no_effect import without_effect
from tests.unit.natsop_core.resolve.jwt_clusters import APP, SYSTEM, account_entry, jwts, spec
from tests.unit.natsop_core.resolve.system_users import INCLUDING, ON, including
from tests.unit.natsop_core.world import (
    Object,
    box,
    cluster,
    conditions,
    config_map,
    inputs,
    live_stateful_set,
    message,
    plan_of,
    resolved,
)


def service(**fields: object) -> Object:
    return {"service": fields}


def nodes(*names: str, **more: object) -> Object:
    return service(type="NodePort", nodePorts=dict.fromkeys(names, 30000), **more)


def resolver(**fields: object) -> Object:
    wanted = spec(account_entry(SYSTEM))
    wanted["auth"]["jwt"]["resolver"] = fields
    return wanted


IGNORED = {
    "a node port of no listener": (nodes("client"), "spec.service.nodePorts.client is not a listener"),
    "a node port of a listener that is off": (nodes("mqtt"), "nodePorts.mqtt is for a port that the Service does not"),
    "a node port of one that is not published": (nodes("monitor"), "enable spec.config.monitor and spec.service.ports"),
    "a node port of one that is kept inside": (
        nodes("nats", ports={"nats": {"enabled": False}, "monitor": {"enabled": True}}),
        "spec.service.nodePorts.nats",
    ),
    "node ports inside of Kubernetes": (service(nodePorts={"nats": 30000}), "nodePorts needs spec.service.type"),
    "a traffic policy inside": (
        service(externalTrafficPolicy="Local"),
        "externalTrafficPolicy needs spec.service.type",
    ),
    "a class without a load balancer": (
        service(type="NodePort", loadBalancerClass="x"),
        "loadBalancerClass needs spec.service.type LoadBalancer",
    ),
    "a Service that is off": (service(enabled=False, nodePorts={"nats": 1}), "spec.service is disabled"),
    "a port of a listener that is off": (
        service(ports={"mqtt": {"enabled": True}}),
        "needs the listener spec.config.mqtt",
    ),
    "an Ingress without websocket": (
        {"config": {"websocket": {"ingress": {"enabled": True, "hosts": ["a.example"]}}}},
        "spec.config.websocket.ingress needs spec.config.websocket.enabled",
    ),
    "storage of a memory resolver": (resolver(storage={}), "resolver.storage needs"),
    "deletion from a memory resolver": (resolver(allowDelete=True), "resolver.allowDelete needs"),
    "an interval of a memory resolver": (resolver(type="memory", interval="2m"), "resolver.interval needs"),
    "two accounts of one key": (
        spec(account_entry(SYSTEM), account_entry(APP), account_entry(APP) | {"name": "again"}),
        "accounts[app] has the same publicKey as accounts[again]",
    ),
    "a system user beside JWTs": ({"auth": spec()["auth"] | ON["auth"]}, "but spec.auth.jwt defines the accounts"),
    "a system user beside accounts in an include": (INCLUDING, "but an included file defines accounts"),
    "a system user beside a file of one's own": (
        ON | {"configMap": {"existingName": "own"}},
        "but ConfigMap own replaces the whole configuration",
    ),
}


def ignored(wanted: Object) -> tuple[str, ...]:
    cr = cluster(wanted)
    files = (jwts(), including("accounts: {}"), config_map("own", **{"nats.conf": "port: 4222"}))
    return without_effect(cr, resolved(cr, *files).cluster)


@pytest.mark.parametrize(("wanted", "said"), IGNORED.values(), ids=list(IGNORED))
def test_what_has_no_effect_is_told(wanted: Object, said: str) -> None:
    [found] = ignored(wanted)
    assert said in found


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        nodes("nats", "monitor", ports={"monitor": {"enabled": True}}),
        service(type="LoadBalancer", loadBalancerClass="x", externalTrafficPolicy="Local"),
        service(enabled=False),
        {"config": {"websocket": {"enabled": True, "ingress": {"enabled": True, "hosts": ["a.example"]}}}},
        resolver(type="full", storage={}, allowDelete=True, interval="2m"),
        spec(account_entry(SYSTEM), account_entry(APP)),
    ],
)
def test_what_has_an_effect_is_not(wanted: Object) -> None:
    assert ignored(wanted) == ()


def test_a_condition_says_so_and_nothing_is_degraded() -> None:
    cr = cluster(nodes("client"))
    seen = inputs(cr, live_stateful_set(cr))
    status = conclude_cluster(cr, seen, plan_of(cr, seen), {}).status
    assert conditions(status)["FieldsIgnored"] == ("True", "NoEffect")
    assert conditions(status)["Degraded"][0] == "False"
    without = cluster()
    seen = inputs(without)
    assert "FieldsIgnored" not in conditions(conclude_cluster(without, seen, plan_of(without, seen), {}).status)


BAD_LABELS = {"team": "a b"}
BAD_KEYS = {"a/b/c": "d"}
INVALID = {
    "labels of all objects": {"global": {"labels": BAD_LABELS}},
    "a label's name": {"service": {"labels": BAD_KEYS}},
    "an annotation's name": {"podTemplate": {"annotations": BAD_KEYS}},
    "labels of pods": {"podTemplate": {"labels": BAD_LABELS}},
    "labels of nodes": {"podTemplate": {"nodeSelector": BAD_LABELS}},
    "a Service that leads elsewhere": {"service": {"type": "ExternalName"}},
    "a negative time": {"statefulSet": {"minReadySeconds": -1}},
    "a negative time to end": {"podTemplate": {"terminationGracePeriodSeconds": -1}},
}


@pytest.mark.parametrize("wanted", INVALID.values(), ids=list(INVALID))
def test_what_no_api_server_takes_is_told_before_anything_is_applied(wanted: Object) -> None:
    cr = cluster(wanted)
    seen = inputs(cr)
    plan = plan_of(cr, seen)
    status = conclude_cluster(cr, seen, plan, {}).status
    assert plan.apply == ()
    assert conditions(status)["Degraded"] == ("True", "InvalidSpec")
    assert message(status, "Degraded").startswith("spec.")


def test_labels_of_a_box_s_pods_are_looked_at_too() -> None:
    cr = box({"podTemplate": {"labels": BAD_LABELS}})
    assert plan_of(cr, inputs(cr)).apply == ()
    good = box({"podTemplate": {"labels": {"team": "a-b"}}})
    assert plan_of(good, inputs(good)).apply
