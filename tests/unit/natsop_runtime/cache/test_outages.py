"""An outage is one line when it begins and one when it ends, however many notice it and however often."""

from __future__ import annotations

import asyncio

from natsop_core.kinds import CLUSTERS, PODS
from natsop_runtime.api_server.errors import ForbiddenError, GoneError, NotFoundError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.cache.outages import REFUSED_AFTER, TOLD_AFTER, Outages
from natsop_runtime.logs import about
from tests.unit.natsop_runtime.cache.outage_log import AWAY, CLUSTER, WATCHES, told


def test_an_outage_is_two_lines() -> None:
    async def story(outages: Outages) -> None:
        for _ in range(10):
            for watch in WATCHES:
                outages.fails(watch, AWAY)
            outages.fails(CLUSTER, AWAY)
            assert outages.is_on
            await asyncio.sleep(3)
        for source in (*WATCHES, CLUSTER):
            outages.works(source)
        assert not outages.is_on
        await asyncio.sleep(100)

    assert told(story) == [
        "API server unavailable for all 4 watches: connection refused",
        "API server available again, after 30 s",
    ]


def test_a_moment_is_no_outage() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(WATCHES[0], AWAY)
        await asyncio.sleep(TOLD_AFTER / 2)
        outages.works(WATCHES[0])
        await asyncio.sleep(100)

    assert told(story) == []


def test_trouble_with_some_is_told_by_name_and_once_more_when_it_is_with_all() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(WATCHES[2], AWAY)
        outages.fails(WATCHES[3], AWAY)
        await asyncio.sleep(100)
        for watch in WATCHES:
            outages.fails(watch, AWAY)
        await asyncio.sleep(100)

    assert told(story) == [
        "API server unavailable for statefulsets: connection refused",
        "API server unavailable for all 4 watches: connection refused",
    ]


def test_the_namespaces_are_named_where_there_are_some() -> None:
    watches = tuple(Selection(kind, namespace=namespace) for kind in (CLUSTERS, PODS) for namespace in ("a", "b"))

    async def story(outages: Outages) -> None:
        for watch in watches:
            outages.fails(watch, AWAY)
        await asyncio.sleep(100)

    assert told(story, watches) == [
        "API server unavailable for all 4 watches in the namespaces a, b: connection refused"
    ]


def test_a_reconciliation_that_notices_it_alone_is_named_and_is_not_what_the_line_is_about() -> None:
    async def story(outages: Outages) -> None:
        with about(CLUSTER):
            outages.fails(CLUSTER, AWAY)
            await asyncio.sleep(100)
            outages.works(CLUSTER)

    assert told(story) == [
        "API server unavailable for NatsCluster prod/c: connection refused",
        "API server available again, after 100 s",
    ]


def test_what_an_api_server_refuses_while_it_starts_is_part_of_the_outage_and_what_it_refuses_then_is_told() -> None:
    async def story(outages: Outages) -> None:
        for watch in WATCHES:
            outages.fails(watch, AWAY)
        await asyncio.sleep(30)
        for watch in WATCHES[:3]:
            outages.fails(watch, ForbiddenError("no rights"))
        outages.works(WATCHES[3])
        await asyncio.sleep(REFUSED_AFTER / 2)
        outages.fails(WATCHES[1], ForbiddenError("no rights"))
        outages.works(WATCHES[0])
        outages.works(WATCHES[2])
        await asyncio.sleep(REFUSED_AFTER / 2)
        assert outages.is_on
        outages.fails(WATCHES[1], ForbiddenError("no rights"))
        assert not outages.is_on

    assert told(story) == [
        "API server unavailable for all 4 watches: connection refused",
        "API server available again, after 40 s",
        "cannot watch secrets: no rights",
    ]


def test_watches_that_work_again_end_an_outage_before_each_custom_resource_has_been_tried_again() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(CLUSTER, AWAY)
        outages.fails(WATCHES[0], AWAY)
        await asyncio.sleep(30)
        outages.works(WATCHES[0])
        assert not outages.is_on
        outages.works(CLUSTER)

    assert told(story)[1:] == ["API server available again, after 30 s"]


def test_a_watch_that_is_stopped_does_not_prolong_an_outage() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(WATCHES[0], AWAY)
        outages.fails(WATCHES[1], AWAY)
        await asyncio.sleep(30)
        outages.works(WATCHES[0])
        outages.forget(WATCHES[1:2])
        assert not outages.is_on

    assert told(story)[1:] == ["API server available again, after 30 s"]


def test_a_lost_right_is_told_once_for_each_kind_however_many_watches_it_has() -> None:
    async def story(outages: Outages) -> None:
        for _ in range(3):
            for watch in WATCHES[1:]:
                outages.fails(watch, ForbiddenError("no rights"))
        await asyncio.sleep(100)
        assert not outages.is_on
        for watch in WATCHES[1:]:
            outages.works(watch)

    assert told(story) == [
        "cannot watch secrets: no rights",
        "cannot watch statefulsets: no rights",
        "watching secrets again",
        "watching statefulsets again",
    ]


def test_a_kind_that_is_not_served_and_a_custom_resource_that_is_refused_are_told_once() -> None:
    async def story(outages: Outages) -> None:
        for _ in range(3):
            outages.fails(WATCHES[0], NotFoundError("404"))
            outages.fails(CLUSTER, ForbiddenError("no rights"))
        outages.works(CLUSTER)
        outages.works(CLUSTER)

    assert told(story) == [
        "natsclusters are not served: 404",
        "cannot reconcile NatsCluster prod/c: no rights",
        "reconciling NatsCluster prod/c again",
    ]


def test_a_version_that_is_too_old_is_no_trouble() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(WATCHES[0], GoneError("too old resource version"))
        await asyncio.sleep(100)

    assert told(story) == []
