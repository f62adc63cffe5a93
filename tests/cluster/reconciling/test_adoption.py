"""Objects that outlived their custom resource: what the operator made for one of that name is taken back, as it is."""

from __future__ import annotations

from typing import Final

import pytest

from natsop_core.names import APPLIED_ANNOTATION
from tests.cluster.restores import restore
from tests.cluster.site import Site, nats_box, nats_cluster, new_site
from tests.cluster.strangers import BOX, CLUSTER, NO_LABELS, look, strangers
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

TRIO: Final = nats_cluster(CLUSTER, {"replicas": 3})
ITS_BOX: Final = nats_box(BOX, CLUSTER)
OURS: Final = [(each["kind"], each["metadata"]["name"]) for each in strangers(NO_LABELS).values()]
BOXS: Final = {"Secret", "Deployment"}


@pytest.fixture
def site(operated: Operator) -> Site:
    return new_site(operated, "orphans")


def ours(site: Site) -> list[Manifest]:
    return [site.client.get(kind, name) for kind, name in OURS]


def orphan_all(site: Site) -> list[Manifest]:
    """Make a cluster and its box, and take the custom resources away; the objects that are left."""
    site.create(TRIO, ITS_BOX)
    site.await_pods()
    site.await_quiet()  # by then the garbage collector knows them for children
    for kind, name in (("NatsCluster", CLUSTER), ("NatsBox", BOX)):
        site.client.delete(kind, name, propagationPolicy="Orphan")
    for kind, name in (("NatsCluster", CLUSTER), ("NatsBox", BOX)):
        site.await_gone(kind, name)
    left = ours(site)
    assert not [each for each in left if each["metadata"].get("ownerReferences")]
    return left


def await_adopted(site: Site, left: list[Manifest]) -> None:
    """Wait until the custom resources control these very objects, with all that was in them."""
    owners = {kind: site.client.get(kind, name) for kind, name in (("NatsCluster", CLUSTER), ("NatsBox", BOX))}
    for before in left:
        owner = owners["NatsBox" if before["kind"] in BOXS else "NatsCluster"]
        now = site.await_child(before["kind"], before["metadata"]["name"], owner)
        assert now["metadata"]["uid"] == before["metadata"]["uid"], now["metadata"]
        assert content(now) == content(before)
    site.await_condition("NatsCluster", CLUSTER, "Degraded", "False")
    site.await_condition("NatsBox", BOX, "Degraded", "False")


def content(manifest: Manifest) -> Manifest:
    return {field: value for field, value in manifest.items() if field not in {"metadata", "status"}}


def pods(site: Site) -> dict[str, str]:
    """The pods' UIDs, by their names."""
    return {each["metadata"]["name"]: each["metadata"]["uid"] for each in site.client.list("Pod")}


def adoptions(site: Site) -> list[str]:
    """The kinds of custom resource that have told of an adoption."""
    events = site.client.list("Event")
    return sorted(each["involvedObject"]["kind"] for each in events if each["reason"] == "Adopted")


def test_what_was_orphaned_on_purpose_is_adopted_with_its_pods_and_data(site: Site) -> None:
    left = orphan_all(site)
    running = pods(site)
    assert len(running) == 4

    site.create(TRIO, ITS_BOX)

    await_adopted(site, left)
    wait_until(lambda: adoptions(site) == ["NatsBox", "NatsCluster"], what="both have told of it")
    assert pods(site) == running
    site.await_quiet()
    mark = site.mark()
    site.client.patch("NatsCluster", CLUSTER, {"metadata": {"annotations": {"look": "again"}}})
    site.await_quiet()
    assert not site.changes(since=mark), "adopted once and for all"


def test_what_a_restore_made_anew_without_owners_is_adopted(site: Site) -> None:
    restored = [restore(site, each) for each in orphan_all(site)]
    site.await_pods()
    running = pods(site)

    site.create(TRIO, ITS_BOX)

    await_adopted(site, restored)
    assert pods(site) == running
    site.client.patch("NatsCluster", CLUSTER, {"spec": {"config": {"nats": {"port": 4333}}}})
    site.await_handled("NatsCluster", CLUSTER)
    assert [each["port"] for each in site.client.get("Service", CLUSTER)["spec"]["ports"]] == [4333]


def test_what_lacks_our_trace_is_left_alone_whatever_its_labels(site: Site) -> None:
    restored = []
    for each in orphan_all(site):
        annotations = {
            name: value for name, value in each["metadata"]["annotations"].items() if name != APPLIED_ANNOTATION
        }
        restored.append(restore(site, each, annotations=annotations))
    site.await_pods()
    mark = site.mark()

    site.create(TRIO, ITS_BOX)

    messages = [
        site.await_condition(kind, name, "Degraded", "True", reason="NameConflict")["message"]
        for kind, name in (("NatsCluster", CLUSTER), ("NatsBox", BOX))
    ]
    site.await_quiet()
    for each in restored:
        kind, name = each["kind"], each["metadata"]["name"]
        assert f"{kind} {name} exists and has no controller" in "".join(messages)
        assert not site.changes(name, since=mark)
        now = look(site, each)
        assert "ownerReferences" not in now["metadata"]
        assert (now["metadata"]["uid"], content(now)) == (each["metadata"]["uid"], content(each))


def test_an_object_that_lost_its_owner_while_the_cluster_lives_is_taken_back(site: Site) -> None:
    site.create(TRIO)
    before = site.client.get("StatefulSet", CLUSTER)

    site.client.patch("StatefulSet", CLUSTER, {"metadata": {"ownerReferences": None}})

    now = site.await_child("StatefulSet", CLUSTER, site.client.get("NatsCluster", CLUSTER))
    assert now["metadata"]["uid"] == before["metadata"]["uid"]
    assert content(now) == content(before)
