"""What running servers hold us to: their names, how they are started, where another program put their data."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from natsop_core.lookup import Lookup
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION
from natsop_core.references import ObjectKey
from natsop_core.resolve.cluster import resolve_cluster
from tests.unit.natsop_core.world import (
    Object,
    cluster,
    container_of,
    inputs,
    jetstream,
    live_children,
    live_stateful_set,
    one_of,
    plan_of,
    resolved,
)

TRIO: Object = {"replicas": 3, **jetstream()}


def prefixed(prefix: str, spec: Object) -> Object:
    return {**spec, "config": {**spec.get("config", {}), "serverNamePrefix": prefix}}


@pytest.mark.parametrize(("live", "wanted"), [("", "a-"), ("a-", ""), ("a-", "b-")])
def test_the_servers_of_a_jetstream_cluster_keep_their_names(live: str, wanted: str) -> None:
    found = resolved(cluster(prefixed(wanted, TRIO)), live_stateful_set(cluster(prefixed(live, TRIO))))
    assert (found.cluster.server_name_prefix, found.reasons) == (live, ["ImmutableField"])


@pytest.mark.parametrize("spec", [{"replicas": 3}, jetstream()], ids=["no JetStream", "a lone server"])
def test_other_servers_may_be_renamed(spec: Object) -> None:
    found = resolved(cluster(prefixed("b-", spec)), live_stateful_set(cluster(prefixed("a-", spec))))
    assert (found.cluster.server_name_prefix, found.reasons) == ("b-", [])


def test_a_prefix_is_part_of_the_environment_and_not_of_the_configuration() -> None:
    cr = cluster(prefixed("10-", {}))
    objects = plan_of(cr, inputs(cr)).apply
    environment = {
        each["name"]: each.get("value") for each in container_of(one_of(objects, "StatefulSet"), "nats")["env"]
    }
    assert environment["SERVER_NAME"] == "'10-$(POD_NAME)'"
    assert "10-" not in one_of(objects, "ConfigMap")["data"]["nats.conf"]


def test_how_pods_are_started_cannot_change() -> None:
    live = live_stateful_set(cluster())
    found = resolved(cluster({"statefulSet": {"podManagementPolicy": "OrderedReady"}}), live)
    assert (found.cluster.pod_management_policy, found.reasons) == ("Parallel", ["ImmutableField"])


def test_one_that_was_made_in_order_stays_so_without_a_word() -> None:
    spec = {"statefulSet": {"podManagementPolicy": "OrderedReady"}}
    found = resolved(cluster(spec), live_stateful_set(cluster(spec)))
    assert (found.cluster.pod_management_policy, found.reasons) == ("OrderedReady", [])


# Servers that another program made


def taken_over(security: Mapping[str, int] | None = None, *, conf: str = "jetstream {}") -> list[Object]:
    """The children as another program left them, with this identity of the pods."""
    children = live_children(cluster(TRIO))
    for child in children:
        child["metadata"]["annotations"] = {}
    one_of(children, "ConfigMap")["data"]["nats.conf"] = conf
    one_of(children, "StatefulSet")["spec"]["template"]["spec"]["securityContext"] = dict(security or {})
    return children


@pytest.mark.parametrize(
    "conf", ["jetstream {}", "jetstream: true", "jetstream: enabled", "jetstream { max_file: 1G }"]
)
def test_streams_outside_of_the_volumes_are_not_lost(conf: str) -> None:
    cr = cluster(TRIO)
    seen = inputs(cr, *taken_over(conf=conf))
    result = resolve_cluster(cr, Lookup(seen))
    assert result.findings[0].reason == "DataOutsideVolume"
    plan = plan_of(cr, seen)
    assert {"StatefulSet", "ConfigMap"} == {key.kind for key in plan.keep}
    assert not {"StatefulSet", "ConfigMap"} & {key.kind for key in plan.targets}
    assert ObjectKey("v1", "Service", "prod", "c") in plan.targets


@pytest.mark.parametrize(
    "conf",
    [
        "jetstream { store_dir: '/data' }",
        "jetstream { enabled: false }",
        "jetstream: false",
        "jetstream: disabled",
        "port: 4222",
        "x {",
    ],
)
def test_streams_on_the_volumes_are_no_reason_to_wait(conf: str) -> None:
    cr = cluster(TRIO)
    assert not resolve_cluster(cr, Lookup(inputs(cr, *taken_over(conf=conf)))).keep


def test_nor_are_streams_that_may_be_lost() -> None:
    cr = cluster(TRIO, annotations={ALLOW_DATA_LOSS_ANNOTATION: "storeDirectory=container->/data"})
    assert not resolve_cluster(cr, Lookup(inputs(cr, *taken_over()))).keep


@pytest.mark.parametrize("security", [{}, {"runAsUser": 1000}, {"fsGroup": 1000}])
def test_servers_that_ran_as_root_go_on_as_root(security: dict[str, int]) -> None:
    found = resolved(cluster(TRIO), *taken_over(security)).cluster
    assert found.keeps_identity
    assert not {"runAsUser", "runAsGroup", "runAsNonRoot", "fsGroup"} & found.pod.security_context.keys()
    assert found.pod.security_context["seccompProfile"] == {"type": "RuntimeDefault"}


def test_and_still_do_once_we_have_applied_them() -> None:
    first = cluster(TRIO, annotations={ALLOW_DATA_LOSS_ANNOTATION: "storeDirectory=container->/data"})
    applied = live_children(first, *taken_over())
    assert resolved(cluster(TRIO), *applied).cluster.keeps_identity


@pytest.mark.parametrize("wanted", [{"runAsUser": 7}, {"fsGroup": 7}])
def test_until_somebody_says_who_they_are(wanted: dict[str, int]) -> None:
    spec = {**TRIO, "podTemplate": {"securityContext": wanted}}
    found = resolved(cluster(spec), *taken_over()).cluster
    assert not found.keeps_identity
    assert found.pod.security_context["runAsNonRoot"] is True


def test_servers_that_have_an_identity_get_ours() -> None:
    found = resolved(cluster(TRIO), *taken_over({"runAsUser": 1000, "fsGroup": 1000})).cluster
    assert not found.keeps_identity
    assert found.pod.security_context["runAsUser"] == 1000
