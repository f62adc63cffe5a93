"""What the stores know together, and whom they wake."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2

from natsop_core import kinds
from natsop_core.kinds import CLUSTERS, CONFIG_MAPS, STATEFUL_SETS
from natsop_core.names import CLUSTER_LABEL
from natsop_core.references import LabelledRef
from natsop_runtime.cache.informers import Change, Informers
from tests.unit.natsop_runtime.cache.kept import CHILDREN, CLUSTER, OWNED, kept
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import failure, kube_over, until


def test_children_are_found_by_the_uid_of_their_controller() -> None:
    async def story() -> None:
        async with kept(configmaps={"ownerReferences": OWNED}, secrets={}) as (world, stores):
            assert [child.key for child in stores.children(CHILDREN)] == [CONFIG_MAPS.key("prod", "c")]
            world.apis["configmaps"].put("c")
            await until(lambda: not stores.children(CHILDREN), "no child after its controller was removed")
            world.apis["configmaps"].put("d", ownerReferences=OWNED)
            await until(lambda: len(stores.children(CHILDREN)) == 1, "another child")
            world.apis["configmaps"].remove("d")
            await until(lambda: not stores.children(CHILDREN), "no child after its deletion")

    in_virtual_time(story)


def test_a_child_wakes_its_controller_whatever_that_ones_version_and_uid() -> None:
    async def story() -> None:
        async with kept() as (world, _):
            world.apis["secrets"].put("x", ownerReferences=[{**OWNED[0], "uid": "uid-of-an-earlier-one"}])
            world.apis["secrets"].put("y")
            await until(lambda: len(world.woken) == 2, "both changes are told")
            assert world.woken == [("Secret", "c"), ("Secret", "")]

    in_virtual_time(story)


def test_a_child_that_changes_hands_wakes_the_one_that_lost_it() -> None:
    async def story() -> None:
        async with kept(configmaps={"ownerReferences": OWNED}) as (world, _):
            world.apis["configmaps"].put("c", ownerReferences=[{**OWNED[0], "kind": "Stranger"}])
            await until(lambda: bool(world.woken), "the change is told")
            assert world.woken == [("ConfigMap", "c")]

    in_virtual_time(story)


def test_a_new_status_of_a_workload_is_told_once_though_two_watches_see_it() -> None:
    async def story() -> None:
        async with kept(statefulsets={"ownerReferences": OWNED}) as (world, stores):
            world.apis["statefulsets"].put("c", ownerReferences=OWNED)
            key = STATEFUL_SETS.key("prod", "c")
            newest = str(world.apis["statefulsets"].version)

            def both_know() -> bool:
                live, full = stores.live(key), stores.in_full(key)
                return live is not None and full is not None and live.resource_version == newest == _version(full)

            await until(both_know, "both stores know the newest version")
            assert world.woken == [("StatefulSet", "")]

    in_virtual_time(story)


def test_our_own_write_is_known_at_once_in_every_store_of_its_kind() -> None:
    async def story() -> None:
        async with kept() as (world, stores):
            key = STATEFUL_SETS.key("prod", "c")
            written = {"metadata": {"name": "c", "namespace": "prod", "uid": "u", "resourceVersion": "900"}}
            assert stores.written(key, written) == Change(key, "900")
            assert stores.live(key) is not None
            assert stores.in_full(key) is not None
            assert world.woken

    in_virtual_time(story)


def test_custom_resources_wake_themselves() -> None:
    async def story() -> None:
        async with kept() as (world, stores):
            world.apis["natsclusters"].put("c")
            await until(lambda: stores.in_full(CLUSTER) is not None, "the custom resource is known")
            world.apis["natsclusters"].remove("c")
            await until(lambda: stores.in_full(CLUSTER) is None, "its deletion is known")
            assert world.woken == [("NatsCluster", "c")] * 2

    in_virtual_time(story)


def _version(obj: dict[str, Any]) -> str:
    version: str = obj["metadata"]["resourceVersion"]
    return version


# Kinds that others have to install

ACCOUNT = kinds.NACK_ACCOUNTS


def test_an_operator_that_is_limited_to_namespaces_asks_for_nothing_beyond_them() -> None:
    asked: list[str] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.path)
        namespace = request.url.path.split("/namespaces/")[1].split("/")[0]
        items = [{"metadata": {"namespace": namespace, "name": "c", "uid": f"uid-{namespace}", "resourceVersion": "7"}}]
        return httpx2.Response(200, json={"metadata": {"resourceVersion": "10"}, "items": items})

    async def story() -> None:
        async with kube_over(answer) as kube:
            stores = Informers(kube, [CLUSTERS], lambda _change, _concerned, _labels: None, namespaces=["one", "two"])
            running = asyncio.create_task(stores.run())
            await stores.synced()
            for namespace in ("one", "two"):
                live = stores.live(CONFIG_MAPS.key(namespace, "c"))
                assert live is not None
                assert live.uid == f"uid-{namespace}"
            assert stores.live(CONFIG_MAPS.key("three", "c")) is None
            assert len(list(stores.custom_resource_versions())) == 2
            running.cancel()
            await asyncio.wait([running])

    in_virtual_time(story)
    assert {path.split("/namespaces/")[1].split("/")[0] for path in asked} == {"one", "two"}


def test_an_object_of_another_namespace_is_nobodys_child() -> None:
    async def story() -> None:
        async with kept() as (_, stores):
            for namespace in ("prod", "elsewhere"):
                metadata = {"name": "x", "namespace": namespace, "uid": namespace, "resourceVersion": "900"}
                stores.written(CONFIG_MAPS.key(namespace, "x"), {"metadata": {**metadata, "ownerReferences": OWNED}})
            assert [child.key for child in stores.children(CHILDREN)] == [CONFIG_MAPS.key("prod", "x")]

    in_virtual_time(story)


def test_nothing_is_said_to_be_missing_by_a_watch_that_failed() -> None:
    async def story() -> None:
        async with kept() as (world, stores):
            secrets, missing = world.apis[kinds.SECRETS.plural], kinds.SECRETS.key("prod", "s")
            await until(lambda: bool(secrets.watches), "a watch")
            assert stores.is_missing(missing)
            secrets.refusals += [failure(403)] * 1000
            secrets.end_watches()
            await until(lambda: not stores.is_missing(missing), "it is not known any more")
            secrets.refusals.clear()
            await until(lambda: stores.is_missing(missing), "it is known again")

    in_virtual_time(story)


def test_a_custom_resource_that_is_not_held_is_missing_whatever_its_watch_says() -> None:
    async def story() -> None:
        async with kept() as (world, stores):
            clusters = world.apis[CLUSTERS.plural]
            await until(lambda: bool(clusters.watches), "a watch")
            clusters.refusals += [failure(404)] * 1000
            clusters.end_watches()
            await until(lambda: clusters.lists() > 1, "a list that says that the kind is not served")
            assert stores.is_missing(CLUSTER)

    in_virtual_time(story)


def test_objects_are_found_by_our_label_and_whoever_refers_to_it_is_woken_when_they_come_and_go() -> None:
    async def story() -> None:
        async with kept() as (world, stores):
            pods, reference = world.apis[kinds.PODS.plural], LabelledRef("v1", "Pod", "prod", "c")
            await until(lambda: bool(pods.watches), "a watch")
            pods.put("c-0", labels={CLUSTER_LABEL: "c"})
            await until(lambda: len(stores.labelled(reference)) == 1, "the pod is found")
            assert stores.labelled(reference)[0].unpacked()["metadata"]["name"] == "c-0"
            assert reference in world.labels
            world.labels.clear()
            pods.remove("c-0")
            await until(lambda: stores.labelled(reference) == (), "the pod is gone")
            assert world.labels == [reference]

    in_virtual_time(story)


def test_whoever_counts_custom_resources_gets_their_json_and_learns_when_they_are_gone() -> None:
    async def story() -> None:
        async with kept(natsclusters={}) as (world, _stores):
            [(name, json)] = world.custom_resources
            assert name == "c"
            assert json is not None
            assert b'"name":"c"' in json
            world.apis["natsclusters"].remove("c")
            await until(lambda: world.custom_resources[1:] == [("c", None)], "its end is known")

    in_virtual_time(story)


def test_changes_of_objects_are_told_with_what_was_there_before() -> None:
    async def story() -> None:
        async with kept(configmaps={"ownerReferences": OWNED}) as (world, _stores):
            assert world.changes == [("ConfigMap", False, True)]
            world.apis["configmaps"].put("c", ownerReferences=OWNED, annotations={"a": "b"})
            await until(lambda: world.changes[1:] == [("ConfigMap", True, True)], "the change is known")

    in_virtual_time(story)


def test_a_watch_is_silent_from_its_last_event_on() -> None:
    async def story() -> None:
        async with kept(configmaps={}) as (world, stores):
            assert {"natsclusters", "configmaps", "pods"} <= stores.silent_for().keys()
            await asyncio.sleep(7)
            silence = stores.silent_for()["secrets"]
            assert silence >= 7
            world.apis["configmaps"].put("c")
            await until(lambda: stores.silent_for()["configmaps"] < 1, "the event is known")
            assert stores.silent_for()["secrets"] >= silence

    in_virtual_time(story)
