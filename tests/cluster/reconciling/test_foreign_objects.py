"""Names that others hold: theirs stays byte for byte and is named, the rest is applied, ours follows when it goes."""

from __future__ import annotations

import os
import signal
from typing import Final

import pytest

from tests.cluster.site import COLLECTED_WITHIN, Site, nats_box, nats_cluster, new_site, unauthorized
from tests.cluster.strangers import (
    BOX,
    BOX_LABELS,
    CLUSTER,
    CLUSTER_LABELS,
    NO_LABELS,
    look,
    settle,
    strangers,
)
from tests.testbed.client import Manifest
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until

TRIO: Final = nats_cluster(CLUSTER, {"replicas": 3})
ITS_BOX: Final = nats_box(BOX, CLUSTER)

OURS: Final = [(each["kind"], each["metadata"]["name"]) for each in strangers(NO_LABELS).values()]
"""All that the cluster and its box are made of."""

HOLD: Final = "tests.example/hold"


@pytest.fixture
def site(operated: Operator) -> Site:
    return new_site(operated, "taken")


def owner_of(site: Site, kind: str) -> Manifest:
    of_box = kind in {"Secret", "Deployment"}
    return site.client.get("NatsBox", BOX) if of_box else site.client.get("NatsCluster", CLUSTER)


def await_conflict(site: Site, kind: str, name: str) -> str:
    """The message of the conflict."""
    message: str = site.await_condition(kind, name, "Degraded", "True", reason="NameConflict")["message"]
    return message


@pytest.mark.parametrize(
    "labels", [NO_LABELS, CLUSTER_LABELS, BOX_LABELS], ids=["no labels", "a cluster's labels", "a box's labels"]
)
def test_objects_of_others_stay_byte_for_byte_and_each_is_named(site: Site, labels: dict[str, str]) -> None:
    theirs = [settle(site, manifest) for manifest in strangers(labels).values()]

    site.create(TRIO, ITS_BOX)
    message = await_conflict(site, "NatsCluster", CLUSTER) + await_conflict(site, "NatsBox", BOX)
    site.await_quiet()

    for each in theirs:
        assert f"{each['kind']} {each['metadata']['name']} exists" in message
        assert look(site, each) == each
    assert not unauthorized(site.cluster)


WAITS_FOR: Final = {"conf": {("StatefulSet", CLUSTER)}, "contexts": {("Deployment", BOX)}}
"""Whose pods would mount what is a stranger's."""


@pytest.mark.parametrize("taken", strangers(NO_LABELS))
def test_the_rest_is_applied_beside_it_and_ours_follows_once_it_is_gone(site: Site, taken: str) -> None:
    theirs = settle(site, strangers(CLUSTER_LABELS)[taken])
    kind, name = theirs["kind"], theirs["metadata"]["name"]

    site.create(TRIO, ITS_BOX)

    owner = owner_of(site, kind)
    assert f"{kind} {name} exists" in await_conflict(site, owner["kind"], owner["metadata"]["name"])
    waiting = WAITS_FOR.get(taken, set())
    for other in set(OURS) - {(kind, name)} - waiting:
        site.await_child(*other, owner_of(site, other[0]))
    site.await_quiet()
    for other in waiting:
        assert site.client.find(*other) is None, "no pod runs with what is a stranger's"
    assert look(site, theirs) == theirs

    site.client.delete(kind, name)

    for other in {(kind, name), *waiting}:
        site.await_child(*other, owner_of(site, other[0]))
    site.await_condition(owner["kind"], owner["metadata"]["name"], "Degraded", "False")


def test_the_condition_names_the_controller_of_what_is_in_the_way(site: Site) -> None:
    boss = site.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "boss"}})
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "boss", "uid": boss["metadata"]["uid"]}
    theirs = strangers(NO_LABELS)["conf"]
    theirs["metadata"]["ownerReferences"] = [{**reference, "controller": True}]
    site.client.create(theirs)

    site.create(TRIO)

    assert "ConfigMap c-config exists and is controlled by ConfigMap boss" in await_conflict(
        site, "NatsCluster", CLUSTER
    )


def test_what_appears_while_the_operator_is_held_up_stays_byte_for_byte(site: Site) -> None:
    """Whatever it hears of first when it goes on: test_write_guards.py has every order, one by one."""
    pid = site.operator.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        for manifest in (TRIO, ITS_BOX):
            site.client.create(manifest)
        theirs = [
            site.client.create(strangers(CLUSTER_LABELS)[name]) for name in ("conf", "client service", "contexts")
        ]
    finally:
        os.kill(pid, signal.SIGCONT)

    message = await_conflict(site, "NatsCluster", CLUSTER) + await_conflict(site, "NatsBox", BOX)

    for each in theirs:
        assert f"{each['kind']} {each['metadata']['name']} exists" in message
        assert look(site, each) == each


def test_of_two_clusters_that_want_one_name_the_first_keeps_it_until_it_goes(site: Site) -> None:
    """The headless Service of `a` has the name of the client Service of `a-headless`."""
    site.create(nats_cluster("a"))
    site.create(nats_cluster("a-headless"))
    first, second = site.client.get("NatsCluster", "a"), site.client.get("NatsCluster", "a-headless")

    message = await_conflict(site, "NatsCluster", "a-headless")
    assert message.startswith("Service a-headless exists and is controlled by NatsCluster.nats.crewlet.cloud a;"), (
        message
    )
    site.await_condition("NatsCluster", "a", "Degraded", "False")
    site.await_child("Service", "a-headless", first)
    site.await_child("Service", "a-headless-headless", second)
    site.await_child("StatefulSet", "a-headless", second)

    site.client.delete("NatsCluster", "a")

    site.await_child("Service", "a-headless", second, timeout=COLLECTED_WITHIN)
    site.await_condition("NatsCluster", "a-headless", "Degraded", "False")


def test_a_cluster_and_a_box_of_one_name_do_not_get_in_each_others_way(site: Site) -> None:
    site.create(nats_cluster("same"), nats_box("same", "same"))

    site.await_condition("NatsCluster", "same", "Degraded", "False")
    site.await_condition("NatsBox", "same", "Degraded", "False")
    site.await_child("StatefulSet", "same", site.client.get("NatsCluster", "same"))
    site.await_child("Deployment", "same", site.client.get("NatsBox", "same"))


def test_a_child_of_an_earlier_cluster_of_the_name_is_waited_for(site: Site) -> None:
    site.create(TRIO)
    site.client.patch("ConfigMap", "c-config", {"metadata": {"finalizers": [HOLD]}})
    site.client.delete("NatsCluster", CLUSTER)
    site.await_gone("NatsCluster", CLUSTER)
    wait_until(
        lambda: is_being_deleted(site, "ConfigMap", "c-config"), COLLECTED_WITHIN, "the child is being collected"
    )
    old = site.client.get("ConfigMap", "c-config")

    site.create(TRIO)

    progressing = site.await_condition("NatsCluster", CLUSTER, "Progressing", "True", reason="WaitingForCollection")
    assert "ConfigMap c-config still belongs to a deleted NatsCluster" in progressing["message"]
    site.await_condition("NatsCluster", CLUSTER, "Degraded", "False")
    assert site.client.get("ConfigMap", "c-config") == old

    site.client.patch("ConfigMap", "c-config", {"metadata": {"finalizers": None}})

    site.await_child("ConfigMap", "c-config", site.client.get("NatsCluster", CLUSTER))
    site.await_condition("NatsCluster", CLUSTER, "Degraded", "False")


def is_being_deleted(site: Site, kind: str, name: str) -> bool:
    found = site.client.find(kind, name)
    return found is not None and "deletionTimestamp" in found["metadata"]
