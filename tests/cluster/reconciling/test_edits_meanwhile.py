"""Somebody edits a custom resource while the operator writes its status."""

from __future__ import annotations

import json
from itertools import count
from typing import Final

import pytest

from tests.cluster.site import SOON, Site, nats_box, nats_cluster, new_site
from tests.testbed.client import Manifest
from tests.testbed.operator import USER, Operator
from tests.testbed.repeated import repeated
from tests.testbed.wait import wait_until

CLUSTER: Final = nats_cluster("c", {"replicas": 3})
BOX: Final = nats_box("box", "c")
CONFLICT: Final = 409


@pytest.fixture
def site(operated: Operator) -> Site:
    return new_site(operated, "meanwhile")


@pytest.mark.parametrize("edited", [CLUSTER, BOX], ids=["NatsCluster", "NatsBox"])
def test_the_latest_version_is_read_and_no_error_is_told(site: Site, edited: Manifest) -> None:
    site.create(CLUSTER, BOX)
    kind, name, numbers, mark = edited["kind"], edited["metadata"]["name"], count(), site.mark()

    def edit() -> None:
        change = {"spec": {"podTemplate": {"annotations": {"edited": str(next(numbers))}}}}
        site.client.patch(kind, name, change)

    def was_read_again() -> bool:
        asked = site.cluster.audit.entries(since=mark, user=USER, namespace=site.name)
        ours = [each for each in asked if each.name == name]
        conflicts = any(each.subresource == "status" and each.code == CONFLICT for each in ours)
        return conflicts and any(each.verb == "get" for each in ours)

    with repeated(edit, every=0.005):
        wait_until(was_read_again, SOON, f"{kind} {name} is read again after a conflict")

    site.await_handled(kind, name)
    whole = site.operator.said().rpartition("\n")[0].splitlines()
    said = [line for line in map(json.loads, whole) if line.get("namespace") == site.name]
    assert {line["level"] for line in said} == {"info"}, said
