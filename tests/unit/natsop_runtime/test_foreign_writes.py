"""A second operator is reported; this one, its answers late or lost, and its predecessor never are."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from natsop_core.kinds import CLUSTERS, CONFIG_MAPS
from natsop_core.live import Controller, LiveObject
from natsop_runtime.api_server.errors import ConflictError, UnavailableError
from natsop_runtime.foreign_writes import SETTLED_AFTER, WARN_EVERY, ForeignWrites
from tests.unit.natsop_runtime.lease_api import in_virtual_time

KEY = CONFIG_MAPS.key("prod", "c-config")
CLUSTER = CLUSTERS.key("prod", "c")
CONTROLLER = Controller("nats.crewlet.cloud/v1alpha1", "NatsCluster", "c", "uid-c")
OWNED = '{"f:metadata":{"f:annotations":{"f:nats.crewlet.cloud/applied":{}}}}'


def live(applied: str) -> LiveObject:
    return LiveObject("uid", "5", CONTROLLER, applied=applied, owned_fields=OWNED)


def with_status_of(second: int) -> dict[str, Any]:
    entry = {"manager": "nats-operator", "subresource": "status", "time": f"2026-01-02T03:04:{second:02}Z"}
    return {"metadata": {"uid": "uid-c", "managedFields": [entry]}}


class Story:
    """An operator that has worked for long enough, and the kinds of the writes that it reported."""

    def __init__(self) -> None:
        self.reported: list[str] = []
        self.writes = ForeignWrites(self.reported.append)

    async def settle(self) -> None:
        self.writes.begin()
        await asyncio.sleep(SETTLED_AFTER)

    def changed(self, before: str, now: str) -> None:
        self.writes.object_changed(KEY, live(before), live(now))


def test_an_object_that_another_operator_applied_is_counted_each_time_and_warned_of_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        for number in range(3):
            world.changed(f"ours {number}", f"theirs {number}")
        assert world.reported == ["ConfigMap"] * 3
        [record] = caplog.records
        assert record.levelname == "WARNING"
        assert "ConfigMap prod/c-config was written by another process" in record.message
        assert "--leader-elect" in record.message
        await asyncio.sleep(WARN_EVERY)
        world.changed("ours", "theirs")
        assert len(caplog.records) == 2

    in_virtual_time(story)


def test_an_apply_of_ours_is_none_whether_the_watch_or_the_answer_comes_first() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        with world.writes.applying(KEY, "new"):
            world.changed("old", "new")
        with world.writes.applying(KEY, "newer"):
            pass
        world.changed("new", "newer")
        assert world.reported == []
        world.changed("newer", "new")
        assert world.reported == ["ConfigMap"], "what is there again after our own was applied by somebody else"

    in_virtual_time(story)


def test_an_apply_that_was_not_answered_may_have_been_carried_out_and_a_refused_one_was_not() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        for error in (UnavailableError("timeout"), asyncio.CancelledError()):
            with pytest.raises(type(error)), world.writes.applying(KEY, "new"):
                raise error
            world.changed("old", "new")
            assert world.reported == []
        with pytest.raises(ConflictError), world.writes.applying(KEY, "new"):
            raise ConflictError("changed")
        world.changed("old", "new")
        assert world.reported == ["ConfigMap"]

    in_virtual_time(story)


def test_a_refused_apply_takes_nothing_back_from_one_before_it() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        with world.writes.applying(KEY, "new"):
            pass
        with pytest.raises(ConflictError), world.writes.applying(KEY, "new"):
            raise ConflictError("changed")
        world.changed("old", "new")
        assert world.reported == []

    in_virtual_time(story)


def test_nothing_is_reported_while_another_leads_or_its_last_writes_may_arrive() -> None:
    async def story() -> None:
        world = Story()
        world.changed("old", "new")
        world.writes.begin()
        await asyncio.sleep(SETTLED_AFTER - 0.1)
        world.changed("new", "newer")
        assert world.reported == []

    in_virtual_time(story)


def test_of_an_object_that_is_gone_nothing_is_remembered() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        with world.writes.applying(KEY, "new"):
            pass
        world.writes.object_changed(KEY, live("old"), None)
        world.changed("old", "new")
        assert world.reported == ["ConfigMap"]

    in_virtual_time(story)


def test_a_status_that_another_operator_wrote_between_two_reconciliations_is_reported() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        world.writes.status_read(CLUSTER, with_status_of(1))
        assert world.reported == [], "a predecessor's"
        world.writes.status_read(CLUSTER, with_status_of(2))
        world.writes.status_read(CLUSTER, with_status_of(2))
        assert world.reported == ["NatsCluster"]

    in_virtual_time(story)


def test_a_status_of_our_own_is_not_reported_even_where_its_answer_was_lost() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        world.writes.status_read(CLUSTER, with_status_of(1))
        with world.writes.writing_status(CLUSTER):
            pass
        world.writes.status_written(CLUSTER, with_status_of(2))
        world.writes.status_read(CLUSTER, with_status_of(2))
        with pytest.raises(UnavailableError), world.writes.writing_status(CLUSTER):
            raise UnavailableError("timeout")
        world.writes.status_read(CLUSTER, with_status_of(3))
        assert world.reported == []

    in_virtual_time(story)


def test_who_loses_the_race_for_a_status_reports_the_one_that_won() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        world.writes.status_read(CLUSTER, with_status_of(1))
        with pytest.raises(ConflictError), world.writes.writing_status(CLUSTER):
            raise ConflictError("changed")
        world.writes.status_read(CLUSTER, with_status_of(2))
        assert world.reported == ["NatsCluster"]

    in_virtual_time(story)


def test_a_custom_resource_of_the_same_name_is_another_one() -> None:
    async def story() -> None:
        world = Story()
        await world.settle()
        world.writes.status_read(CLUSTER, with_status_of(1))
        world.writes.forget(CLUSTER)
        world.writes.status_read(CLUSTER, with_status_of(2))
        assert world.reported == []

    in_virtual_time(story)
