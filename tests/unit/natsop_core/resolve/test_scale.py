"""The number of servers: which change of it is refused, what it is known by, and what has to go with what stays."""

from __future__ import annotations

import copy
from typing import Any, Final

import pytest

from natsop_core.lookup import Lookup
from natsop_core.names import ALLOW_DATA_LOSS_ANNOTATION, COMMITMENTS_ANNOTATION
from natsop_core.record import Record
from natsop_core.resolve.cluster import resolve_cluster
from tests.unit.natsop_core.world import (
    Object,
    Resolved,
    cluster,
    inputs,
    jetstream,
    live_children,
    live_stateful_set,
    one_of,
    plan_of,
    resolved,
    secret,
)

CERTIFICATE: Final = secret("routes-tls", **{"tls.crt": "certificate", "tls.key": "key"})
TLS: Final[Object] = {"enabled": True, "secretName": "routes-tls"}


def resolve(spec: Object, *live: Object, **metadata: Any) -> Resolved:
    return resolved(cluster(spec, **metadata), *live)


@pytest.mark.parametrize(("live", "wanted"), [(1, 3), (3, 1), (1, 2), (5, 3), (3, 2)])
def test_a_scale_that_would_destroy_streams_is_refused_everywhere(live: int, wanted: int) -> None:
    result = resolve({"replicas": wanted, **jetstream()}, live_stateful_set(cluster({"replicas": live, **jetstream()})))
    assert result.reasons == ["UnsafeScale"]
    assert result.cluster.replicas == live
    assert (result.cluster.routes is None) == (live == 1)
    assert (result.cluster.port("cluster") is None) == (live == 1)
    assert (result.cluster.disruption_budget is None) == (live == 1)


def test_the_refusal_names_the_way_back_and_the_way_on() -> None:
    result = resolve({"replicas": 1, **jetstream()}, live_stateful_set(cluster({"replicas": 3, **jetstream()})))
    assert "Set spec.replicas back to 3" in result.findings[0].message
    assert f'{ALLOW_DATA_LOSS_ANNOTATION}: "replicas=3->1"' in result.findings[0].message


@pytest.mark.parametrize(("live", "wanted"), [(3, 5), (2, 3)])
def test_a_cluster_may_grow(live: int, wanted: int) -> None:
    result = resolve({"replicas": wanted, **jetstream()}, live_stateful_set(cluster({"replicas": live, **jetstream()})))
    assert (result.cluster.replicas, result.reasons) == (wanted, [])


def test_without_jetstream_a_scale_is_free() -> None:
    result = resolve({"replicas": 1}, live_stateful_set(cluster({"replicas": 3})))
    assert (result.cluster.replicas, result.reasons) == (1, [])


@pytest.mark.parametrize(
    ("word", "replicas"), [("replicas=3->1", 1), ("replicas=3->2", 3), ("replicas=1->3", 3), ("true", 3), ("", 3)]
)
def test_only_the_exact_word_allows_the_loss(word: str, replicas: int) -> None:
    live = live_stateful_set(cluster({"replicas": 3, **jetstream()}))
    result = resolve({"replicas": 1, **jetstream()}, live, annotations={ALLOW_DATA_LOSS_ANNOTATION: word})
    assert result.cluster.replicas == replicas


@pytest.mark.parametrize("stray", [0, 1, 5])
def test_a_stray_kubectl_scale_does_not_count(stray: int) -> None:
    live = live_stateful_set(cluster({"replicas": 3, **jetstream()}))
    live["spec"]["replicas"] = stray
    result = resolve({"replicas": 3, **jetstream()}, live)
    assert (result.cluster.replicas, result.reasons) == (3, [])


def test_a_stateful_set_that_is_taken_over_counts_as_it_is() -> None:
    live = live_stateful_set(cluster({"replicas": 3, **jetstream()}))
    live["metadata"]["annotations"] = {}
    assert resolve({"replicas": 1, **jetstream()}, live).cluster.replicas == 3


def test_a_stateful_set_that_was_scaled_to_nothing_comes_back() -> None:
    live = live_stateful_set(cluster(jetstream()))
    live["metadata"]["annotations"] = {}
    live["spec"]["replicas"] = 0
    assert resolve(jetstream(), live).cluster.replicas == 1


def test_a_deleted_stateful_set_is_no_way_around_the_refusal() -> None:
    cr = cluster({"replicas": 3, **jetstream()}, status={"jetStreamReplicas": 1, "replicas": 0})
    result = resolved(cr)
    assert result.reasons == ["UnsafeScale"]
    assert result.cluster.replicas == 1


def test_pods_that_are_about_to_go_with_it_do_not_count() -> None:
    cr = cluster({"replicas": 3, **jetstream()}, status={"jetStreamReplicas": 3, "replicas": 1})
    assert (resolved(cr).cluster.replicas, resolved(cr).reasons) == (3, [])


def test_a_note_that_somebody_has_changed_is_not_believed() -> None:
    live = live_stateful_set(cluster({"replicas": 3, **jetstream()}))
    live["metadata"]["annotations"][COMMITMENTS_ANNOTATION] = Record(replicas=1).annotation
    live["metadata"]["managedFields"] = without_annotation(live["metadata"]["managedFields"], COMMITMENTS_ANNOTATION)
    live["spec"]["replicas"] = 1
    cr = cluster({"replicas": 3, **jetstream()}, status={"jetStreamReplicas": 3})
    result = resolved(cr, live)
    assert (result.cluster.replicas, result.reasons) == (3, [])


def without_annotation(entries: list[Object], name: str) -> list[Object]:
    """As the API server leaves managedFields when somebody else changes an annotation of ours."""
    left = copy.deepcopy(entries)
    for entry in left:
        entry["fieldsV1"]["f:metadata"]["f:annotations"].pop(f"f:{name}")
    return left


ROUTES_TLS: Object = {"config": {"jetstream": {"enabled": True}, "cluster": {"tls": TLS}}}


def test_what_a_refused_scale_keeps_keeps_its_certificates() -> None:
    live = live_children(cluster({"replicas": 3, **ROUTES_TLS}), CERTIFICATE)
    cr = cluster({"replicas": 1, **ROUTES_TLS})
    after = plan_of(cr, inputs(cr, CERTIFICATE, *live)).apply
    for kind in ("StatefulSet", "ConfigMap"):
        assert unnoted(one_of(after, kind)) == unnoted(one_of(live, kind))


def unnoted(obj: Object) -> Object:
    """What the servers get to see of it."""
    seen: Object = obj.get("spec") or obj["data"]
    return seen


@pytest.mark.parametrize(
    ("before", "replicas", "block", "reason"),
    [(jetstream(), 3, "gateway", "UnsafeScale"), ({}, 1, "mqtt", "ImmutableField")],
)
def test_what_only_a_refused_change_would_make_possible_is_refused_with_it(
    before: Object, replicas: int, block: str, reason: str
) -> None:
    """A lone server with JetStream and a gateway needs routes, and MQTT needs JetStream: it would not start."""
    live = live_children(cluster(before))
    cr = cluster({"replicas": replicas, "config": {"jetstream": {"enabled": True}, block: {"enabled": True}}})
    seen = inputs(cr, *live)
    result = resolve_cluster(cr, Lookup(seen))
    assert result.cluster is None
    assert {finding.reason for finding in result.findings} == {reason, "InvalidSpec"}
    assert plan_of(cr, seen).apply == ()
