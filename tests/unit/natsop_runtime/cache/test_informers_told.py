"""What informers watch, what they tell of each change, and what two watches of one kind tell together."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2

from natsop_core import kinds
from natsop_core.kinds import CLUSTERS, CONFIG_MAPS, NACK_ACCOUNTS, PODS, STATEFUL_SETS
from natsop_core.names import CLUSTER_LABEL
from natsop_core.references import LabelledRef
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.cache.informers import OURS, Change, Informers
from tests.unit.natsop_runtime.cache.kept import CHILDREN, CLUSTER, OWNED, Kept, kept
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.small_api import SmallApi, config_map, failure, kube_over, until

OBJECT = STATEFUL_SETS.key("prod", "c")
PLURAL = STATEFUL_SETS.plural
CONCERNED = ("StatefulSet", "c")


def test_a_change_is_named_in_words() -> None:
    assert [str(each) for each in (Change(CLUSTER, "7"), Change(CLUSTER, ""), Change(NACK_ACCOUNTS.reference, ""))] == [
        "NatsCluster prod/c at version 7",
        "NatsCluster prod/c is gone",
        "whether Account of jetstream.nats.io/v1beta2 is served",
    ]


def test_custom_resources_are_watched_in_full_and_of_other_objects_no_more_than_is_needed() -> None:
    async def story() -> None:
        async with kube_over(SmallApi()) as kube:
            stores = Informers(kube, [CLUSTERS], lambda *_: None)
            selections = [
                Selection(CLUSTERS),
                *(Selection(each, metadata_only=True) for each in kinds.CREATED),
                *(Selection(each, labels=OURS) for each in kinds.WATCHED_IN_FULL),
            ]
            assert list(stores.selections) == selections
            assert stores.unsynced == sorted({each.resource.plural for each in selections})
            assert not stores.is_listed("prod")
            assert (stores.is_watched_in_full(OBJECT), stores.is_watched_in_full(CLUSTER)) == (True, False)
            assert (stores.live(CLUSTER), stores.in_full(CONFIG_MAPS.key("prod", "c"))) == (None, None)

    asyncio.run(story())


def test_a_custom_resource_is_told_of_again_once_all_kinds_were_listed_and_then_only_when_it_changes() -> None:
    async def story() -> None:
        world = Kept()
        world.apis[NACK_ACCOUNTS.plural] = SmallApi()
        async with kept(world, natsclusters={}, configmaps={}) as (_, stores):
            version = str(world.apis["natsclusters"].version)
            assert world.told[-1] == Change(CLUSTER, version)
            assert (stores.unsynced, stores.is_listed("prod")) == ([], True)
            world.told.clear()
            stores.start_watching(NACK_ACCOUNTS)
            await stores.known(NACK_ACCOUNTS)
            assert world.told == []

    in_virtual_time(story)


def test_each_change_is_told_with_the_version_that_it_led_to_and_a_deletion_without_one() -> None:
    async def story() -> None:
        async with kept() as (world, _):
            for api in world.apis.values():
                await until(lambda api=api: bool(api.watches), "a watch")  # type: ignore[misc]
            for key in (CLUSTER, CONFIG_MAPS.key("prod", "c"), PODS.key("prod", "c")):
                api = world.apis[{CLUSTERS.kind: CLUSTERS.plural}.get(key.kind, f"{key.kind.lower()}s")]
                world.told.clear()
                api.put("c", ownerReferences=OWNED, labels={CLUSTER_LABEL: "c"})
                api.remove("c")
                await until(lambda: len(world.told) == 2, "both changes are told")
                assert world.told == [Change(key, "101"), Change(key, "")]

    in_virtual_time(story)


def test_what_is_deleted_wakes_its_controller_and_leaves_the_other_children() -> None:
    async def story() -> None:
        async with kept(configmaps={"ownerReferences": OWNED}) as (world, stores):
            configmaps = world.apis["configmaps"]
            await until(lambda: bool(configmaps.watches), "a watch")
            configmaps.put("d", ownerReferences=OWNED)
            await until(lambda: len(stores.children(CHILDREN)) == 2, "both are known")
            world.woken.clear()
            configmaps.remove("c")
            await until(lambda: bool(world.woken), "the deletion is told")
            assert world.woken == [("ConfigMap", "c")]
            assert [child.key.name for child in stores.children(CHILDREN)] == ["d"]

    in_virtual_time(story)


def test_an_object_that_loses_our_label_is_not_found_by_it_and_others_still_are() -> None:
    async def story() -> None:
        async with kept() as (world, stores):
            pods, reference = world.apis[PODS.plural], LabelledRef("v1", "Pod", "prod", "c")
            await until(lambda: bool(pods.watches), "a watch")
            for name in ("c-0", "c-1", "c-2"):
                pods.put(name, labels={CLUSTER_LABEL: "c"})
            await until(lambda: len(stores.labelled(reference)) == 3, "all are found")
            pods.put("c-0", labels={CLUSTER_LABEL: "another"})
            await until(lambda: len(stores.labelled(reference)) == 2, "one is not found any more")
            world.labels.clear()
            pods.put("c-1")
            await until(lambda: len(stores.labelled(reference)) == 1, "nor is the other")
            assert set(world.labels) == {reference}
            world.labels.clear()
            pods.put("c-1", annotations={"a": "b"})
            await until(lambda: world.told[-1].version == str(pods.version), "the change is told")
            assert world.labels == []

    in_virtual_time(story)


def test_our_own_write_of_a_custom_resource_is_known_at_once() -> None:
    async def story() -> None:
        async with kept(natsclusters={}) as (_, stores):
            stores.written(CLUSTER, config_map("c", 900))
            known = stores.in_full(CLUSTER)
            assert known is not None
            assert known["metadata"]["resourceVersion"] == "900"

    in_virtual_time(story)


def test_silence_is_that_of_the_kind_and_also_known_of_optional_ones() -> None:
    async def story() -> None:
        world = Kept()
        world.apis[NACK_ACCOUNTS.plural] = SmallApi()
        async with kept(world) as (_, stores):
            assert max(stores.silent_for().values()) < 1
            stores.start_watching(NACK_ACCOUNTS)
            assert NACK_ACCOUNTS.plural in stores.silent_for()
            stores.stop_watching(NACK_ACCOUNTS)
            assert NACK_ACCOUNTS.plural not in stores.silent_for()

    in_virtual_time(story)


def test_an_optional_kind_that_is_not_watched_any_more_leaves_neither_objects_nor_an_outage() -> None:
    async def story() -> None:
        world = Kept()
        accounts = world.apis[NACK_ACCOUNTS.plural] = SmallApi()
        accounts.put("c-app", ownerReferences=OWNED)
        async with kept(world) as (_, stores):
            stores.start_watching(NACK_ACCOUNTS)
            await stores.known(NACK_ACCOUNTS)
            await until(lambda: bool(accounts.watches), "a watch")
            accounts.refusals += [failure(503)] * 1000
            accounts.end_watches()
            await until(lambda: stores.outages.is_on, "an outage")
            world.told.clear()
            stores.stop_watching(NACK_ACCOUNTS)
            assert world.told == [Change(NACK_ACCOUNTS.key("prod", "c-app"), "")]
            assert not stores.outages.is_on

    in_virtual_time(story)


def test_a_watch_that_is_taken_up_again_is_counted_by_its_kind() -> None:
    async def story() -> None:
        async with kept() as (world, _):
            await until(lambda: bool(world.apis["configmaps"].watches), "a watch")
            world.apis["configmaps"].end_watches()
            await until(lambda: bool(world.restarted), "a restart")
            assert world.restarted == ["configmaps"]

    in_virtual_time(story)


# A kind with two watches, one of the metadata of all objects and one of ours in full


class Twice(Kept):
    """StatefulSets whose two watches are sent their events one by one."""

    def __init__(self) -> None:
        super().__init__()
        self.watches: dict[str, Any] = {}

    def answer(self, request: httpx2.Request) -> httpx2.Response:
        answer = super().answer(request)
        if "watch" in request.url.params and request.url.path.endswith(PLURAL):
            which = "metadata" if "PartialObjectMetadata" in request.headers["Accept"] else "full"
            self.watches[which] = self.apis[PLURAL].watches[-1]
        return answer

    async def send(self, which: str, kind: str, version: int) -> None:
        """Send an event of the object to one of the watches, and wait until it was taken in."""
        await until(lambda: which in self.watches, "a watch")
        event = {"type": kind, "object": config_map("c", version, ownerReferences=OWNED)}
        self.watches[which].put_nowait(json.dumps(event).encode() + b"\n")
        await asyncio.sleep(1)


def test_an_object_that_only_the_watch_of_the_metadata_knows_is_told_by_it() -> None:
    async def story() -> None:
        async with kept(Twice()) as (world, _):
            assert isinstance(world, Twice)
            await world.send("metadata", "ADDED", 900)
            await world.send("metadata", "MODIFIED", 901)
            assert [each.version for each in world.told] == ["900", "901"]
            assert set(world.woken) == {CONCERNED}

    in_virtual_time(story)


def test_an_object_that_is_new_to_the_watch_of_the_metadata_wakes_its_controller() -> None:
    async def story() -> None:
        async with kept(Twice()) as (world, _):
            assert isinstance(world, Twice)
            await world.send("full", "ADDED", 900)
            world.woken.clear()
            await world.send("metadata", "ADDED", 900)
            assert world.woken == [CONCERNED]

    in_virtual_time(story)


def test_a_deletion_that_the_watch_of_the_metadata_sees_first_wakes_the_controller() -> None:
    async def story() -> None:
        async with kept(Twice(), **{PLURAL: {"ownerReferences": OWNED}}) as (world, _):
            assert isinstance(world, Twice)
            await world.send("metadata", "DELETED", 900)
            assert world.woken == [CONCERNED]

    in_virtual_time(story)
