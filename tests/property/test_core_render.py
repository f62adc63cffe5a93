"""What is true of the objects of every accepted custom resource."""

from __future__ import annotations

import copy
import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from natsop_core import names
from natsop_core.api.natscluster import NatsCluster
from natsop_core.conf import parse, write
from natsop_core.conf.server import server_block
from natsop_core.drift import next_request
from natsop_core.kubernetes.field_set import field_set
from natsop_core.live import reduce_metadata
from natsop_core.outcomes import Unchanged
from natsop_core.plan import Plan, plan_box, plan_cluster
from natsop_core.resolve.cluster import resolve_cluster
from tests.property.strategies import box_objects, cluster_objects, clusters, read
from tests.unit.core.world import NAMESPACE, UID, Object, applied, cluster_object, inputs

resource_objects = st.one_of(cluster_objects, box_objects)


def plan(obj: Object, *live: Object) -> Plan:
    """The plan for a custom resource, beside a NatsCluster that every box is for."""
    cr = read(obj)
    seen = inputs(cr, cluster_object(), *live)
    return plan_cluster(cr, seen) if isinstance(cr, NatsCluster) else plan_box(cr, seen)


def nodes(value: Any) -> Iterator[Any]:
    yield value
    for part in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(part)


def shuffled(value: Any, by: random.Random) -> Any:
    """The value with the keys of every map in another order."""
    if isinstance(value, dict):
        keys = list(value)
        by.shuffle(keys)
        return {key: shuffled(value[key], by) for key in keys}
    return [shuffled(each, by) for each in value] if isinstance(value, list) else value


@given(resource_objects)
def test_the_same_resource_gives_the_same_bytes(obj: Object) -> None:
    assert json.dumps(plan(obj).apply) == json.dumps(plan(copy.deepcopy(obj)).apply)


@given(resource_objects, st.randoms(use_true_random=False))
def test_the_order_of_keys_in_the_resource_changes_nothing_that_is_applied(obj: Object, by: random.Random) -> None:
    assert plan(shuffled(obj, by)).apply == plan(obj).apply


@given(resource_objects)
def test_planning_changes_nothing_of_what_it_is_given(obj: Object) -> None:
    before = json.dumps(obj)
    plan(obj)
    assert json.dumps(obj) == before


@given(resource_objects)
def test_nothing_that_is_applied_holds_null_or_what_json_lacks(obj: Object) -> None:
    for node in nodes(list(plan(obj).apply)):
        assert isinstance(node, dict | list | str | int | bool), node
        assert not isinstance(node, dict) or all(isinstance(key, str) for key in node)


@given(resource_objects)
def test_every_object_has_its_labels_its_owner_and_its_namespace(obj: Object) -> None:
    name = obj["metadata"]["name"]
    labels = names.cluster_labels(name) if obj["kind"] == names.CLUSTER_KIND else names.box_labels(name)
    for manifest in plan(obj).apply:
        metadata = manifest["metadata"]
        assert labels.items() <= metadata["labels"].items()
        assert metadata["namespace"] == NAMESPACE
        assert [owner["uid"] for owner in metadata["ownerReferences"] if owner["controller"]] == [UID]


@given(resource_objects)
def test_no_two_objects_have_one_name(obj: Object) -> None:
    targets = plan(obj).targets
    assert len(set(targets)) == len(targets)


@given(resource_objects)
def test_the_field_set_of_every_object_is_known(obj: Object) -> None:
    for manifest in plan(obj).apply:
        assert field_set(manifest)


@given(resource_objects)
def test_what_was_applied_is_left_alone(obj: Object) -> None:
    live = [applied(manifest) for manifest in plan(obj).apply]
    again = plan(obj, *live)
    requests = [
        next_request(each, reduce_metadata(seen["metadata"])) for each, seen in zip(again.apply, live, strict=True)
    ]
    assert requests == [Unchanged()] * len(live)
    assert again.prune == ()


def selectors(obj: Object) -> Iterator[dict[str, str]]:
    """Every selector of an object's children, as the labels that it asks for."""
    for manifest in plan(obj).apply:
        selector = manifest.get("spec", {}).get("selector")
        if selector is not None:
            yield selector.get("matchLabels", selector)


@given(resource_objects, resource_objects)
def test_two_resources_never_select_each_other_s_pods(one: Object, other: Object) -> None:
    assume((one["kind"], one["metadata"]["name"]) != (other["kind"], other["metadata"]["name"]))
    workload = plan(other).apply[-1]
    labels = workload["spec"]["template"]["metadata"]["labels"]
    for selector in selectors(one):
        assert not selector.items() <= labels.items()


@given(clusters)
def test_the_configuration_reads_back_as_the_tree_that_was_written(cr: NatsCluster) -> None:
    block = server_block(resolve_cluster(cr, inputs(cr)).cluster)
    assert parse(write(block)) == block


@given(clusters)
def test_ports_of_services_lead_to_ports_of_the_server(cr: NatsCluster) -> None:
    manifests = plan_cluster(cr, inputs(cr)).apply
    server = manifests[-1]["spec"]["template"]["spec"]["containers"][0]
    listening = {port["name"]: port["containerPort"] for port in server["ports"]}
    for service in (each for each in manifests if each["kind"] == "Service"):
        for port in service["spec"]["ports"]:
            assert listening[port["targetPort"]] == port["port"]


PROGRAM = """
import json, sys
from datetime import UTC, datetime
from natsop_core.offline import inputs_at_hand, read, render
objects = json.load(sys.stdin)
inputs = inputs_at_hand(objects, datetime(2026, 1, 1, tzinfo=UTC))
print(json.dumps([render(read(each), inputs).objects for each in objects]))
"""


@settings(max_examples=3)
@given(st.lists(resource_objects, min_size=10, max_size=20))
def test_every_process_gives_the_same_bytes(objects: list[Object]) -> None:
    asked = json.dumps([cluster_object(), *objects])
    printed = {_printed(asked, seed) for seed in ("0", "4242")}
    assert len(printed) == 1
    assert all(json.loads(printed.pop()))


def _printed(asked: str, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, input=asked, env=environment, capture_output=True, text=True, check=True).stdout
