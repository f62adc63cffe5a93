"""Nothing is written when nothing changed: not at rest, not after a restart of the operator. By the audit log."""

from __future__ import annotations

import time
from functools import partial
from typing import Final

import pytest

from tests.cluster.site import (
    MARKERS,
    SOON,
    Site,
    await_all_handled,
    await_quiet,
    nats_box,
    nats_cluster,
    new_site,
    unauthorized,
)
from tests.testbed.audit import AuditEntry
from tests.testbed.client import Manifest
from tests.testbed.operator import USER, Operator
from tests.testbed.wait import wait_until

REST_SECONDS: Final = 60
SETTLING_SECONDS: Final = 60
MOST_WRITES: Final = 6


def jetstream(**stores: Manifest) -> Manifest:
    return {"config": {"jetstream": {"enabled": True, **stores}}}


SHAPES: Final[dict[str, Manifest]] = {
    "solo": {},
    "trio": {"replicas": 3},
    "claims": {"replicas": 3, **jetstream(fileStore={"pvc": {"resources": {"requests": {"storage": "1024Mi"}}}})},
    "claims-by-default": jetstream(),
    "empty-dir": jetstream(fileStore={"maxSize": "1Gi", "pvc": {"enabled": False}}),
    "no-file-store": jetstream(fileStore={"enabled": False}, memoryStore={"enabled": True, "maxSize": "0.5Gi"}),
    "checksum": {"reloader": {"enabled": False}, "podTemplate": {"configChecksumAnnotation": True}},
    "no-monitor": {"config": {"monitor": {"enabled": False}, "nats": {"port": 4333}}},
    "resources": {
        "container": {"resources": {"limits": {"memory": "1.5Gi", "cpu": "0.50"}, "requests": {"cpu": "100e-3"}}},
        "reloader": {"resources": {"requests": {"memory": "1000000k"}}},
        "image": {"repository": "registry.example/nats", "pullPolicy": "Always"},
    },
    "budget-off": {"replicas": 3, "podDisruptionBudget": {"enabled": False}},
    "budget-percent": {"replicas": 3, "podDisruptionBudget": {"minAvailable": "50%", "labels": {"mine": "too"}}},
    "budget-number": {
        "replicas": 3,
        "podDisruptionBudget": {"maxUnavailable": 2, "unhealthyPodEvictionPolicy": "AlwaysAllow"},
    },
}

BOXES: Final = (nats_box("box", "trio"), nats_box("box-of-none"), nats_box("box-in-vain", "no-such-cluster"))


@pytest.fixture(scope="module")
def shapes(operated: Operator) -> Site:
    """Clusters and boxes of all shapes, each with a status."""
    site = new_site(operated, "shapes")
    site.create(*(nats_cluster(name, spec) for name, spec in SHAPES.items()), *BOXES)
    return site


@pytest.fixture
def at_rest(shapes: Site) -> Site:
    """With nothing left to do, once the controllers have made all the pods that they can."""
    shapes.await_pods()
    await_quiet(shapes.cluster, partial(written, shapes.operator), 3, SETTLING_SECONDS)
    return shapes


def written(operator: Operator, *, since: int = 0) -> list[AuditEntry]:
    """All that the operator asked the API server to change, whatever and wherever it is: events and leases too."""
    return operator.cluster.audit.writes(user=USER, since=since)


@pytest.mark.long
def test_nothing_is_written_at_rest(at_rest: Site) -> None:
    mark = at_rest.mark()
    end = time.monotonic() + REST_SECONDS

    def rested() -> bool:
        return bool(written(at_rest.operator, since=mark)) or time.monotonic() >= end

    wait_until(rested, REST_SECONDS + SOON, f"{REST_SECONDS} s of rest", interval=1)

    assert not written(at_rest.operator, since=mark)
    assert not unauthorized(at_rest.cluster)


def test_nothing_is_written_after_a_restart(at_rest: Site) -> None:
    mark = at_rest.mark()

    at_rest.operator.restart(grace=10)
    await_all_handled(at_rest.operator)
    at_rest.await_quiet()

    assert not [entry for entry in written(at_rest.operator, since=mark) if entry.namespace != MARKERS]
    assert not unauthorized(at_rest.cluster)


@pytest.mark.parametrize("name", SHAPES)
def test_every_shape_has_a_status_and_nothing_is_wrong_with_it(shapes: Site, name: str) -> None:
    degraded = shapes.await_condition("NatsCluster", name, "Degraded", "False")
    assert degraded["reason"] == "AsExpected", degraded


def test_a_new_cluster_takes_few_writes_until_its_status_is_current(shapes: Site) -> None:
    mark = shapes.mark()

    shapes.create(nats_cluster("few-writes", {"replicas": 3, **jetstream()}))

    def written_with_status() -> list[AuditEntry]:  # which can be read before the audit log has it
        seen = [entry for entry in shapes.writes(since=mark) if entry.name.startswith("few-writes")]
        return seen if "status" in {entry.subresource for entry in seen} else []

    seen = wait_until(written_with_status, SOON, "the status is in the audit log")
    until_current = 1 + [entry.subresource for entry in seen].index("status")
    assert until_current <= MOST_WRITES, seen


def test_a_changed_field_is_one_write_of_the_object_that_it_is_about(shapes: Site) -> None:
    shapes.create(nats_cluster("one-write", {"replicas": 3}))
    shapes.await_quiet()
    mark = shapes.mark()

    shapes.client.patch("NatsCluster", "one-write", {"spec": {"config": {"cluster": {"noAdvertise": False}}}})
    shapes.await_handled("NatsCluster", "one-write")

    assert [entry.resource for entry in shapes.changes(since=mark)] == ["configmaps"]
