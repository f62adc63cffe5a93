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
from natsop_core.conf.values import Block
from natsop_core.drift import next_request
from natsop_core.kinds import OPTIONAL
from natsop_core.kubernetes.field_set import field_set
from natsop_core.live import reduce_metadata
from natsop_core.outcomes import Unchanged
from natsop_core.plan import Plan
from natsop_core.resolve.storage import volume_bytes
from natsop_core.resolve.types import Scratch
from natsop_core.stand_ins import with_stand_ins
from tests.property.referred import worlds
from tests.property.strategies import box_objects, read
from tests.unit.natsop_core.world import (
    NAMESPACE,
    UID,
    Object,
    applied,
    cluster,
    cluster_object,
    inputs,
    one_of,
    plan_of,
    resolved,
)

World = tuple[Object, list[Object]]
"""A custom resource, and all that it refers to."""

cluster_worlds = worlds()
resource_worlds = st.one_of(cluster_worlds, box_objects.map(lambda box: (box, [])))


def plan(world: World, *live: Object) -> Plan:
    """The plan for a custom resource, beside a NatsCluster that every box is for."""
    obj, referred = world
    cr = read(obj)
    seen = with_stand_ins(cr, inputs(cr, cluster_object(), *referred, *live, serves=OPTIONAL))
    return plan_of(cr, seen)


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


@given(resource_worlds)
def test_the_same_resource_gives_the_same_bytes(world: World) -> None:
    assert json.dumps(plan(world).apply) == json.dumps(plan(copy.deepcopy(world)).apply)


@given(resource_worlds, st.randoms(use_true_random=False))
def test_the_order_of_keys_in_the_resource_changes_nothing_that_is_applied(world: World, by: random.Random) -> None:
    obj, referred = world
    assert plan((shuffled(obj, by), shuffled(referred, by))).apply == plan(world).apply


@given(resource_worlds)
def test_planning_changes_nothing_of_what_it_is_given(world: World) -> None:
    before = json.dumps(world)
    plan(world)
    assert json.dumps(world) == before


@given(resource_worlds)
def test_nothing_that_is_applied_holds_null_or_what_json_lacks(world: World) -> None:
    for node in nodes(list(plan(world).apply)):
        assert isinstance(node, dict | list | str | int | bool), node
        assert not isinstance(node, dict) or all(isinstance(key, str) for key in node)


@given(resource_worlds)
def test_every_object_has_its_labels_its_owner_and_its_namespace(world: World) -> None:
    obj = world[0]
    name = obj["metadata"]["name"]
    labels = names.cluster_labels(name) if obj["kind"] == names.CLUSTER_KIND else names.box_labels(name)
    for manifest in plan(world).apply:
        metadata = manifest["metadata"]
        assert labels.items() <= metadata["labels"].items()
        assert metadata["namespace"] == NAMESPACE
        assert [owner["uid"] for owner in metadata["ownerReferences"] if owner["controller"]] == [UID]


@given(resource_worlds)
def test_no_two_objects_have_one_name(world: World) -> None:
    targets = plan(world).targets
    assert len(set(targets)) == len(targets)


@given(resource_worlds)
def test_the_field_set_of_every_object_is_known(world: World) -> None:
    for manifest in plan(world).apply:
        assert field_set(manifest)


@given(resource_worlds)
def test_what_was_applied_is_left_alone(world: World) -> None:
    live = [applied(manifest) for manifest in plan(world).apply]
    again = plan(world, *live)
    requests = [
        next_request(each, reduce_metadata(seen["metadata"])) for each, seen in zip(again.apply, live, strict=True)
    ]
    assert requests == [Unchanged()] * len(live)
    assert again.prune == ()


def selectors(world: World) -> Iterator[dict[str, str]]:
    """Every selector of an object's children, as the labels that it asks for."""
    for manifest in plan(world).apply:
        selector = manifest.get("spec", {}).get("selector")
        if selector is not None:
            yield selector.get("matchLabels", selector)


def identity(world: World) -> tuple[str, str]:
    obj = world[0]
    return obj["kind"], obj["metadata"]["name"]


@given(resource_worlds, resource_worlds)
def test_two_resources_never_select_each_other_s_pods(one: World, other: World) -> None:
    assume(identity(one) != identity(other))
    for workload in (each for each in plan(other).apply if each["kind"] in {"StatefulSet", "Deployment"}):
        labels = workload["spec"]["template"]["metadata"]["labels"]
        for selector in selectors(one):
            assert not selector.items() <= labels.items()


@given(resource_worlds, resource_worlds)
def test_two_resources_share_only_the_name_of_a_headless_service(one: World, other: World) -> None:
    """A cluster's client Service bears the cluster's name, which may end in `-headless`."""
    assume(identity(one) != identity(other))
    for key in set(plan(one).targets) & set(plan(other).targets):
        assert (key.kind, key.name) in {("Service", world[0]["metadata"]["name"]) for world in (one, other)}
        assert key.name.endswith("-headless")


@given(cluster_worlds)
def test_the_configuration_reads_back_as_the_tree_that_was_written(world: World) -> None:
    block = server_block(resolved(as_cluster(world), *world[1]).cluster)
    assert parse(write(block)) == block


@given(cluster_worlds)
def test_ports_of_services_lead_to_ports_of_the_pods(world: World) -> None:
    manifests = plan(world).apply
    containers = one_of(manifests, "StatefulSet")["spec"]["template"]["spec"]["containers"]
    listening = {port["name"]: port["containerPort"] for each in containers for port in each.get("ports", ())}
    for service in (each for each in manifests if each["kind"] == "Service"):
        for port in service["spec"]["ports"]:
            assert listening[port["targetPort"]] == port["port"]


@given(cluster_worlds)
def test_volumes_with_data_are_mounted_where_the_server_stores_and_in_no_other_container(world: World) -> None:
    manifests = plan(world).apply
    spec = one_of(manifests, "StatefulSet")["spec"]
    folders = {"jetstream": names.DATA_FOLDER, "resolver": names.RESOLVER_FOLDER}
    volumes = {each["name"] for each in spec["template"]["spec"]["volumes"]}
    volumes |= {each["metadata"]["name"] for each in spec.get("volumeClaimTemplates", ())}
    mounted = {
        container["name"]: {mount["name"]: mount["mountPath"] for mount in container.get("volumeMounts", ())}
        for container in spec["template"]["spec"]["containers"]
    }
    server = mounted.pop("nats")
    assert {name: server[name] for name in folders.keys() & volumes} == {
        name: folder for name, folder in folders.items() if name in volumes
    }
    assert not [name for mounts in mounted.values() for name in folders.keys() & mounts.keys()]
    for config_map in (each for each in manifests if each["kind"] == "ConfigMap"):
        jetstream = parse(config_map["data"]["nats.conf"]).get("jetstream")
        assert not isinstance(jetstream, Block) or jetstream["store_dir"] == server["jetstream"]


@given(cluster_worlds)
def test_the_file_store_never_fills_a_volume_of_the_pod(world: World) -> None:
    jetstream = resolved(as_cluster(world), *world[1]).cluster.jetstream
    if jetstream and isinstance(jetstream.volume, Scratch):
        assert jetstream.max_file_bytes * 100 <= volume_bytes(jetstream.volume) * 95


def as_cluster(world: World) -> NatsCluster:
    return cluster(world[0]["spec"], name=world[0]["metadata"]["name"])


PROGRAM = """
import json, sys
from datetime import UTC, datetime
from natsop_core.offline import inputs_at_hand, read, render
def rendered(obj, referred):
    return render(read(obj), inputs_at_hand(referred, datetime(2026, 1, 1, tzinfo=UTC))).objects
print(json.dumps([rendered(*world) for world in json.load(sys.stdin)]))
"""


@settings(max_examples=3)
@given(st.lists(cluster_worlds, min_size=10, max_size=20))
def test_every_process_gives_the_same_bytes(worlds: list[World]) -> None:
    asked = json.dumps(worlds)
    printed = {_printed(asked, seed) for seed in ("0", "4242")}
    assert len(printed) == 1
    assert all(json.loads(printed.pop()))


def _printed(asked: str, seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": seed}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, input=asked, env=environment, capture_output=True, text=True, check=True).stdout
