"""Two replicas that meet: with other flags, with an API server that is slow or hangs, and with a Lease between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from natsop_runtime.leader_election import RELEASE_TIMEOUT, RESTORED_WITHIN, LeadershipLostError
from natsop_runtime.settings import MAX_LEASE_DURATION
from tests.unit.natsop_runtime.lease_api import DURATION, LeaseApi, Object, Operator, clock, in_virtual_time

LONG = 4 * DURATION
RETRY = DURATION * 2 / 15
RENEW_DEADLINE = DURATION * 2 / 3


@asynccontextmanager
async def in_background(*coroutines: object) -> AsyncIterator[list[asyncio.Task[None]]]:
    tasks = [asyncio.ensure_future(each) for each in coroutines]  # type: ignore[call-overload]
    yield tasks
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


def held_by(holder: str, **spec: object) -> Object:
    metadata = {"name": "nats-operator", "namespace": "nats-system", "resourceVersion": "99"}
    return {"metadata": metadata, "spec": {"holderIdentity": holder, **spec}}


@pytest.mark.parametrize(
    ("leaders", "standbys", "waits"),
    [
        (LONG, DURATION, LONG),
        (DURATION, LONG, LONG),
        (MAX_LEASE_DURATION, 2, MAX_LEASE_DURATION),
        (2 * MAX_LEASE_DURATION, 2, MAX_LEASE_DURATION),
    ],
    ids=["as the Lease states", "its own duration at least", "however long the flag may be", "not for ever"],
)
def test_a_standby_waits_by_what_the_lease_states_and_by_its_own_flag(leaders: int, standbys: int, waits: int) -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, standby = Operator("leader", api, duration=leaders), Operator("standby", api, duration=standbys)
        await leader.elector.acquire()  # and never says anything again
        begun = clock()
        await standby.elector.acquire()
        assert waits <= clock() - begun <= waits + standbys * 2 / 15

    in_virtual_time(story)


def test_each_renewal_that_a_standby_sees_begins_the_time_anew() -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, standby = Operator("leader", api), Operator("standby", api)
        standby.rivals = [leader]
        await leader.elector.acquire()
        async with in_background(leader.elector.keep()), in_background(standby.elector.acquire()) as [waiting]:
            await asyncio.sleep(10 * DURATION)
            assert not waiting.done()

    in_virtual_time(story)


@pytest.mark.parametrize("found", [None, held_by(""), held_by("", leaseDurationSeconds=DURATION)])
def test_a_lease_without_a_holder_is_taken_after_a_whole_duration(
    found: Object | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")

    async def story() -> None:
        newcomer = Operator("newcomer", LeaseApi(found))
        begun = clock()
        await newcomer.elector.acquire()
        assert DURATION <= clock() - begun <= DURATION + RETRY

    in_virtual_time(story)
    assert caplog.messages == [
        "Lease nats-system/nats-operator is absent or has no holder; waiting 15 s for a leader to restore it"
    ]


@pytest.mark.parametrize("left", [None, held_by(""), held_by("", leaseDurationSeconds=DURATION)])
def test_a_newcomer_waits_for_a_leader_whose_lease_was_deleted_and_who_cannot_restore_it(left: Object | None) -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, newcomer = Operator("leader", api), Operator("newcomer", LeaseApi(left))
        leader.rivals, newcomer.rivals = [newcomer], [leader]
        await leader.elector.acquire()
        api.hangs = 1000
        async with in_background(leader.elector.keep()):
            begun = clock()
            await newcomer.elector.acquire()
            assert clock() - begun >= DURATION

    in_virtual_time(story)


@pytest.mark.parametrize("newcomers", [2, DURATION])
@pytest.mark.parametrize("leaders", [2, LONG, MAX_LEASE_DURATION])
def test_a_leader_restores_a_deleted_lease_before_a_newcomer_of_any_duration_takes_it(
    leaders: int, newcomers: int
) -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, newcomer = Operator("leader", api, duration=leaders), Operator("newcomer", api, duration=newcomers)
        newcomer.rivals = [leader]
        await leader.elector.acquire()
        async with in_background(leader.elector.keep(), newcomer.elector.acquire()) as [_, waiting]:
            for _ in range(10):
                api.lease = None
                await asyncio.sleep(RESTORED_WITHIN - 0.1)
                assert api.lease is not None
                assert api.lease["spec"]["holderIdentity"] == "leader-1"
            assert leader.fence.is_open
            assert not waiting.done()

    in_virtual_time(story)


def test_a_standby_that_was_cut_off_waits_for_a_leader_that_it_has_never_seen() -> None:
    """It remembers an older leader, whose Lease expired long ago; the Lease of the present one was deleted."""

    async def story() -> None:
        api = LeaseApi(held_by("older", leaseDurationSeconds=DURATION))
        seen_by_standby = LeaseApi(api.lease)
        leader, standby = Operator("leader", api), Operator("standby", seen_by_standby)
        leader.rivals, standby.rivals = [standby], [leader]
        async with in_background(standby.elector.acquire()) as [waiting]:
            await asyncio.sleep(1)
            seen_by_standby.is_silent = True
            await leader.elector.acquire()
            seen_by_standby.lease, seen_by_standby.is_silent = None, False
            await asyncio.sleep(DURATION - RETRY)
            assert not waiting.done()
            await waiting

    in_virtual_time(story)


def test_a_lease_is_valid_for_as_long_as_its_duration_and_not_a_moment_less() -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, standby = Operator("leader", api), Operator("standby", api)
        await leader.elector.acquire()
        async with in_background(standby.elector.acquire()) as [waiting]:
            await asyncio.sleep(DURATION - 0.1)
            assert not waiting.done()
            await asyncio.sleep(RETRY + 0.2)
            assert waiting.done()

    in_virtual_time(story)


@pytest.mark.parametrize("slowness", [0.0, RENEW_DEADLINE / 2 - 0.5])
def test_a_leader_keeps_the_lease_when_answers_are_slow(slowness: float) -> None:
    async def story() -> None:
        api = LeaseApi()
        leader, standby = Operator("leader", api), Operator("standby", api)
        leader.rivals, standby.rivals = [standby], [leader]
        api.slowness = slowness
        await leader.elector.acquire()
        async with in_background(leader.elector.keep(), standby.elector.acquire()) as [keeping, waiting]:
            await asyncio.sleep(10 * DURATION)
            assert leader.fence.is_open
            assert not keeping.done()
            assert not waiting.done()

    in_virtual_time(story)


def test_one_renewal_that_is_never_answered_costs_no_lease() -> None:
    async def story() -> None:
        api = LeaseApi()
        leader = Operator("leader", api)
        await leader.elector.acquire()
        api.hangs = 1
        async with in_background(leader.elector.keep()) as [keeping]:
            for _ in range(20):
                await asyncio.sleep(1)
                assert leader.fence.is_open
            assert not keeping.done()

    in_virtual_time(story)


def test_a_leader_whose_renewals_are_never_answered_ends(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        api = LeaseApi()
        leader = Operator("leader", api)
        await leader.elector.acquire()
        api.hangs = 1000
        begun = clock()
        with pytest.raises(LeadershipLostError):
            await leader.elector.keep()
        assert RENEW_DEADLINE <= clock() - begun <= RENEW_DEADLINE + RENEW_DEADLINE / 2 + RETRY

    in_virtual_time(story)
    assert caplog.messages == ["could not acquire or renew Lease nats-system/nats-operator: timeout; trying again"]


def test_what_somebody_else_holds_is_not_released() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        api.lease = taken = held_by("somebody", leaseDurationSeconds=DURATION)
        await operator.elector.release()
        assert api.lease == taken
        assert not operator.fence.is_open

    in_virtual_time(story)


def test_a_lease_that_is_gone_needs_no_release() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        api.lease = None
        await operator.elector.release()
        assert api.lease is None

    in_virtual_time(story)


def test_a_release_that_is_never_answered_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        api.hangs = 1
        begun = clock()
        await operator.elector.release()
        assert clock() - begun == RELEASE_TIMEOUT
        assert not operator.fence.is_open

    in_virtual_time(story)
    assert caplog.messages == ["could not release Lease nats-system/nats-operator: timeout"]


def test_a_lease_that_was_released_says_so_as_client_go_does() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        await asyncio.sleep(3)
        await operator.elector.release()
        assert api.lease is not None
        assert api.lease["spec"] == {
            "leaseDurationSeconds": 1,
            "renewTime": "2026-01-01T00:00:19.000000+00:00",
            "leaseTransitions": 0,
        }

    in_virtual_time(story)


def test_a_leader_renews_without_reading_and_says_since_when_it_leads() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        assert api.lease is not None
        acquired = api.lease["spec"]
        reads = api.reads
        async with in_background(operator.elector.keep()):
            await asyncio.sleep(3 * RETRY + 0.1)
        renewed = api.lease["spec"]
        assert api.reads == reads
        assert [b - a for a, b in zip(api.written_at, api.written_at[1:], strict=False)] == [RETRY] * 3
        assert renewed == {**acquired, "renewTime": renewed["renewTime"]}
        assert renewed["renewTime"] > acquired["renewTime"]
        assert (acquired["holderIdentity"], acquired["leaseDurationSeconds"]) == ("a-1", DURATION)

    in_virtual_time(story)
