"""What becomes of requests and their answers: what is counted, read, sent again, and of which kind an error is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from itertools import cycle
from typing import Any

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from natsop_core.inputs import HttpAnswer
from natsop_core.kinds import CONFIG_MAPS
from natsop_runtime.api_server.connection import connected
from natsop_runtime.api_server.errors import ForbiddenError, GoneError, UnavailableError
from natsop_runtime.api_server.http_client import MAX_CONCURRENT_REQUESTS, NO_ANSWER, WRITE_TIMEOUT
from natsop_runtime.api_server.kube import REQUEST_TIMEOUT, WATCH_SILENCE, Kube, Selection
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.small_api import failure

KEY = CONFIG_MAPS.key("prod", "a")
TAKES = 2.0
NETWORK_FAULTS = [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("too slow"), OSError("no such file")]


class Api:
    """Gives each request this answer after a while, and notes what was asked and what was counted."""

    def __init__(self, *answers: httpx2.Response | Exception) -> None:
        self.answers = list(answers)
        self.requests: list[httpx2.Request] = []
        self.counted: list[tuple[str, str, float | None]] = []

    async def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        await asyncio.sleep(TAKES)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def answered(self, method: str, code: str, seconds: float | None) -> None:
        self.counted.append((method, code, seconds))


@asynccontextmanager
async def kube_over(api: Api) -> AsyncIterator[Kube]:
    config = KubeConfig.from_one(cluster=Cluster(server="http://small-api", insecure=True), user=User()).get()
    assert config is not None
    async with connected(config, httpx2.MockTransport(api), answered=api.answered) as kube:
        yield kube


def told(api: Api, call: Callable[[Kube], Awaitable[Any]]) -> Any:
    """What a call comes to, at a time other than 0."""

    async def story() -> Any:
        await asyncio.sleep(1000)
        async with kube_over(api) as kube:
            return await call(kube)

    return in_virtual_time(story)


def get(kube: Kube) -> Awaitable[Any]:
    return kube.get(CONFIG_MAPS, KEY)


def answer(kube: Kube) -> Awaitable[Any]:
    return kube.answer("version", most=10)


async def watch(kube: Kube) -> list[str]:
    return [each.type async for each in kube.watch(Selection(CONFIG_MAPS), "5")]


def event(name: str) -> bytes:
    return b'{"type": "ADDED", "object": {"metadata": {"name": "%s"}}}\n' % name.encode()


@pytest.mark.parametrize(("call", "seconds"), [(get, TAKES), (answer, TAKES), (watch, None)])
def test_each_answer_is_counted_with_its_status_and_time(
    call: Callable[[Kube], Awaitable[Any]], seconds: float | None
) -> None:
    api = Api(httpx2.Response(200, content=b"{}"))
    told(api, call)
    assert api.counted == [("GET", "200", seconds)]


@pytest.mark.parametrize("fault", NETWORK_FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize(("call", "seconds"), [(get, TAKES), (answer, TAKES), (watch, None)])
def test_what_has_no_answer_is_counted_and_told(
    call: Callable[[Kube], Awaitable[Any]], seconds: float | None, fault: Exception
) -> None:
    api = Api(fault)
    with pytest.raises(UnavailableError, match=str(fault)):
        told(api, call)
    assert api.counted == [("GET", NO_ANSWER, seconds)]
    assert NO_ANSWER == "<error>", "as client-go has it"


def test_an_address_is_that_of_the_server_with_the_parameters_once() -> None:
    api = Api(httpx2.Response(200, json={}))
    told(api, get)
    told(api, lambda kube: kube.apply(CONFIG_MAPS, KEY, {}, force=True))
    told(api, answer)
    path = "http://small-api/api/v1/namespaces/prod/configmaps/a"
    assert [str(each.url) for each in api.requests] == [
        path,
        f"{path}?fieldManager=nats-operator&force=true",
        "http://small-api/version",
    ]


def test_a_write_may_be_answered_later_than_a_read() -> None:
    api = Api(httpx2.Response(200, json={}))
    told(api, get)
    told(api, lambda kube: kube.apply(CONFIG_MAPS, KEY, {}, force=True))
    usual = dict.fromkeys(("connect", "read", "write", "pool"), REQUEST_TIMEOUT)
    assert [each.extensions["timeout"] for each in api.requests] == [usual, {**usual, "read": WRITE_TIMEOUT}]


def test_a_watch_may_be_silent_for_longer_than_any_answer_takes() -> None:
    api = Api(httpx2.Response(200, content=b""))
    told(api, watch)
    usual = dict.fromkeys(("connect", "read", "write", "pool"), REQUEST_TIMEOUT)
    assert [each.extensions["timeout"] for each in api.requests] == [{**usual, "read": WATCH_SILENCE}]


def test_a_body_is_json_and_a_request_without_one_takes_any_answer() -> None:
    api = Api(httpx2.Response(200, json={}))
    told(api, get)
    told(api, lambda kube: kube.create(CONFIG_MAPS, {"metadata": {"name": "a", "namespace": "prod"}}))
    assert [each.headers.get("Content-Type") for each in api.requests] == [None, "application/json"]
    assert [each.headers["Accept"] for each in api.requests] == ["*/*", "*/*"]


@pytest.mark.parametrize("dropped", [httpx2.ReadError(""), httpx2.WriteError(""), httpx2.RemoteProtocolError("")])
def test_what_was_dropped_is_sent_again_once(dropped: Exception) -> None:
    api = Api(dropped, httpx2.Response(200, json={"kind": "it"}))
    assert told(api, get) == {"kind": "it"}
    assert api.counted == [("GET", "200", 2 * TAKES)]
    with pytest.raises(UnavailableError):
        told(Api(dropped), get)


def test_an_answer_that_is_no_object_is_none() -> None:
    with pytest.raises(UnavailableError, match="object"):
        told(Api(httpx2.Response(200, json=["a"])), get)


@pytest.mark.parametrize(
    ("body", "first"), [(b"short", b"short"), (b"0123456789", b"0123456789"), (b"0" * 11, b"0" * 10)]
)
def test_of_a_raw_answer_the_first_bytes_are_read(body: bytes, first: bytes) -> None:
    assert told(Api(httpx2.Response(404, content=body)), answer) == HttpAnswer(404, first)


class Body(httpx2.AsyncByteStream):
    """These chunks, for ever or once, and how many of them were read until it was closed."""

    def __init__(self, *chunks: bytes, endless: bool = False) -> None:
        self.chunks = cycle(chunks) if endless else chunks
        self.read = 0
        self.is_closed = False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.chunks:
            self.read += 1
            yield chunk

    async def aclose(self) -> None:
        self.is_closed = True


@pytest.mark.parametrize(("chunk", "chunks"), [(b"abcd", 3), (b"abcde", 2)])
def test_a_raw_answer_without_end_is_not_read_to_its_end(chunk: bytes, chunks: int) -> None:
    body = Body(chunk, endless=True)
    assert told(Api(httpx2.Response(200, stream=body)), answer) == HttpAnswer(200, (3 * chunk)[:10])
    assert (body.read, body.is_closed) == (chunks, True)


@pytest.mark.parametrize("events", [1, 2], ids=["after its beginning", "after an event"])
def test_a_watch_that_is_not_read_to_its_end_is_closed(events: int) -> None:
    body = Body(event("a"), endless=True)

    async def some(kube: Kube) -> None:
        async with aclosing(kube.watch(Selection(CONFIG_MAPS), "5")) as watched:
            for _ in range(events):
                await anext(watched)

    told(Api(httpx2.Response(200, stream=body)), some)
    assert (body.read, body.is_closed) == (events - 1, True)


def test_a_watch_that_is_refused_reads_the_reason_before_it_is_closed() -> None:
    body = Body(failure(403, "no watches for you").content)
    with pytest.raises(ForbiddenError, match="no watches for you"):
        told(Api(httpx2.Response(403, stream=body)), watch)
    assert body.is_closed


def test_raw_answers_wait_in_line_too() -> None:
    async def story() -> None:
        api = Api(httpx2.Response(200, content=b"ok"))
        async with kube_over(api) as kube:
            asked = [asyncio.ensure_future(answer(kube)) for _ in range(MAX_CONCURRENT_REQUESTS + 1)]
            await asyncio.sleep(TAKES / 2)
            assert len(api.requests) == MAX_CONCURRENT_REQUESTS
            await asyncio.gather(*asked)

    in_virtual_time(story)


def test_the_events_of_a_watch_come_as_they_are_sent() -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield event("a")
        await asyncio.sleep(100)
        yield event("b")

    async def story() -> list[tuple[str, float]]:
        async with kube_over(Api(httpx2.Response(200, content=slowly()))) as kube:
            watched = kube.watch(Selection(CONFIG_MAPS), "5")
            return [(each.object["metadata"]["name"], clock()) async for each in watched if each.type == "ADDED"]

    assert in_virtual_time(story) == [("a", TAKES), ("b", TAKES + 100)]


def test_a_watch_that_says_nothing_starts_again_and_one_that_is_refused_says_why() -> None:
    with pytest.raises(GoneError, match="not a word for 150 s"):
        told(Api(httpx2.ReadTimeout("")), watch)
    api = Api(failure(403, "no watches for you"))
    with pytest.raises(ForbiddenError, match="no watches for you"):
        told(api, watch)
    assert api.counted == [("GET", "403", None)]
