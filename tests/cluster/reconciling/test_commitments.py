"""What servers and their volumes commit us to, on a real API server: what is refused, what it outlives, how to go on.

There is no node: Kubernetes' own controllers make pods and claims, and nothing runs in them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import pytest

from natsop_core import names
from tests.cluster.reconciling.committed import (
    TRIO,
    ask,
    await_granted,
    await_recorded,
    await_refused,
    claim_writes,
    claims,
    committed_site,
    said,
    sized,
    start,
)
from tests.cluster.site import SOON, Site
from tests.testbed.operator import Operator
from tests.testbed.wait import wait_until


@pytest.fixture
def site(operated: Operator) -> Site:
    return committed_site(operated)


# Claims remember


def test_each_claim_is_written_once_and_never_again(site: Site) -> None:
    mark = site.mark()
    start(site, TRIO)
    await_recorded(site, 3, replicas=3, server_name_prefix="", jetstream="claim")
    site.await_quiet(2)
    assert sorted(each.name for each in claim_writes(site, since=mark)) == [f"jetstream-c-{n}" for n in range(3)]

    mark = site.mark()
    site.operator.stop()
    site.operator.start()
    site.operator.await_ready()
    site.await_quiet(3)
    assert not [each for each in site.writes(since=mark) if each.verb != "create"]

    ask(site, {**TRIO, "service": {"annotations": {"a": "b"}}})  # it is alive
    await_granted(site)
    assert not claim_writes(site, since=mark)


def test_what_changes_is_written_on_the_claims_of_servers_that_come_and_go(site: Site) -> None:
    start(site, TRIO)
    await_recorded(site, 3, replicas=3)
    ask(site, {**TRIO, "replicas": 5})
    await_granted(site)
    await_recorded(site, 5, replicas=5)
    ask(site, TRIO, **{names.ALLOW_DATA_LOSS_ANNOTATION: "replicas=5->3"})
    await_granted(site)
    await_recorded(site, 5, replicas=3)


def test_a_claim_that_somebody_edits_is_written_anew_and_nothing_else_of_it(site: Site) -> None:
    start(site, TRIO)
    await_recorded(site, 3, replicas=3)
    before = claims(site)["jetstream-c-0"]
    edit = {"metadata": {"annotations": {names.COMMITMENTS_ANNOTATION: '{"replicas":1}', "mine": "stays"}}}
    site.client.patch("PersistentVolumeClaim", "jetstream-c-0", edit)
    await_recorded(site, 3, replicas=3)
    after = claims(site)["jetstream-c-0"]
    assert after["metadata"]["annotations"]["mine"] == "stays"
    assert after["spec"] == before["spec"]
    assert after["metadata"].get("ownerReferences") == before["metadata"].get("ownerReferences")


def test_claims_of_others_are_left_alone(site: Site) -> None:
    strange = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "jetstream-c-x", "labels": names.cluster_labels("c")},
        "spec": {"accessModes": ["ReadWriteOnce"], **sized("1Gi")},
    }
    site.client.create(strange)
    site.client.create({**strange, "metadata": {"name": "jetstream-c-7"}})  # without our labels
    start(site, TRIO)
    wait_until(lambda: said(claims(site)["jetstream-c-0"]).replicas == 3, SOON, "the cluster's claims are written")
    site.await_quiet()
    assert {each.name for each in claim_writes(site)} == {f"jetstream-c-{n}" for n in range(3)}


# Nothing makes us forget


def delete_stateful_set(site: Site) -> None:
    site.kubectl("delete", "statefulset", "c", "--cascade=orphan")


def delete_cluster(site: Site) -> None:
    site.client.delete("NatsCluster", "c", propagationPolicy="Foreground")
    site.await_gone("NatsCluster", "c")


def orphan_cluster(site: Site) -> None:
    site.client.delete("NatsCluster", "c", propagationPolicy="Orphan")
    site.await_gone("NatsCluster", "c")


def clear_managed_fields(site: Site) -> None:
    for kind, name in (("StatefulSet", "c"), *(("PersistentVolumeClaim", name) for name in claims(site))):
        site.client.patch(kind, name, {"metadata": {"managedFields": [{}]}})


FORGETTING: Final[dict[str, Sequence[Callable[[Site], None]]]] = {
    "the StatefulSet is orphaned": [delete_stateful_set],
    "the NatsCluster is deleted": [delete_cluster],
    "the NatsCluster is orphaned": [orphan_cluster],
    "and its StatefulSet deleted": [orphan_cluster, delete_stateful_set],
    "managedFields are cleared": [clear_managed_fields],
    "and the NatsCluster deleted": [clear_managed_fields, delete_cluster],
}


@pytest.mark.parametrize("ways", FORGETTING.values(), ids=list(FORGETTING))
@pytest.mark.parametrize(("before", "after"), [(5, 3), (3, 1), (1, 3)])
def test_nothing_makes_us_forget_the_servers(
    operated: Operator, site: Site, before: int, after: int, ways: Sequence[Callable[[Site], None]]
) -> None:
    config = {**TRIO["config"], "serverNamePrefix": "a-"}
    start(site, {"replicas": before, "config": config, "image": {"tag": "2.10.29-alpine"}})
    await_recorded(site, before, replicas=before, server_name_prefix="a-")
    operated.stop()  # so that it sees only what is left in the end
    try:
        for way in ways:
            way(site)
        keeps_names = before == 1 or site.client.find("NatsCluster", "c")  # others the API server refuses
        ask(site, {"replicas": after, "config": {**config, "serverNamePrefix": "a-" if keeps_names else "b-"}})
    finally:
        operated.start()
        operated.await_ready()

    message = await_refused(site, "UnsafeScale")
    assert f'"replicas={before}->{after}"' in message
    site.await_quiet()
    stateful_set = site.client.get("StatefulSet", "c")
    assert stateful_set["spec"]["replicas"] == before
    server = stateful_set["spec"]["template"]["spec"]["containers"][0]
    assert server["image"] == "nats:2.10.29-alpine"
    assert {"name": "SERVER_NAME", "value": "'a-$(POD_NAME)'"} in server["env"]
    assert len(claims(site)) == before


def test_claims_that_say_nothing_count(site: Site) -> None:
    for ordinal in range(3):
        site.client.create(
            {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "metadata": {"name": f"jetstream-c-{ordinal}", "labels": names.cluster_labels("c")},
                "spec": {"accessModes": ["ReadWriteOnce"], **sized("10Gi")},
            }
        )
    ask(site, {**TRIO, "replicas": 1})
    assert '"replicas=3->1"' in await_refused(site, "UnsafeScale")
    assert site.client.get("StatefulSet", "c")["spec"]["replicas"] == 3


def test_strays_of_a_forgotten_stateful_set_are_put_back(site: Site) -> None:
    start(site, TRIO)
    await_recorded(site, 3, replicas=3)
    stray = {
        "metadata": {"managedFields": [{}]},
        "spec": {"replicas": 1, "template": {"spec": {"containers": [{"name": "nats", "image": "mine"}]}}},
    }
    image = site.client.get("StatefulSet", "c")["spec"]["template"]["spec"]["containers"][0]["image"]
    site.client.patch("StatefulSet", "c", stray, patch_type="strategic")

    def is_put_back() -> bool:
        spec = site.client.get("StatefulSet", "c")["spec"]
        assert (spec["replicas"], spec["template"]["spec"]["containers"][0]["image"]) == (3, image)
        return True

    wait_until(is_put_back, SOON, "the StatefulSet is as it was")
