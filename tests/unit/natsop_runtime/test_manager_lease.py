"""The operator and its Lease: which one, when it is acquired, renewed and released."""

from __future__ import annotations

import asyncio
import socket
from itertools import pairwise
from typing import Any

import pytest

from natsop_core.kinds import LEASES
from natsop_runtime import manager
from natsop_runtime.api_server.http_client import MAX_CONCURRENT_REQUESTS
from natsop_runtime.leader_election import LeaderElector, LeadershipLostError
from natsop_runtime.manager import SHUTDOWN_TIMEOUT
from natsop_runtime.metrics import Metrics
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.busy_api import BusyApi
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.running_operator import LEASE, config, ended_while_it_acquires, lived, operating


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
            assert SHUTDOWN_TIMEOUT <= clock() - told <= SHUTDOWN_TIMEOUT + 1
        assert api.times("write answered") == []
        assert api.times("release") == []
        assert max(api.times("renewal")) > told, "it leads while it finishes"

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
        api = BusyApi(clusters=2 * MAX_CONCURRENT_REQUESTS, slow=10_000, patience=30.0)
        async with operating(api, workers=2 * MAX_CONCURRENT_REQUESTS) as (living, _):
            await api.writes_begun.wait()
            await asyncio.sleep(2 * LEASE)
            assert not living.done()
        renewals = api.times("renewal")
        assert max(after - before for before, after in pairwise(renewals)) <= LEASE / 3
        assert 0 < len([each for each in api.times("write") if each < 30]) <= MAX_CONCURRENT_REQUESTS

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


def test_a_lease_that_is_acquired_as_it_is_told_to_end_is_released() -> None:
    async def story() -> None:
        api = await ended_while_it_acquires()
        assert len(api.times("release")) == 1
        assert api.times("write") == []

    in_virtual_time(story)


def test_it_stands_for_election_once_it_knows_all_objects() -> None:
    async def story() -> None:
        api = BusyApi()
        api.list_patience = 9.0
        metadata = {"name": RunSettings().lease_name, "namespace": "ours", "resourceVersion": "1"}
        api.lease = {"metadata": metadata, "spec": {"leaseDurationSeconds": 1}}  # released: it is taken at once
        async with operating(api) as (living, stop):
            await api.writes_begun.wait()
            stop.set()
            await living
        assert api.times("renewal")[0] >= max(api.times("listed")) > 9.0

    in_virtual_time(story)


def test_without_election_there_is_no_lease() -> None:
    api = lived(RunSettings())
    assert api.lease is None
    assert not [each for each in api.asked_for if each[1] == LEASES.plural]


def test_the_lease_is_the_one_that_the_options_name() -> None:
    api = lived(RunSettings(leader_elect=True, leader_election_namespace="ours", lease_name="one"))
    assert api.lease is not None
    assert (api.lease["metadata"]["namespace"], api.lease["metadata"]["name"]) == ("ours", "one")
    assert {each[0] for each in api.asked_for if each[1] == LEASES.plural} == {"ours"}


def test_the_lease_is_where_the_kubeconfig_says_unless_an_option_does() -> None:
    api = lived(RunSettings(leader_elect=True))
    assert api.lease is not None
    assert api.lease["metadata"]["namespace"] == config().namespace


def test_each_process_has_an_identity_of_its_own() -> None:
    identities: set[str] = set()

    class Noted(LeaderElector):
        def __init__(self, *arguments: Any, identity: str, **options: Any) -> None:
            identities.add(identity)
            super().__init__(*arguments, identity=identity, **options)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manager, "LeaderElector", Noted)
        lived(RunSettings(leader_elect=True))
        lived(RunSettings(leader_elect=True))
    assert len(identities) == 2
    assert all(each.startswith(socket.gethostname()) for each in identities)


def test_the_metrics_say_that_it_stands_by_before_they_say_that_it_leads() -> None:
    told: list[tuple[str, bool]] = []

    class Noted(Metrics):
        def leading(self, name: str, *, is_leader: bool) -> None:
            told.append((name, is_leader))

    lived(RunSettings(leader_elect=True, lease_name="one"), metrics=Noted)
    assert told == [("one", False), ("one", True)]
    told.clear()
    lived(RunSettings(), metrics=Noted)
    assert told == []
