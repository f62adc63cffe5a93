"""How long a standby waits for a Lease: as long as it states, or stated, unless it was released."""

from __future__ import annotations

import asyncio

import pytest

from natsop_runtime.settings import MAX_LEASE_DURATION
from tests.unit.natsop_runtime.lease_api import (
    DURATION,
    SOON,
    LeaseApi,
    Object,
    Operator,
    clock,
    in_virtual_time,
    lease,
)


@pytest.mark.parametrize(
    "left",
    [
        {"leaseDurationSeconds": 1},
        {
            "holderIdentity": "",
            "leaseDurationSeconds": 1,
            "acquireTime": "2026-01-01T00:00:00.000000Z",
            "renewTime": "2026-01-01T00:00:00.000000Z",
            "leaseTransitions": 3,
        },
    ],
    ids=["ours", "client-go"],
)
def test_a_released_lease_is_taken_at_once(left: Object) -> None:
    async def story() -> None:
        begun = clock()
        await Operator("a", LeaseApi(lease(**left))).elector.acquire()
        assert clock() == begun

    in_virtual_time(story)


@pytest.mark.parametrize("left", [{"leaseDurationSeconds": 60}, {"holderIdentity": "", "leaseDurationSeconds": 60}])
def test_who_has_just_started_waits_for_the_duration_that_a_lease_without_a_holder_states(left: Object) -> None:
    """Its leader may write for 40 s more without an answer of the API server."""

    async def story() -> None:
        api = LeaseApi()
        leader, fresh = Operator("leader", api, duration=60), Operator("fresh", api, duration=DURATION)
        leader.rivals, fresh.rivals = [fresh], [leader]
        await leader.elector.acquire()  # and then it is cut off
        api.edit(left)
        begun = clock()
        await fresh.elector.acquire()
        assert 60 <= clock() - begun <= 60 + SOON

    in_virtual_time(story)


@pytest.mark.parametrize("left", [{}, {"leaseDurationSeconds": 20}, {"leaseDurationSeconds": 2**31 - 1}])
def test_a_standby_waits_for_the_longest_duration_that_was_stated_since_there_was_a_holder(left: Object) -> None:
    async def story() -> None:
        api = LeaseApi(lease(holderIdentity="gone", leaseDurationSeconds=60))
        standby = Operator("standby", api)
        acquiring = asyncio.create_task(standby.elector.acquire())
        await asyncio.sleep(1)
        api.edit(left)
        begun = clock()
        await acquiring
        expected = min(max(60, left.get("leaseDurationSeconds", 0)), MAX_LEASE_DURATION)
        assert expected <= clock() - begun <= expected + SOON

    in_virtual_time(story)


def test_a_standby_does_not_wait_for_the_duration_of_a_holder_that_another_one_followed() -> None:
    async def story() -> None:
        api = LeaseApi(lease(holderIdentity="first", leaseDurationSeconds=60))
        standby = Operator("standby", api)
        acquiring = asyncio.create_task(standby.elector.acquire())
        await asyncio.sleep(1)
        api.edit({"holderIdentity": "second", "leaseDurationSeconds": DURATION})
        begun = clock()
        await acquiring
        assert DURATION <= clock() - begun <= DURATION + SOON

    in_virtual_time(story)
