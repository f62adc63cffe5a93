"""The operator's life: it ends when it is told to, in whatever it is busy with."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from itertools import pairwise
from typing import Any, Final

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import Cluster, User

from natsop_runtime.api_server.http_client import REQUESTS_AT_ONCE
from natsop_runtime.api_server.kube import PAGE
from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.manager import TO_FINISH, run_operator
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.busy_api import BusyApi
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time

IN_TIME: Final = 20.0
LEASE: Final = 15
WRITES_OF_A_TURN: Final = 30
"""At most: a turn applies all objects of a cluster, its status and events."""


def config() -> SingleConfig:
    found = KubeConfig.from_one(cluster=Cluster(server="http://slow", insecure=True), user=User()).get()
    assert found is not None
    return found


class SlowServer(httpx2.AsyncBaseTransport):
    """Answers every request, with an empty list or a yes, after some seconds. `listed`: it is asked for all objects."""

    def __init__(self) -> None:
        self.listed = asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.params.get("limit") == str(PAGE):
            self.listed.set()
        await asyncio.sleep(4)
        answer = {"metadata": {"resourceVersion": "10"}, "items": [], "status": {"allowed": True}}
        return httpx2.Response(200, json=answer, request=request)


def ended(*, while_it_lists: bool) -> float:
    """How long it takes to end an operator that has begun to look around, or to list what there is."""

    async def story() -> float:
        stop = asyncio.Event()
        settings, server = RunSettings(leader_elect=True), SlowServer()
        life = run_operator(config(), settings, stop, transport=server, pod_transport=SlowServer(), clock=clock)
        living = asyncio.create_task(life)
        await (server.listed.wait() if while_it_lists else asyncio.sleep(2))
        assert not living.done()
        told = clock()
        stop.set()
        await living
        return clock() - told

    return in_virtual_time(story)


def test_it_ends_in_time_while_it_looks_around_first() -> None:
    assert ended(while_it_lists=False) < IN_TIME


def test_it_ends_in_time_while_it_lists_what_there_is() -> None:
    assert ended(while_it_lists=True) < IN_TIME


def test_it_says_first_who_it_is_and_what_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ended(while_it_lists=False)
    assert caplog.messages[0] == (
        f"natsop {version('natsop')}: server http://slow, context default, user default, all namespaces"
    )


@asynccontextmanager
async def operating(api: BusyApi, **options: Any) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Event]]:
    """An operator with election, and what ends it."""
    stop = asyncio.Event()
    settings = RunSettings(leader_elect=True, lease_duration=LEASE, leader_election_namespace="ours", **options)
    life = run_operator(config(), settings, stop, transport=api, pod_transport=SlowServer(), clock=clock)
    living = asyncio.create_task(life)
    try:
        yield living, stop
    finally:
        living.cancel()
        await asyncio.wait([living])


def test_the_lease_is_released_once_the_write_under_way_is_over() -> None:
    async def story() -> None:
        api = BusyApi(slow=1, patience=5.0)
        async with operating(api) as (living, stop):
            await api.writes_begun.wait()
            stop.set()
            await living
        [released] = api.times("release")
        assert released >= max(api.times("write answered"))
        assert released - api.times("write")[0] == 5.0

    in_virtual_time(story)


def test_a_write_that_is_not_over_in_time_keeps_the_lease_but_not_the_process() -> None:
    """The next leader waits until the Lease runs out: by then this one cannot write any more."""

    async def story() -> None:
        api = BusyApi(slow=1, patience=34.0)
        async with operating(api) as (living, stop):
            await api.writes_begun.wait()
            told = clock()
            stop.set()
            await living
            assert TO_FINISH <= clock() - told <= TO_FINISH + 1
        assert api.times("write answered") == []
        assert api.times("release") == []
        assert max(api.times("renewal")) > told, "it leads while it finishes"

    in_virtual_time(story)


def test_nothing_new_is_begun_once_it_is_told_to_end() -> None:
    async def story() -> None:
        api = BusyApi(clusters=20, slow=2, patience=3.0)
        async with operating(api, workers=2) as (living, stop):
            await api.writes_begun.wait()
            stop.set()
            await living
        assert len(api.times("release")) == 1
        assert len(api.times("write")) < 2 * WRITES_OF_A_TURN

    in_virtual_time(story)


def test_one_that_stands_by_ends_at_once_and_leaves_the_lease_alone() -> None:
    async def story() -> None:
        api = BusyApi()
        api.lease = another = {"metadata": {"resourceVersion": "1"}, "spec": {"holderIdentity": "another"}}
        async with operating(api) as (living, stop):
            await asyncio.sleep(2)
            told = clock()
            stop.set()
            await living
            assert clock() - told < 1
        assert api.lease == another
        assert api.times("write") == []

    in_virtual_time(story)


def test_the_lease_is_renewed_however_many_requests_the_api_server_holds_up() -> None:
    async def story() -> None:
        api = BusyApi(clusters=2 * REQUESTS_AT_ONCE, slow=10_000, patience=30.0)
        async with operating(api, workers=2 * REQUESTS_AT_ONCE) as (living, _):
            await api.writes_begun.wait()
            await asyncio.sleep(2 * LEASE)
            assert not living.done()
        renewals = api.times("renewal")
        assert max(after - before for before, after in pairwise(renewals)) <= LEASE / 3
        assert 0 < len([each for each in api.times("write") if each < 30]) <= REQUESTS_AT_ONCE

    in_virtual_time(story)


def test_who_cannot_renew_the_lease_writes_nothing_more_and_ends() -> None:
    async def story() -> None:
        api = BusyApi(clusters=50, slow=10_000, patience=1.0)
        async with operating(api, workers=1) as (living, _):
            await api.writes_begun.wait()
            api.lease_is_out_of_reach = True
            with pytest.raises(LeadershipLostError):
                await living
        last_renewal = max(api.times("renewal"))
        assert LEASE / 3 < max(api.times("write")) - last_renewal <= LEASE * 2 / 3
        assert api.times("release") == []

    in_virtual_time(story)


@pytest.mark.parametrize("leader_elect", [True, False])
def test_the_lease_is_only_for_who_is_told_to_elect(*, leader_elect: bool) -> None:
    async def story() -> None:
        api, stop = BusyApi(), asyncio.Event()
        settings = RunSettings(leader_elect=leader_elect, leader_election_namespace="ours", lease_name="one")
        life = run_operator(config(), settings, stop, transport=api, pod_transport=SlowServer(), clock=clock)
        living = asyncio.create_task(life)
        await api.writes_begun.wait()
        stop.set()
        await living
        assert (api.lease is not None) is leader_elect
        if api.lease:
            assert (api.lease["metadata"]["namespace"], api.lease["metadata"]["name"]) == ("ours", "one")

    in_virtual_time(story)
