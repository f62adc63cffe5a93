"""Between our look and our write anything can happen: the executor on the real API server, overtaken on purpose.

Its requests pass through a transport that lets somebody else act just before the first of them goes out.
"""

from __future__ import annotations

import asyncio
import os
import ssl
from collections.abc import Callable
from typing import Any, Final

import httpx2
import pytest
from lightkube.config.kubeconfig import SingleConfig

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.kinds import CLUSTERS, STATEFUL_SETS
from natsop_core.live import Child, Controller, reduce_metadata
from natsop_core.names import API_VERSION
from natsop_core.outcomes import Applied, Outcome, Taken, Unchanged
from natsop_core.plan import Plan, key_of
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.kubeconfig import load_config
from natsop_runtime.cache.informers import Informers
from natsop_runtime.executor import Executor
from tests.cluster.strangers import CLUSTER, CLUSTER_LABELS, strangers
from tests.testbed.client import Client, Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.wait import wait_until
from tests.unit.natsop_core.world import cluster_object, inputs, plan_of

UID: Final = "11111111-1111-4111-8111-111111111111"

NAMES: Final = ("conf", "client service", "headless service", "servers", "budget")
"""The strangers under the names of a cluster, and with that the objects of its plan."""


class Overtaken(httpx2.AsyncHTTPTransport):
    """Lets `act` happen after the first request was decided on, and before it goes out."""

    def __init__(self, config: SingleConfig, act: Callable[[], object]) -> None:
        super().__init__(verify=ssl.create_default_context(cafile=config.cluster.certificate_auth))
        self._act: Callable[[], object] | None = act

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        act, self._act = self._act, None
        if act is not None:
            await asyncio.to_thread(act)
        return await super().handle_async_request(request)


@pytest.fixture
def client(quiet_plane: ControlPlane) -> Client:
    """A client whose default namespace is the test's own."""
    name = f"guards-{os.urandom(4).hex()}"
    quiet_plane.cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
    return quiet_plane.cluster.client.in_namespace(name)


def wanted(client: Client, name: str, *, uid: str = UID, port: int = 4222) -> Plan:
    """A plan of that one object of a trio."""
    spec = {"replicas": 3, "config": {"nats": {"port": port}}}
    cr = read_cluster(cluster_object(spec, name=CLUSTER, namespace=client.namespace, uid=uid))
    assert not isinstance(cr, InvalidResource)
    return Plan(apply=(manifest_of(cr, name),))


def manifest_of(cr: NatsCluster, name: str) -> Manifest:
    identity = strangers({})[name]
    [found] = [
        each
        for each in plan_of(cr, inputs(cr)).apply
        if (each["kind"], each["metadata"]["name"]) == (identity["kind"], identity["metadata"]["name"])
    ]
    return found


def carry_out(client: Client, plan: Plan, *, known: tuple[Manifest, ...] = (), act: Callable[[], object]) -> Outcome:
    """Execute the plan of one step, knowing of these objects only; `act` overtakes its first request."""

    async def run() -> Outcome:
        config = load_config(str(client.kubeconfig), None)
        async with connected(config, Overtaken(config, act)) as kube:
            stores = Informers(kube, (), lambda _change, _concerned, _labels: None)
            for each in known:
                stores.written(key_of(each), each)
            owner = CLUSTERS.key("default", CLUSTER)
            executor = Executor(kube, stores, None)  # type: ignore[arg-type]
            [outcome] = (await executor.execute(owner, plan, set())).values()
            return outcome

    return asyncio.run(run())


def look(client: Client, manifest: Manifest) -> Manifest:
    return client.get(manifest["kind"], manifest["metadata"]["name"])


def await_answers(quiet_plane: ControlPlane, client: Client, *expected: tuple[str, int]) -> None:
    """Wait until these verbs and answers are all of ours that the audit log has, which an answer may be ahead of."""

    def told() -> bool:
        seen = quiet_plane.cluster.audit.entries(user_agent="natsop", namespace=client.namespace)
        answers = [(entry.verb, entry.code) for entry in seen if "tests" not in entry.user_agent]
        assert answers == [*expected], answers
        return True

    wait_until(told, what="the audit log has the answers")


@pytest.mark.parametrize("name", NAMES)
def test_what_a_stranger_creates_just_before_we_do_is_not_touched(
    quiet_plane: ControlPlane, client: Client, name: str
) -> None:
    theirs: list[Manifest] = []

    outcome = carry_out(
        client, wanted(client, name), act=lambda: theirs.append(client.create(strangers(CLUSTER_LABELS)[name]))
    )

    assert outcome == Taken(None)
    assert look(client, theirs[0]) == theirs[0]
    await_answers(quiet_plane, client, ("patch", 409), ("get", 200))


def test_without_our_guard_an_apply_would_merge_into_a_strangers_object(client: Client) -> None:
    """So it is the guard, and not the API server's own care, that the other tests see at work."""
    client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c-config"}, "data": {"mine": "1"}})

    merged = client.apply(wanted(client, "conf").apply[0], field_manager="nats-operator", force=False)

    assert merged["data"].keys() == {"mine", "nats.conf"}
    assert merged["metadata"]["ownerReferences"][0]["uid"] == UID


@pytest.mark.parametrize("name", NAMES)
def test_a_strangers_object_in_place_of_the_one_that_we_knew_is_not_touched(
    quiet_plane: ControlPlane, client: Client, name: str
) -> None:
    plan = wanted(client, name)
    ours = client.apply(plan.apply[0], field_manager="nats-operator")
    theirs: list[Manifest] = []

    def swap() -> None:
        client.delete(ours["kind"], ours["metadata"]["name"], gracePeriodSeconds=0, propagationPolicy="Background")
        theirs.append(client.create(strangers(CLUSTER_LABELS)[name]))

    outcome = carry_out(client, wanted(client, name, port=4333), known=(older(ours),), act=swap)

    assert outcome == Taken(None)
    assert look(client, theirs[0]) == theirs[0]
    await_answers(quiet_plane, client, ("patch", 422), ("get", 200))


def test_a_strangers_object_in_place_of_the_orphan_that_we_knew_is_not_adopted(client: Client) -> None:
    plan = wanted(client, "conf")
    orphan = client.apply(plan.apply[0], field_manager="nats-operator")
    orphan["metadata"].pop("ownerReferences")
    theirs: list[Manifest] = []

    def swap() -> None:
        client.delete("ConfigMap", "c-config")
        theirs.append(client.create(strangers(CLUSTER_LABELS)["conf"]))

    assert carry_out(client, plan, known=(orphan,), act=swap) == Taken(None)
    assert look(client, theirs[0]) == theirs[0]


def test_an_orphan_that_turns_up_just_before_we_create_is_adopted(client: Client) -> None:
    """As it is made anew by a restore, which takes away the owner and keeps our annotation."""
    plan = wanted(client, "conf")
    metadata = {field: plan.apply[0]["metadata"][field] for field in ("name", "labels", "annotations")}
    made: list[Manifest] = []

    outcome = carry_out(client, plan, act=lambda: made.append(client.create({**plan.apply[0], "metadata": metadata})))

    assert outcome == Applied(adopted=True)
    now = look(client, made[0])
    assert now["metadata"]["uid"] == made[0]["metadata"]["uid"]
    assert now["metadata"]["ownerReferences"][0]["uid"] == UID


def older(obj: Manifest) -> Manifest:
    """The object as it was before the present plan, so that there is something to apply."""
    annotations = {**obj["metadata"]["annotations"], "nats.crewlet.cloud/applied": "older"}
    return {**obj, "metadata": {**obj["metadata"], "annotations": annotations}}


def test_what_another_custom_resource_of_ours_creates_just_before_is_its_own(client: Client) -> None:
    other = wanted(client, "conf", uid="22222222-2222-4222-8222-222222222222").apply[0]

    outcome = carry_out(client, wanted(client, "conf"), act=lambda: client.apply(other, field_manager="nats-operator"))

    assert outcome == Taken(
        Controller(API_VERSION, "NatsCluster", CLUSTER, other["metadata"]["ownerReferences"][0]["uid"])
    )


def test_what_is_deleted_just_before_we_change_it_is_made_anew(quiet_plane: ControlPlane, client: Client) -> None:
    ours = client.apply(wanted(client, "conf").apply[0], field_manager="nats-operator")
    name = ours["metadata"]["name"]

    outcome = carry_out(
        client, wanted(client, "conf", port=4333), known=(older(ours),), act=lambda: client.delete("ConfigMap", name)
    )

    assert outcome == Applied(created=True)
    assert "port: 4333" in client.get("ConfigMap", name)["data"]["nats.conf"]
    await_answers(quiet_plane, client, ("patch", 409), ("get", 404), ("patch", 201))


def test_a_strangers_object_in_place_of_the_one_to_be_pruned_is_not_deleted(client: Client) -> None:
    ours = client.apply(wanted(client, "budget").apply[0], field_manager="nats-operator")
    theirs: list[Manifest] = []

    def swap() -> None:
        client.delete(ours["kind"], ours["metadata"]["name"])
        theirs.append(client.create(strangers(CLUSTER_LABELS)["budget"]))

    outcome = carry_out(client, Plan(prune=(Child(key_of(ours), reduce_metadata(ours["metadata"])),)), act=swap)

    assert outcome == Unchanged()
    assert look(client, theirs[0]) == theirs[0]


def test_an_edit_just_before_ours_is_overwritten_where_it_is_about_our_fields_only(client: Client) -> None:
    ours = client.apply(wanted(client, "servers").apply[0], field_manager="nats-operator")
    assert key_of(ours) == STATEFUL_SETS.key(client.namespace, CLUSTER)
    edit: dict[str, Any] = {"metadata": {"labels": {"mine": "too"}}, "spec": {"replicas": 7}}

    outcome = carry_out(
        client,
        wanted(client, "servers", port=4333),
        known=(older(ours),),
        act=lambda: client.patch("StatefulSet", CLUSTER, edit),
    )

    now = client.get("StatefulSet", CLUSTER)
    assert outcome == Applied()
    assert (now["spec"]["replicas"], now["metadata"]["labels"]["mine"]) == (3, "too")
