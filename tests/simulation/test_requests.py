"""Requests to servers, by an operator that runs whole: they are sent until they are answered, and hold up nobody."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Final, get_args
from unittest import mock

import pytest

from natsop_core.actions import Credentials, Request, RequestKey
from natsop_core.inputs import Inputs
from natsop_core.kinds import CLUSTERS
from natsop_core.lookup import NotYet
from natsop_core.plan import Plan
from natsop_core.reconcile import RECONCILED, ReconciledKind
from natsop_runtime import manager
from tests.simulation.nats_servers import RequestFault
from tests.simulation.people import People
from tests.simulation.scenario import STARTED_AFTER
from tests.simulation.steps import custom_resource
from tests.simulation.world import World, run_in_virtual_time
from tests.unit.natsop_core.world import conditions

SECRET: Final = "hunter2-hunter2"  # noqa: S105
ASKS: Final = {"asks": "yes"}
"""The annotation of the NatsCluster whose plans have a request."""


@contextmanager
def clusters_that_ask(world: World) -> Iterator[None]:
    """Until the servers have heard a cluster's request, its plans have it."""

    def with_request(kind: ReconciledKind) -> ReconciledKind:
        def plan(cr: Any, inputs: Inputs) -> Plan | NotYet:
            made = kind.plan(cr, inputs)
            if isinstance(made, NotYet) or "asks" not in cr.metadata.annotations or world.nats.heard:
                return made
            return replace(made, actions=(*made.actions, request(cr.metadata.name)))

        return replace(kind, plan=plan) if kind.resource == CLUSTERS else kind

    with mock.patch.object(manager, "RECONCILED", tuple(map(with_request, RECONCILED))):
        yield


def request(name: str) -> Request:
    key = RequestKey("prod", name, "push something")
    return Request(key, ("nats://10.0.0.1:4222",), "subject", SECRET.encode(), Credentials(password=SECRET))


async def life(world: World, faults: list[RequestFault], seconds: float) -> None:
    world.nats.faults.extend(faults)
    with clusters_that_ask(world):
        async with world:
            world.start()
            await asyncio.sleep(STARTED_AFTER)
            people = People(world.send, "prod")
            people.create(asking_cluster())
            people.create(custom_resource("NatsCluster", "other", {}))
            await asyncio.sleep(seconds)


def asking_cluster() -> dict[str, Any]:
    made = custom_resource("NatsCluster", "a", {})
    return {**made, "metadata": {**made["metadata"], "annotations": ASKS}}


@pytest.mark.parametrize("fault", get_args(RequestFault))
def test_a_request_is_sent_until_it_arrives_and_never_shown(fault: RequestFault) -> None:
    async def story() -> None:
        world = World(seed=1)
        await life(world, [fault, fault], seconds=120)
        assert [each.key for each in world.nats.heard] == [request("a").key]
        assert SECRET not in str(world.recording)
        assert not world.witness.misdeeds

    run_in_virtual_time(story(), seed=1)


@pytest.mark.parametrize(
    ("fault", "told"),
    [("no answer", ("Progressing", "Retrying")), ("refused", ("Degraded", "CredentialsRefused"))],
)
def test_what_keeps_it_from_arriving_is_told_and_holds_up_nothing_else(
    fault: RequestFault, told: tuple[str, str]
) -> None:
    async def story() -> None:
        world = World(seed=1)
        await life(world, [fault] * 1000, seconds=300)
        people = People(world.send, "prod")
        assert not world.nats.heard
        condition, reason = told
        assert conditions(people.get("NatsCluster", "a")["status"])[condition] == ("True", reason)
        assert people.get("StatefulSet", "a")
        assert conditions(people.get("NatsCluster", "other")["status"])["Progressing"][1] != "Retrying"
        tried = 1000 - len(world.nats.faults)
        assert 5 < tried < 25, "with backoff, up to once a minute"

    run_in_virtual_time(story(), seed=1)
