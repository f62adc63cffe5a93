"""Leader election: never two at once, never nobody for long, whatever is lost, late, or edited by hand."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from natsop_core.kinds import ApiResource
from natsop_runtime.leader_election import MAX_TRANSITIONS, LeadershipLostError
from natsop_runtime.settings import MAX_LEASE_DURATION
from tests.unit.natsop_runtime.lease_api import (
    DURATION,
    SOON,
    LeaseApi,
    Object,
    Operator,
    Unreliable,
    clock,
    in_virtual_time,
    lease,
)

EDITS: tuple[Object | None, ...] = (None, {}, {"leaseDurationSeconds": DURATION})
"""Specs of a Lease from which somebody took the holder; None for one that was deleted."""


@given(
    seed=st.integers(0, 2**32), durations=st.lists(st.sampled_from([DURATION, 4 * DURATION]), min_size=3, max_size=3)
)
def test_two_never_lead_at_once_and_somebody_does_as_soon_as_the_network_is_well(
    seed: int, durations: list[int]
) -> None:
    """Whatever --lease-duration each of them has, as while a change of the flag is rolled out."""

    async def story() -> None:
        api = LeaseApi()
        ways = [Unreliable(api, seed + number) for number in range(3)]
        operators = [
            Operator(str(number), way, duration=duration)
            for number, (way, duration) in enumerate(zip(ways, durations, strict=True))
        ]
        for operator in operators:
            operator.rivals = [other for other in operators if other is not operator]
        living = [asyncio.create_task(operator.live_forever()) for operator in operators]
        await asyncio.sleep(200)
        for way in ways:
            way.lost = way.slowest = 0.0
        await asyncio.sleep(2 * max(durations) + SOON)
        assert sum(operator.fence.is_open for operator in operators) == 1, f"nobody leads: {api.lease}"
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)
        assert [task.exception() for task in living if not task.cancelled()] == []

    in_virtual_time(story)


@given(seed=st.integers(0, 2**32), edits=st.lists(st.tuples(st.floats(0, 20), st.sampled_from(EDITS)), max_size=20))
def test_two_never_lead_at_once_even_if_somebody_deletes_or_edits_the_lease(
    seed: int, edits: list[tuple[float, Object | None]]
) -> None:
    async def story() -> None:
        api = LeaseApi()
        operators = [Operator(str(number), Unreliable(api, seed + number)) for number in range(3)]
        for operator in operators:
            operator.rivals = [other for other in operators if other is not operator]
        living = [asyncio.create_task(operator.live_forever()) for operator in operators]
        for pause, spec in edits:
            await asyncio.sleep(pause)
            api.edit(spec)
        await asyncio.sleep(100)
        for task in living:
            task.cancel()
        await asyncio.gather(*living, return_exceptions=True)
        assert [task.exception() for task in living if not task.cancelled()] == []

    in_virtual_time(story)


def test_a_term_is_counted_from_when_a_renewal_was_sent() -> None:
    async def story() -> None:
        api = LeaseApi()
        api.slowness = 4.0
        operator = Operator("a", api)
        await operator.elector.acquire()
        sent, answered = api.written_at[-1], clock()
        assert answered - sent == api.slowness
        await asyncio.sleep(DURATION * 2 / 3 - api.slowness - 0.1)
        assert operator.fence.is_open
        await asyncio.sleep(0.2)
        with pytest.raises(LeadershipLostError):
            operator.fence.check()
        with pytest.raises(LeadershipLostError):  # though the API server would still renew it
            await operator.elector.keep()

    in_virtual_time(story)


def test_a_leader_that_is_gone_is_followed_once_its_lease_has_run_out() -> None:
    async def story() -> None:
        api = LeaseApi()
        gone, next_one = Operator("gone", api), Operator("next", api)
        await gone.elector.acquire()
        begun = clock()
        await next_one.elector.acquire()
        assert DURATION <= clock() - begun <= DURATION + SOON
        assert api.lease is not None
        assert api.lease["spec"]["leaseTransitions"] == 1

    in_virtual_time(story)


def test_a_leader_that_ends_in_order_is_followed_at_once() -> None:
    async def story() -> None:
        api = LeaseApi()
        first, second = Operator("first", api), Operator("second", api)
        await first.elector.acquire()
        waiting = asyncio.create_task(second.elector.acquire())
        await asyncio.sleep(1)
        assert not waiting.done()
        await first.elector.release()
        with pytest.raises(LeadershipLostError):
            first.fence.check()
        async with asyncio.timeout(SOON):
            await waiting

    in_virtual_time(story)


def test_one_that_is_told_to_end_in_the_middle_of_a_renewal_gives_the_lease_back_too() -> None:
    class Slow(LeaseApi):
        async def replace(self, resource: ApiResource, body: Object) -> Object:
            answer = await super().replace(resource, body)
            await asyncio.sleep(1)
            return answer

    async def story() -> None:
        api = Slow()
        operator = Operator("a", api)
        await operator.elector.acquire()
        keeping = asyncio.create_task(operator.elector.keep())
        await asyncio.sleep(DURATION * 2 / 15 + 0.5)
        keeping.cancel()
        await operator.elector.release()
        assert api.lease is not None
        assert "holderIdentity" not in api.lease["spec"]

    in_virtual_time(story)


def test_who_finds_somebody_else_in_the_lease_leads_no_more() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        api.lease = {**lease(holderIdentity="somebody"), "metadata": {**lease()["metadata"], "resourceVersion": "99"}}
        with pytest.raises(LeadershipLostError, match="somebody"):
            await operator.elector.keep()
        with pytest.raises(LeadershipLostError):
            operator.fence.check()

    in_virtual_time(story)


def test_who_stands_by_says_for_whom_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def story() -> None:
        api = LeaseApi()
        await Operator("leader", api).elector.acquire()
        await Operator("standby", api).elector.acquire()

    in_virtual_time(story)
    assert [each for each in caplog.messages if "standing by" in each] == [
        "standing by: leader-1 holds Lease nats-system/nats-operator"
    ]


def test_a_lease_that_somebody_deletes_is_made_again_by_its_holder() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        keeping = asyncio.create_task(operator.elector.keep())
        api.lease = None
        await asyncio.sleep(60)
        assert operator.fence.is_open
        assert api.lease is not None
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping

    in_virtual_time(story)


@pytest.mark.parametrize("edited", [None, lease(), lease(holderIdentity="", leaseDurationSeconds=DURATION)])
def test_a_lease_that_somebody_takes_from_its_holder_is_not_the_standbys_before_the_holder_knows(
    edited: Object | None,
) -> None:
    async def story() -> None:
        api = LeaseApi()
        holder, standby = Operator("holder", api), Operator("standby", api)
        standby.rivals = [holder]
        await holder.elector.acquire()
        keeping = asyncio.create_task(holder.elector.keep())
        await asyncio.sleep(1)
        waiting = asyncio.create_task(standby.elector.acquire())
        await asyncio.sleep(1.5)
        api.lease = edited
        await asyncio.sleep(1)  # the standby looks before the holder does
        assert api.lease == edited
        await asyncio.sleep(2 * DURATION)
        assert holder.fence.is_open
        assert not waiting.done()
        for task in (keeping, waiting):
            task.cancel()
        await asyncio.gather(keeping, waiting, return_exceptions=True)

    in_virtual_time(story)


@pytest.mark.parametrize(
    "found",
    [
        {},
        {"holderIdentity": ""},
        {"holderIdentity": "x"},
        {"holderIdentity": "x", "leaseDurationSeconds": 1, "renewTime": "2026-01-01T00:00:00.000000Z"},
        {"holderIdentity": "x", "leaseDurationSeconds": 2**31 - 1, "renewTime": "9999-01-01T00:00:00.000000Z"},
        {"holderIdentity": "x", "leaseDurationSeconds": -5, "leaseTransitions": 7},
        {"holderIdentity": "x", "acquireTime": None, "renewTime": None, "leaseTransitions": 2**31 - 1},
        {"holderIdentity": "x", "strategy": "OldestEmulationVersion", "preferredHolder": "y"},
    ],
    ids=["empty", "no holder", "bare", "long ago", "far future", "negative", "counted out", "another's strategy"],
)
def test_no_lease_keeps_everybody_out_for_ever(found: Object) -> None:
    async def story() -> None:
        api = LeaseApi(lease(**found))
        operator = Operator("a", api)
        async with asyncio.timeout(MAX_LEASE_DURATION + SOON):
            await operator.elector.acquire()
        assert api.lease is not None
        assert api.lease["spec"]["leaseTransitions"] == min(
            found.get("leaseTransitions", 0) + bool(found), MAX_TRANSITIONS
        )
        assert api.lease["metadata"]["labels"] == {"team": "a"}

    in_virtual_time(story)


def test_times_have_six_digits_also_at_a_full_second() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        await operator.elector.release()
        assert api.lease is not None
        assert api.lease["spec"]["renewTime"] == "2026-01-01T00:00:16.000000+00:00"
        assert "holderIdentity" not in api.lease["spec"]

    in_virtual_time(story)


@pytest.mark.parametrize(
    "left", [None, {}, {"leaseDurationSeconds": 15}], ids=["deleted", "emptied", "without a holder"]
)
def test_who_has_just_started_does_not_take_what_somebody_took_from_a_leader(left: Object | None) -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, fresh = Operator("leader", api), Operator("fresh", api)
        leader.rivals, fresh.rivals = [fresh], [leader]
        await leader.elector.acquire()
        keeping = asyncio.create_task(leader.elector.keep())
        await asyncio.sleep(7)
        api.lease = (
            None if left is None else {**lease(**left), "metadata": {**lease()["metadata"], "resourceVersion": "99"}}
        )
        acquiring = asyncio.create_task(fresh.elector.acquire())
        await asyncio.sleep(60)
        assert leader.fence.is_open
        assert not acquiring.done()
        for task in (keeping, acquiring):
            task.cancel()
        await asyncio.gather(keeping, acquiring, return_exceptions=True)

    in_virtual_time(story)
