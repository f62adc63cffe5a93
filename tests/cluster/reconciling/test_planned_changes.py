"""What `natsop diff` plans of a change offline is what the operator makes of it in a cluster. No pods run here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from natsop_core import NatsCluster, PlannedChange, inputs_at_hand, plan_change, read
from natsop_core.kinds import CREATED
from natsop_core.kubernetes.field_set import field_set
from natsop_core.live import reduce_metadata
from natsop_core.names import CLUSTER_LABEL, is_derived_annotation
from tests.cluster.edits import content
from tests.cluster.process.convergence import children, identity
from tests.cluster.site import SOON, Site, controller_of, nats_cluster, new_site
from tests.testbed.client import PATCH_TYPES, ApiError, Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

JETSTREAM = {"jetstream": {"enabled": True}}
LARGER = {"jetstream": {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "20Gi"}}}}}}


def spec(replicas: int = 3, config: Manifest | None = None, **more: Any) -> Manifest:
    return {"replicas": replicas, "config": config if config is not None else JETSTREAM, **more}


CHANGES: dict[str, tuple[Manifest, Manifest]] = {
    "more": (spec(3), spec(5)),
    "fewer": (spec(3), spec(1)),
    "cluster": (spec(1), spec(3)),
    "claims": (spec(3), spec(3, LARGER)),
    "policy": (spec(3), spec(3, statefulSet={"podManagementPolicy": "OrderedReady"})),
    "off": (spec(3), spec(3, {})),
    "on": (spec(3, {}), spec(3)),
    "fewer-and-port": (spec(3), spec(1, {**JETSTREAM, "nats": {"port": 4333}})),
    "tag": (spec(3, image={"tag": "2.12.0-alpine"}), spec(3)),
    "no-budget": (spec(3), spec(3, podDisruptionBudget={"enabled": False})),
}


@pytest.fixture(scope="module")
def site(operated: Operator) -> Site:
    return new_site(operated, "planned-changes")


def planned(site: Site, name: str, old: Manifest, new: Manifest) -> PlannedChange:
    """As from files: neither custom resource was ever seen by an API server."""
    one, other = (read(nats_cluster(name, each, namespace=site.name)) for each in (old, new))
    assert isinstance(one, NatsCluster)
    assert isinstance(other, NatsCluster)
    inputs = inputs_at_hand([], datetime.now(UTC))
    return plan_change(one, other, before=inputs, after=inputs)


@pytest.mark.parametrize("name", CHANGES)
def test_the_operator_makes_what_was_planned(site: Site, name: str) -> None:
    old, new = CHANGES[name]
    change = planned(site, name, old, new)
    site.create(nats_cluster(name, old))
    edit(site, name, new)
    uid = site.await_handled("NatsCluster", name)["metadata"]["uid"]

    def as_planned() -> bool:
        live = {identity(each): each for each in children(site) if controller_of(each) == uid}
        assert live.keys() == set(map(identity, change.objects))
        for each in change.objects:
            assert content(applied(site, each)) == content(live[identity(each)])
            assert owned(live[identity(each)]) == without_notes(field_set(each))
        return True

    wait_until(as_planned, SOON, f"{name} is as planned")
    degraded = site.await_condition("NatsCluster", name, "Degraded", "True" if change.refused else "False")
    for finding in change.refused:
        assert finding.message in degraded["message"]


def test_the_api_server_refuses_what_it_is_planned_to_refuse(site: Site) -> None:
    old, new = spec(3), spec(3, {**JETSTREAM, "serverNamePrefix": "east-"})
    [problem] = planned(site, "prefix", old, new).invalid
    site.create(nats_cluster("prefix", old))
    with pytest.raises(ApiError, match=problem.message):
        edit(site, "prefix", new)


def edit(site: Site, name: str, new: Manifest) -> None:
    site.client.patch("NatsCluster", name, [{"op": "replace", "path": "/spec", "value": new}], patch_type="json")


def applied(site: Site, wanted: Mapping[str, Any]) -> Manifest:
    """The object as it would be if somebody applied this; it stays as it is where it is this already."""
    resource = next(each for each in CREATED if each.kind == wanted["kind"])
    prefix = f"/apis/{resource.api_version}" if resource.group else f"/api/{resource.api_version}"
    after: Manifest = site.client.request(
        "PATCH",
        f"{prefix}/namespaces/{site.name}/{resource.plural}/{wanted['metadata']['name']}",
        body=without_notes(wanted),
        query={"dryRun": "All", "force": "true", "fieldManager": "tests"},
        content_type=PATCH_TYPES["apply"],
    )
    return after


def owned(live: Manifest) -> Any:
    """The fields that the operator wants of an object, as `field_set` has them."""
    fields = without_notes(json.loads(reduce_metadata(live["metadata"]).owned_fields))
    fields["f:metadata"].pop("f:ownerReferences")
    return fields


def without_notes(value: Any) -> Any:
    """A value or a field set without our annotations, and without annotations where there are no others."""
    if isinstance(value, list):
        return [without_notes(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    kept = {key: without_notes(part) for key, part in value.items() if not _is_note(key)}
    return {key: part for key, part in kept.items() if part or not key.endswith("annotations")}


def _is_note(key: str) -> bool:
    name = key.removeprefix("f:")
    return is_derived_annotation(name) and name != CLUSTER_LABEL
