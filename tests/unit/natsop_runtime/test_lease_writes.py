"""What a replica writes into its Lease, when it tries again after a conflict or an error, and what it logs."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natsop_core.kinds import ApiResource
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import ApiError, ConflictError, ForbiddenError, UnavailableError
from natsop_runtime.leader_election import Fence, LeadershipLostError
from tests.unit.natsop_runtime.lease_api import DURATION, LeaseApi, Object, Operator, clock, in_virtual_time

RETRY = DURATION * 2 / 15


def failed(reason: str) -> str:
    """What is logged when the Lease cannot be acquired or renewed."""
    return f"could not acquire or renew Lease nats-system/nats-operator: {reason}; trying again"


class FailingApi(LeaseApi):
    """The next reads fail with these errors."""

    def __init__(self, *errors: ApiError) -> None:
        super().__init__()
        self.errors = list(errors)

    async def get(self, resource: ApiResource, key: ObjectKey) -> Object:
        if self.errors:
            raise self.errors.pop(0)
        return await super().get(resource, key)


def edited_by(holder: str, lease: Object | None, **spec: Any) -> Object:
    """The Lease as somebody else leaves it."""
    assert lease is not None
    metadata = {**lease["metadata"], "resourceVersion": "99"}
    return {**lease, "metadata": metadata, "spec": {**lease["spec"], "holderIdentity": holder, **spec}}


def test_a_lease_is_created_where_and_as_what_it_is_looked_for() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        assert api.lease is not None
        assert (api.lease["apiVersion"], api.lease["kind"]) == ("coordination.k8s.io/v1", "Lease")
        names = api.lease["metadata"]["namespace"], api.lease["metadata"]["name"]
        assert names == ("nats-system", "nats-operator") == (operator.elector.namespace, operator.elector.name)

    in_virtual_time(story)


def test_a_renewal_that_meets_a_conflict_reads_the_lease_and_renews_it_at_once() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        keeping = asyncio.create_task(operator.elector.keep())
        api.lease = edited_by("a-1", api.lease)
        await asyncio.sleep(RETRY + 0.1)
        assert api.written_at[1:] == [api.written_at[0] + RETRY]
        keeping.cancel()

    in_virtual_time(story)


def test_a_leader_stops_at_the_renewal_that_finds_another_holder() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        began = clock()
        api.lease = edited_by("somebody", api.lease)
        with pytest.raises(LeadershipLostError, match="somebody"):
            await operator.elector.keep()
        assert clock() - began == RETRY
        assert not operator.fence.is_open

    in_virtual_time(story)


@pytest.mark.parametrize("holder", ["", None])
def test_a_leader_puts_itself_back_into_its_lease_with_the_next_renewal(holder: Any) -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        keeping = asyncio.create_task(operator.elector.keep())
        api.lease = edited_by(holder, api.lease)
        await asyncio.sleep(RETRY + 0.1)
        assert api.lease["spec"]["holderIdentity"] == "a-1"
        keeping.cancel()

    in_virtual_time(story)


def test_why_the_lease_cannot_be_acquired_is_logged_once_for_each_reason_and_again_when_it_returns(
    caplog: pytest.LogCaptureFixture,
) -> None:
    away, forbidden = UnavailableError("connection refused"), ForbiddenError("no right")

    async def story() -> None:
        api = FailingApi(away, away, forbidden, forbidden, away)
        operator = Operator("a", api)
        await operator.elector.acquire()
        await operator.elector.release()
        api.errors = [away]
        await operator.elector.acquire()

    in_virtual_time(story)
    reasons = ["connection refused", "no right", "connection refused", "connection refused"]
    assert caplog.messages == [failed(reason) for reason in reasons]


def test_a_lease_that_cannot_be_released_is_logged_with_the_reason(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        api = FailingApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        api.errors = [UnavailableError("connection refused")]
        await operator.elector.release()

    in_virtual_time(story)
    assert caplog.messages == ["could not release Lease nats-system/nats-operator: connection refused"]


def test_a_term_does_not_include_its_last_moment() -> None:
    fence = Fence(lambda: 100.0)
    fence.extend(100.0)
    assert not fence.is_open
    fence.extend(100.1)
    assert fence.is_open


def test_a_takeover_says_since_when_it_leads_and_a_renewal_fills_in_what_somebody_removed() -> None:
    async def story() -> None:
        api = LeaseApi()
        first, second = Operator("first", api), Operator("second", api)
        await first.elector.acquire()
        assert api.lease is not None
        led_before = api.lease["spec"]["acquireTime"]
        await second.elector.acquire()
        assert api.lease["spec"]["acquireTime"] == api.lease["spec"]["renewTime"] > led_before
        keeping = asyncio.create_task(second.elector.keep())
        api.lease = edited_by("second-1", api.lease, acquireTime=None)
        await asyncio.sleep(RETRY + 0.1)
        assert api.lease["spec"]["acquireTime"] == api.lease["spec"]["renewTime"]
        keeping.cancel()

    in_virtual_time(story)


def test_a_lease_of_two_seconds_is_taken_over_after_two_seconds() -> None:
    async def story() -> None:
        api = LeaseApi()
        await Operator("first", api, duration=2).elector.acquire()
        began = clock()
        await Operator("second", api, duration=2).elector.acquire()
        assert 2 <= clock() - began <= 2 + 2 * 2 / 15

    in_virtual_time(story)


def test_an_api_server_that_fails_makes_nobody_a_leader() -> None:
    async def story() -> None:
        api = FailingApi(UnavailableError("away"))
        operator = Operator("a", api)
        await operator.elector.acquire()
        assert operator.fence.is_open
        assert api.lease is not None
        assert api.lease["spec"]["holderIdentity"] == "a-1"

    in_virtual_time(story)


def test_a_lease_that_changes_at_each_attempt_is_tried_once_in_each_period(caplog: pytest.LogCaptureFixture) -> None:
    class Contended(LeaseApi):
        attempts = 0

        async def replace(self, _resource: ApiResource, _body: Object) -> Object:
            self.attempts += 1
            raise ConflictError("changed")

    async def story() -> None:
        released = {"metadata": {"resourceVersion": "1"}, "spec": {"leaseDurationSeconds": 1}}
        api = Contended(released)
        acquiring = asyncio.create_task(Operator("a", api).elector.acquire())
        await asyncio.sleep(10 * RETRY + 0.1)
        assert api.attempts == 11
        acquiring.cancel()

    in_virtual_time(story)
    assert caplog.messages == [], "a conflict is no trouble"


def test_a_lease_that_was_changed_or_deleted_is_no_trouble(caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        keeping = asyncio.create_task(operator.elector.keep())
        api.lease = edited_by("a-1", api.lease)
        await asyncio.sleep(RETRY + 0.1)
        api.lease = None
        await asyncio.sleep(RETRY)
        assert api.lease is not None
        keeping.cancel()

    in_virtual_time(story)
    assert caplog.messages == []


def test_after_a_renewal_without_an_answer_the_lease_is_read_again() -> None:
    """It may have been carried out: then what we know of the Lease is outdated."""

    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        reads, api.hangs = api.reads, 1
        keeping = asyncio.create_task(operator.elector.keep())
        await asyncio.sleep(DURATION)
        assert operator.fence.is_open
        assert api.reads == reads + 1
        keeping.cancel()

    in_virtual_time(story)


def test_a_leader_that_stood_by_before_survives_a_renewal_that_fails() -> None:
    async def story() -> None:
        api = LeaseApi()
        await Operator("first", api).elector.acquire()
        second = Operator("second", api)
        await second.elector.acquire()
        api.hangs = 1
        keeping = asyncio.create_task(second.elector.keep())
        await asyncio.sleep(DURATION)
        assert not keeping.done()
        assert second.fence.is_open
        keeping.cancel()

    in_virtual_time(story)


def test_a_standby_names_the_holder_once_whatever_fails_meanwhile(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")

    async def story() -> None:
        api = FailingApi()
        await Operator("leader", api).elector.acquire()
        standby = asyncio.create_task(Operator("standby", api).elector.acquire())
        caplog.clear()
        await asyncio.sleep(RETRY / 2)
        api.errors = [UnavailableError("away")]
        await standby

    in_virtual_time(story)
    assert caplog.messages == ["standing by: leader-1 holds Lease nats-system/nats-operator", failed("away")]


def test_a_lease_that_somebody_emptied_needs_no_release() -> None:
    async def story() -> None:
        api = LeaseApi()
        operator = Operator("a", api)
        await operator.elector.acquire()
        api.lease = emptied = {"metadata": {"resourceVersion": "99"}, "spec": None}
        await operator.elector.release()
        assert api.lease == emptied

    in_virtual_time(story)
