"""The objects: what the security of pods, the probes, the ports and the mounts look like. Snapshots show the rest."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from natsop_core import names
from natsop_core.conf import Block, parse
from tests.unit.natsop_core.world import (
    Object,
    box,
    cluster,
    cluster_object,
    container_of,
    inputs,
    jetstream,
    one_of,
    plan_of,
)

MONITOR_OFF = {"config": {"monitor": {"enabled": False}}}
RELOADER_OFF = {"reloader": {"enabled": False}, "podTemplate": {"configChecksumAnnotation": True}}
PROBES = ("startupProbe", "readinessProbe", "livenessProbe")


def render(spec: Object | None = None, **metadata: Any) -> list[Object]:
    cr = cluster(spec, **metadata)
    return list(plan_of(cr, inputs(cr)).apply)


def stateful_set(spec: Object | None = None) -> Object:
    return one_of(render(spec), "StatefulSet")


def pod_spec(spec: Object | None = None) -> Object:
    return dict(stateful_set(spec)["spec"]["template"]["spec"])


def pod_annotations(spec: Object) -> Object:
    return dict(stateful_set(spec)["spec"]["template"]["metadata"]["annotations"])


def server(spec: Object | None = None) -> Object:
    return container_of(stateful_set(spec), "nats")


def conf(spec: Object) -> Block:
    return parse(one_of(render(spec), "ConfigMap")["data"]["nats.conf"])


def rendered_box(spec: Object) -> list[Object]:
    cr = box(spec)
    return list(plan_of(cr, inputs(cr, cluster_object({"config": {"nats": {"port": 5222}}}))).apply)


# Services


def ports(spec: Object, service: str) -> dict[str, int]:
    return {each["name"]: each["port"] for each in one_of(render(spec), "Service", service)["spec"]["ports"]}


def test_clients_see_the_client_port_alone() -> None:
    assert ports({"replicas": 3}, "c") == {"nats": 4222}
    assert ports({"replicas": 3}, "c-headless") == {"nats": 4222, "cluster": 6222, "monitor": 8222}


def test_a_listener_that_is_off_has_no_port_anywhere() -> None:
    assert ports(MONITOR_OFF, "c-headless") == {"nats": 4222}
    assert [port["name"] for port in server(MONITOR_OFF)["ports"]] == ["nats"]
    assert "http_port" not in conf(MONITOR_OFF)


def test_servers_find_each_other_before_they_are_ready() -> None:
    headless = one_of(render(), "Service", "c-headless")["spec"]
    assert headless["publishNotReadyAddresses"]
    assert headless["clusterIP"] == "None"
    assert stateful_set()["spec"]["serviceName"] == "c-headless"
    assert stateful_set()["spec"]["podManagementPolicy"] == "Parallel"


def test_services_name_the_container_s_ports_so_that_an_old_pod_is_reached_at_its_own() -> None:
    assert [port["targetPort"] for port in one_of(render(), "Service", "c")["spec"]["ports"]] == ["nats"]


# Pods


@pytest.mark.parametrize("spec", [{}, {"replicas": 3, **jetstream()}], ids=["plain", "jetstream"])
def test_pods_are_restricted(spec: Object) -> None:
    pod = pod_spec(spec)
    context = pod["securityContext"]
    assert (context["runAsNonRoot"], context["runAsUser"], context["runAsGroup"], context["fsGroup"]) == (
        True,
        *(1000,) * 3,
    )
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert [each["securityContext"] for each in pod["containers"]] == [
        {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "readOnlyRootFilesystem": True}
    ] * 2


def test_a_box_is_restricted_too() -> None:
    pod = one_of(rendered_box({}), "Deployment")["spec"]["template"]["spec"]
    assert pod["securityContext"] == pod_spec()["securityContext"]
    assert pod["containers"][0]["securityContext"] == server()["securityContext"]


def test_probes_ask_the_monitor() -> None:
    asked = {probe: server()[probe]["httpGet"] for probe in PROBES}
    assert {probe: get["path"] for probe, get in asked.items()} == {
        "startupProbe": "/healthz?js-enabled-only=true",
        "readinessProbe": "/healthz?js-server-only=true",
        "livenessProbe": "/healthz?js-enabled-only=true",
    }
    assert {get["port"] for get in asked.values()} == {"monitor"}


def test_probes_knock_at_the_client_port_when_the_monitor_is_off() -> None:
    assert [server(MONITOR_OFF)[probe]["tcpSocket"] for probe in PROBES] == [{"port": "nats"}] * 3
    assert not any("httpGet" in server(MONITOR_OFF)[probe] for probe in PROBES)


def test_the_reloader_can_signal_the_server() -> None:
    pod = pod_spec()
    reloader = container_of(stateful_set(), "reloader")
    assert pod["shareProcessNamespace"]
    assert {mount["mountPath"] for mount in reloader["volumeMounts"]} == {names.CONFIG_FOLDER, names.PID_FOLDER}
    assert reloader["args"] == ["-pid", "/var/run/nats/nats.pid", "-config", "/etc/nats-config/nats.conf"]


def test_without_a_reloader_there_is_no_container_and_no_shared_namespace() -> None:
    pod = pod_spec(RELOADER_OFF)
    assert [each["name"] for each in pod["containers"]] == ["nats"]
    assert pod["shareProcessNamespace"] is False


@pytest.mark.parametrize("spec", [{}, RELOADER_OFF, jetstream(), jetstream(fileStore={"enabled": False})])
def test_every_mount_has_its_volume_and_every_volume_its_mount(spec: Object) -> None:
    workload = stateful_set(spec)
    claims = [each["metadata"]["name"] for each in workload["spec"].get("volumeClaimTemplates", ())]
    volumes = [each["name"] for each in pod_spec(spec)["volumes"]] + claims
    mounts = {mount["name"] for each in pod_spec(spec)["containers"] for mount in each["volumeMounts"]}
    assert sorted(volumes) == sorted(mounts)


def test_a_claim_carries_the_fixed_labels_alone_and_outlives_everything() -> None:
    spec = stateful_set(jetstream())["spec"]
    assert spec["volumeClaimTemplates"][0]["metadata"] == {"name": "jetstream", "labels": names.cluster_labels("c")}
    assert spec["persistentVolumeClaimRetentionPolicy"] == {"whenDeleted": "Retain", "whenScaled": "Retain"}


def test_a_server_is_named_after_its_pod_in_quotes_that_the_server_takes_off() -> None:
    environment = {each["name"]: each for each in server()["env"]}
    assert list(environment) == ["POD_NAME", "SERVER_NAME"], "a variable is defined before it is used"
    assert environment["SERVER_NAME"]["value"] == "'$(POD_NAME)'"


# What rolls the pods


def test_what_reloads_does_not_roll_the_pods() -> None:
    assert pod_annotations({"replicas": 3}) == pod_annotations(
        {"replicas": 3, "config": {"cluster": {"noAdvertise": False}}}
    )


def test_what_does_not_reload_does() -> None:
    assert pod_annotations({}) != pod_annotations(jetstream())


def test_where_asked_for_every_change_of_the_configuration_does() -> None:
    spec = {"replicas": 3, **RELOADER_OFF}
    assert pod_annotations(spec) != pod_annotations({**spec, "config": {"cluster": {"noAdvertise": False}}})


# Metadata


def test_the_fixed_labels_win_over_the_user_s() -> None:
    labels = {"app.kubernetes.io/name": "mine", "team": "a"}
    budget = one_of(render({"replicas": 3, "podDisruptionBudget": {"labels": labels}}), "PodDisruptionBudget")
    assert budget["metadata"]["labels"] == {"team": "a", **names.cluster_labels("c")}


def test_every_object_has_the_custom_resource_as_its_controller() -> None:
    [owner] = one_of(render(), "ConfigMap")["metadata"]["ownerReferences"]
    assert owner == {
        "apiVersion": "nats.crewlet.cloud/v1alpha1",
        "kind": "NatsCluster",
        "name": "c",
        "uid": "uid-of-the-custom-resource",
        "controller": True,
        "blockOwnerDeletion": True,
    }


# Boxes


def contexts(spec: Object) -> dict[str, str]:
    data = one_of(rendered_box(spec), "Secret")["data"]
    return {name: base64.b64decode(content).decode() for name, content in data.items()}


def test_a_box_reaches_its_cluster_through_its_default_context() -> None:
    files = contexts({"clusterRef": {"name": "c"}})
    assert files["context.txt"] == "default"
    assert json.loads(files["default.json"])["url"] == "nats://c-headless.prod.svc.cluster.local:5222"


def test_a_box_of_no_cluster_has_no_context() -> None:
    assert contexts({}) == {"context.txt": ""}
