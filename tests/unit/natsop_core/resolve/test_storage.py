"""JetStream's stores and volume: what is asked for, and what a live volume holds us to."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.findings import Finding
from natsop_core.resolve.types import JetStream, Scratch, VolumeClaim
from tests.unit.natsop_core.world import Object, cluster, jetstream, live_stateful_set, resolved

GI = 2**30


def stores_of(spec: Object, *live: Object) -> JetStream:
    found = resolved(cluster(spec), *live).cluster.jetstream
    assert found is not None
    return found


def findings(spec: Object, *live: Object) -> list[Finding]:
    return list(resolved(cluster(spec), *live).findings)


def claiming(size: object, **fields: Any) -> Object:
    return jetstream(fileStore={"pvc": {"resources": {"requests": {"storage": size}}, **fields}})


def claim(stores: JetStream) -> Any:
    assert isinstance(stores.volume, VolumeClaim)
    return stores.volume.spec


def test_a_volume_has_a_size_and_one_writer_where_nothing_is_said() -> None:
    stores = stores_of(jetstream())
    assert claim(stores) == {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}}
    assert (stores.max_file_bytes, stores.max_memory_bytes) == (10 * GI, GI // 4)


def test_the_file_store_may_fill_the_volume() -> None:
    assert stores_of(claiming("1.5Gi")).max_file_bytes == 3 * GI // 2


def test_a_size_of_its_own_limits_the_file_store() -> None:
    stores = stores_of(jetstream(fileStore={"maxSize": "2Gi", "pvc": {"resources": {"requests": {"storage": "5Gi"}}}}))
    assert stores.max_file_bytes == 2 * GI
    assert claim(stores)["resources"]["requests"]["storage"] == "5Gi"


@pytest.mark.parametrize(("max_size", "size"), [("50Gi", "50Gi"), (2**30, 2**30), (0, "10Gi"), ("0Gi", "10Gi")])
def test_a_claim_is_as_large_as_what_may_be_stored_on_it(max_size: object, size: object) -> None:
    stores = stores_of(jetstream(fileStore={"maxSize": max_size}))
    assert claim(stores)["resources"]["requests"]["storage"] == size


def test_a_file_store_that_is_off_has_no_claim_and_no_bytes() -> None:
    stores = stores_of(jetstream(fileStore={"enabled": False, "maxSize": "2Gi"}))
    assert isinstance(stores.volume, Scratch)
    assert stores.max_file_bytes == 0


def test_without_a_claim_the_pod_has_a_volume_of_the_same_size() -> None:
    stores = stores_of(claiming("5Gi", enabled=False))
    assert stores == JetStream(max_file_bytes=5 * GI * 95 // 100, max_memory_bytes=GI // 4, volume=Scratch("5Gi"))


@pytest.mark.parametrize(
    ("max_size", "most"), [("4Gi", 4 * GI), ("5Gi", 5 * GI * 95 // 100), ("9Gi", 5 * GI * 95 // 100)]
)
def test_a_volume_of_the_pod_is_never_filled_so_far_that_the_kubelet_evicts_it(max_size: str, most: int) -> None:
    store = {"maxSize": max_size, "pvc": {"enabled": False, "resources": {"requests": {"storage": "5Gi"}}}}
    assert stores_of(jetstream(fileStore=store)).max_file_bytes == most


@pytest.mark.parametrize(
    ("store", "size"),
    [
        ({}, GI // 4),
        ({"enabled": False}, 0),
        ({"enabled": False, "maxSize": "1Gi"}, 0),
        ({"enabled": True, "maxSize": "1Gi"}, GI),
        ({"maxSize": "1Gi"}, GI),
        ({"maxSize": 0}, 0),
    ],
)
def test_a_memory_store_is_off_only_where_that_is_said(store: Object, size: int) -> None:
    assert stores_of(jetstream(memoryStore=store)).max_memory_bytes == size


@pytest.mark.parametrize(
    ("resources", "size"),
    [
        ({"limits": {"memory": "4Gi"}}, GI),
        ({"limits": {"memory": 0}}, GI // 4),
        ({"requests": {"memory": "4Gi"}}, GI // 4),
        ({"limits": {"cpu": 1}}, GI // 4),
    ],
)
def test_a_memory_store_without_a_size_takes_a_quarter_of_the_container_s_memory(resources: Object, size: int) -> None:
    spec = {**jetstream(), "container": {"resources": resources}}
    assert stores_of(spec).max_memory_bytes == size


def test_what_else_a_claim_says_is_passed_on() -> None:
    fields = {"storageClassName": "fast", "volumeMode": "Filesystem", "accessModes": ["ReadWriteOncePod"]}
    assert fields.items() <= claim(stores_of(claiming("1Gi", **fields))).items()


# A StatefulSet's claim templates can never change.

CHANGES = {
    "another size": claiming("2Gi"),
    "another class": claiming("1Gi", storageClassName="fast"),
    "another access mode": claiming("1Gi", accessModes=["ReadWriteMany"]),
    "no claim": claiming("1Gi", enabled=False),
    "no file store": jetstream(fileStore={"enabled": False}),
    "no JetStream": {},
}


@pytest.mark.parametrize("spec", CHANGES.values(), ids=list(CHANGES))
def test_a_live_claim_stays_everywhere_whatever_is_asked(spec: Object) -> None:
    live = live_stateful_set(cluster(claiming("1Gi")))
    stores = stores_of(spec, live)
    assert claim(stores) == live["spec"]["volumeClaimTemplates"][0]["spec"]
    assert stores.max_file_bytes == GI
    assert [finding.reason for finding in findings(spec, live)] == ["ImmutableField"]


def test_a_refused_change_says_what_to_do() -> None:
    [finding] = findings(claiming("2Gi"), live_stateful_set(cluster(claiming("1Gi"))))
    assert "spec.volumeClaimTemplates" in finding.message
    assert "kubectl delete statefulset c --cascade=orphan" in finding.message


def test_a_claim_cannot_be_added_either() -> None:
    live = live_stateful_set(cluster())
    result = resolved(cluster(jetstream()), live)
    assert result.cluster.jetstream is None
    assert result.reasons == ["ImmutableField"]


@pytest.mark.parametrize("size", ["1024Mi", "1073741824", 1073741824, "1.0Gi"])
def test_the_same_size_in_other_words_is_no_change(size: object) -> None:
    live = live_stateful_set(cluster(claiming("1Gi")))
    live["spec"]["volumeClaimTemplates"][0]["spec"]["volumeMode"] = "Filesystem"  # as the API server fills in
    assert findings(claiming(size), live) == []


def test_between_volumes_of_the_pod_every_change_is_free() -> None:
    live = live_stateful_set(cluster(claiming("1Gi", enabled=False)))
    assert stores_of(claiming("5Gi", enabled=False), live).max_file_bytes == 5 * GI * 95 // 100
    assert findings(jetstream(fileStore={"enabled": False}), live) == []


def test_the_size_of_the_file_store_may_change_on_the_same_volume() -> None:
    live = live_stateful_set(cluster(claiming("10Gi")))
    spec = jetstream(fileStore={"maxSize": "2Gi"})
    assert stores_of(spec, live).max_file_bytes == 2 * GI
    assert findings(spec, live) == []


def test_a_hand_made_claim_without_a_size_is_no_reason_to_stop() -> None:
    live = live_stateful_set(cluster(jetstream()))
    live["spec"]["volumeClaimTemplates"][0]["spec"] = {}
    assert stores_of(jetstream(), live).max_file_bytes == 10 * GI


def test_a_hand_made_volume_of_the_pod_without_a_limit_is_no_reason_to_stop() -> None:
    live = live_stateful_set(cluster(claiming("1Gi", enabled=False)))
    [volume] = [each for each in live["spec"]["template"]["spec"]["volumes"] if each["name"] == "jetstream"]
    volume["emptyDir"] = {}
    assert stores_of(jetstream(), live).max_file_bytes == 10 * GI * 95 // 100


@pytest.mark.parametrize(
    "metadata",
    [
        {"ownerReferences": [{"apiVersion": "v1", "kind": "X", "name": "c", "uid": "u", "controller": True}]},
        {"ownerReferences": [], "annotations": {}, "managedFields": []},
    ],
    ids=["controlled", "without our trace"],
)
def test_a_stranger_s_stateful_set_holds_us_to_nothing(metadata: Object) -> None:
    live = live_stateful_set(cluster(claiming("1Gi")))
    live["metadata"] |= metadata
    assert findings(claiming("2Gi"), live) == []
