"""Requests that are refused: told apart from outages, and a refused namespace is one line for all its kinds."""

from __future__ import annotations

import asyncio

from natsop_core.kinds import CLUSTERS, SECRETS
from natsop_runtime.api_server.errors import ForbiddenError, GoneError, NotFoundError, UnauthorizedError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.cache.outages import REFUSED_AFTER, TOLD_AFTER, Outages
from tests.unit.natsop_runtime.cache.outage_log import AWAY, CLUSTER, WATCHES, told
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.logged import logged, messages

REFUSED = ForbiddenError("no rights")
GONE = tuple(Selection(kind, namespace="gone") for kind in (CLUSTERS, SECRETS))
LONG = 100.0


def test_watches_that_have_never_worked_are_all_there_are() -> None:
    async def story(outages: Outages) -> None:
        for watch in WATCHES:
            outages.fails(watch, AWAY)
        await asyncio.sleep(LONG)

    assert told(story, ()) == ["API server unavailable for all 4 watches: connection refused"]


def test_a_first_reconciliation_that_fails_is_an_outage_before_anything_has_worked() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(CLUSTER, AWAY)
        assert outages.is_on
        await asyncio.sleep(LONG)

    assert told(story, ()) == ["API server unavailable for NatsCluster prod/c: connection refused"]


def test_a_watch_that_is_stopped_is_not_missed_where_all_fail() -> None:
    async def story(outages: Outages) -> None:
        outages.forget(WATCHES[3:])
        for watch in WATCHES[:3]:
            outages.fails(watch, AWAY)
        await asyncio.sleep(LONG)

    assert told(story) == ["API server unavailable for all 3 watches: connection refused"]


def test_credentials_that_are_not_accepted_are_an_outage() -> None:
    async def story(outages: Outages) -> None:
        for watch in WATCHES:
            outages.fails(watch, UnauthorizedError("the token has expired"))
        await asyncio.sleep(LONG)

    assert told(story) == ["API server unavailable for all 4 watches: the token has expired"]


def test_moments_of_failure_do_not_add_up_to_an_outage() -> None:
    async def story(outages: Outages) -> None:
        for _ in range(10):
            outages.fails(WATCHES[0], AWAY)
            await asyncio.sleep(TOLD_AFTER * 0.7)
            outages.works(WATCHES[0])

    assert told(story) == []


def test_a_refusal_is_believed_only_after_it_has_lasted() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(WATCHES[0], AWAY)
        for error in (REFUSED, AWAY, REFUSED):
            await asyncio.sleep(REFUSED_AFTER * 0.6)
            outages.fails(WATCHES[0], error)
            assert outages.is_on
        await asyncio.sleep(REFUSED_AFTER)
        outages.fails(WATCHES[0], REFUSED)
        assert not outages.is_on

    assert told(story)[1:] == ["API server available again, after 28 s", "cannot watch natsclusters: no rights"]


def test_what_was_refused_for_long_in_an_outage_and_works_before_its_end_is_not_told() -> None:
    async def story(outages: Outages) -> None:
        for watch in WATCHES[:2]:
            outages.fails(watch, AWAY)
        outages.fails(WATCHES[0], REFUSED)
        await asyncio.sleep(REFUSED_AFTER)
        outages.fails(WATCHES[0], REFUSED)
        outages.works(WATCHES[0])
        outages.works(WATCHES[1])

    assert told(story)[1:] == ["API server available again, after 10 s"]


def test_a_refused_namespace_is_told_once_until_all_of_it_is_served_again() -> None:
    async def story(outages: Outages) -> None:
        for _ in range(2):
            for watch in GONE:
                outages.fails(watch, REFUSED)
            for watch in GONE:
                outages.works(watch)

    assert told(story, ()) == 2 * [
        "namespace gone is not served, or only in part: no rights",
        "namespace gone is served again",
    ]


def test_a_namespace_that_is_known_to_refuse_is_not_told_and_no_reconciliation_ends_that() -> None:
    async def story(outages: Outages) -> None:
        outages.are_known(["gone", "prod"])
        outages.fails(GONE[0], REFUSED)
        outages.works(CLUSTER)
        outages.works(GONE[0])

    assert told(story, ()) == ["namespace gone is served again"]


def test_a_stopped_watch_does_not_keep_its_namespace_from_being_served_again() -> None:
    async def story(outages: Outages) -> None:
        for watch in GONE:
            outages.fails(watch, REFUSED)
        outages.forget(GONE[1:])
        outages.works(GONE[0])

    assert told(story, ())[1:] == ["namespace gone is served again"]


def test_a_refused_watch_that_was_stopped_is_told_of_again_when_it_is_started_and_refused() -> None:
    async def story(outages: Outages) -> None:
        for _ in range(2):
            outages.fails(WATCHES[0], REFUSED)
            outages.forget(WATCHES[:1])

    assert told(story) == 2 * ["cannot watch natsclusters: no rights"]


def test_a_kind_that_is_not_served_is_told_with_the_namespace() -> None:
    async def story(outages: Outages) -> None:
        outages.fails(GONE[0], NotFoundError("404"))

    assert told(story, ()) == ["natsclusters in namespace gone are not served: 404"]


def test_a_list_that_is_too_old_is_for_the_debug_log_and_a_reconciliation_is_never_too_old() -> None:
    async def story() -> None:
        outages = Outages()
        outages.fails(WATCHES[0], GoneError("too old resource version"))
        outages.fails(CLUSTER, GoneError("gone"))

    with logged("DEBUG") as lines:
        in_virtual_time(story)
    assert messages(lines) == [
        "listing natsclusters again: too old resource version",
        "cannot reconcile NatsCluster prod/c: gone",
    ]
