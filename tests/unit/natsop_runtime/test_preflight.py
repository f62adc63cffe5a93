"""What is waited for at the start, for how long, and what is not."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import httpx2
import pytest

from natsop_core.kinds import CLUSTERS, SECRETS
from natsop_core.rights import Right, demands
from natsop_runtime import preflight
from natsop_runtime.api_server.kube import Kube, Selection
from natsop_runtime.preflight import REFUSED_SECONDS, UNAVAILABLE_SECONDS, NotReadyError
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.small_api import failure, kube_over

USER = "system:serviceaccount:nats-system:nats-operator"


class Api:
    """Lets do everything, but in the namespaces of `refusing`; `troubles` answer first, each for so many seconds."""

    def __init__(self, *troubles: tuple[float, Callable[[], httpx2.Response]], refusing: Sequence[str] = ()) -> None:
        self.troubles = list(troubles)
        self.refusing = refusing
        self.listed: list[str] = []
        self.reviews = self.busy = self.most_busy = 0

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        now = clock()
        for seconds, answer in self.troubles:
            if now < seconds:
                return answer()
        if request.method == "POST":
            return await self._review(json.loads(request.content))
        self.listed.append(request.url.path)
        return httpx2.Response(200, json={"metadata": {"resourceVersion": "1"}, "items": []})

    async def _review(self, body: dict[str, Any]) -> httpx2.Response:
        self.reviews += 1
        self.busy += 1
        self.most_busy = max(self.most_busy, self.busy)
        await asyncio.sleep(0.001)
        self.busy -= 1
        if body["kind"] == "SelfSubjectReview":
            return httpx2.Response(201, json={"status": {"userInfo": {"username": USER}}})
        namespace = body["spec"]["resourceAttributes"].get("namespace", "")
        return httpx2.Response(201, json={"status": {"allowed": namespace not in self.refusing}})


def started(api: Api, *namespaces: str) -> tuple[tuple[str, ...], float]:
    """The namespaces that are not served at first, and when that was known."""

    async def story() -> tuple[tuple[str, ...], float]:
        async with kube_over(api) as kube:
            unserved = await preflight.retry_until_ready(lambda: look(kube, namespaces))
            return unserved, clock()

    return in_virtual_time(story)


def look(
    kube: Kube, namespaces: Sequence[str], granted: set[tuple[str, Right]] | None = None
) -> Awaitable[tuple[str, ...]]:
    selections = [Selection(kind, namespace=each) for each in namespaces or ("",) for kind in (CLUSTERS, SECRETS)]
    asked = demands(namespaces, lease=None, reviews=False, nack=True)
    return preflight.check(kube, selections, asked, set() if granted is None else granted)


def refuse_connection() -> httpx2.Response:
    raise httpx2.ConnectError("connection refused")


@pytest.mark.parametrize(
    "answer",
    [
        lambda: failure(429, headers={"Retry-After": "1"}),
        lambda: failure(503),
        lambda: failure(500, "etcdserver: leader changed"),
        refuse_connection,
    ],
    ids=["429", "503", "500", "refused"],
)
def test_an_api_server_that_restarts_is_waited_for(
    answer: Callable[[], httpx2.Response], caplog: pytest.LogCaptureFixture
) -> None:
    unserved, seconds = started(Api((50.0, answer)))
    assert unserved == ()
    assert 50 <= seconds < UNAVAILABLE_SECONDS
    [said] = caplog.messages
    assert said.startswith("Cannot reach the API server at http://small-api:")


def test_one_that_does_not_come_back_is_waited_for_a_minute() -> None:
    async def story() -> float:
        async with kube_over(Api((3600.0, refuse_connection))) as kube:
            with pytest.raises(NotReadyError, match="Cannot reach the API server at http://small-api"):
                await preflight.retry_until_ready(lambda: look(kube, ()))
            return clock()

    assert UNAVAILABLE_SECONDS <= in_virtual_time(story) < UNAVAILABLE_SECONDS + 10


@pytest.mark.parametrize("code", [401, 404])
def test_a_refusal_that_stays_ends_it_soon(code: int) -> None:
    async def story() -> float:
        async with kube_over(Api((3600.0, lambda: failure(code)))) as kube:
            with pytest.raises(NotReadyError):
                await preflight.retry_until_ready(lambda: look(kube, ()))
            return clock()

    assert REFUSED_SECONDS <= in_virtual_time(story) < REFUSED_SECONDS + 10


def test_rights_that_come_just_after_the_operator_are_waited_for() -> None:
    api = Api(refusing=["prod"])

    async def story() -> tuple[str, ...]:
        async with kube_over(api) as kube:
            starting = asyncio.create_task(preflight.retry_until_ready(lambda: look(kube, ["prod"])))
            await asyncio.sleep(1)
            api.refusing = ()
            return await starting

    assert in_virtual_time(story) == ()


def test_trouble_of_another_kind_is_waited_for_anew() -> None:
    refused_until = 50.0 + preflight.BACKOFF.most  # no wait is longer: it is refused at least once
    unserved, seconds = started(
        Api((50.0, refuse_connection), (refused_until, lambda: failure(401)), (100.0, lambda: failure(503)))
    )
    assert unserved == ()
    assert 100 <= seconds < 110


def test_a_namespace_that_is_gone_is_left_out_and_named(caplog: pytest.LogCaptureFixture) -> None:
    api = Api(refusing=["gone"])
    unserved, _ = started(api, "gone", "prod")
    assert unserved == ("gone",)
    assert api.listed
    assert all("/namespaces/prod/" in path for path in api.listed), "the first that is served is tried"
    [said] = caplog.messages
    assert said.startswith("Namespace gone is not served until there is permission to ")
    assert USER in said


def test_of_many_namespaces_few_rights_are_asked_for_at_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    api = Api()
    started(api, *(f"n{number}" for number in range(80)))
    assert api.most_busy <= 8
    assert api.reviews >= 80 * 60


def test_where_nobody_may_ask_for_rights_what_is_needed_is_tried() -> None:
    async def no_reviews(request: httpx2.Request) -> httpx2.Response:
        if request.method == "POST":
            return failure(403)
        return failure(403, "secrets is forbidden") if "secrets" in request.url.path else await Api()(request)

    async def story() -> None:
        async with kube_over(no_reviews) as kube:
            with pytest.raises(NotReadyError, match=r"No permission to list secrets .*: secrets is forbidden"):
                await preflight.retry_until_ready(lambda: look(kube, ()))

    in_virtual_time(story)


def test_what_was_granted_is_not_asked_for_again() -> None:
    api = Api()

    async def story() -> None:
        granted: set[tuple[str, Right]] = set()
        async with kube_over(api) as kube:
            await look(kube, ["prod"], granted)
            asked = api.reviews
            await look(kube, ["prod"], granted)
            assert api.reviews == asked
            await look(kube, ["prod", "dev"], granted)
            assert api.reviews == 2 * asked

    in_virtual_time(story)


def test_a_request_without_an_answer_leaves_no_others_behind() -> None:
    """Else each of many attempts would leave some eighty that wait for their turn."""

    async def silence(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(1)
        raise httpx2.ReadTimeout("silence")

    async def story() -> None:
        async with kube_over(silence) as kube:
            with pytest.raises(NotReadyError):
                await look(kube, ())
            await asyncio.sleep(0)
            assert len(asyncio.all_tasks()) == 1

    in_virtual_time(story)
