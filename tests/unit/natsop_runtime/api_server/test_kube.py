"""Requests and errors of the adapter, as they go over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from natsop_core.kinds import CLUSTERS, CONFIG_MAPS, EVENTS
from natsop_runtime.api_server.errors import (
    ApiError,
    Cause,
    ConfigurationError,
    ConflictError,
    ForbiddenError,
    GoneError,
    InvalidError,
    NotFoundError,
    RefusedError,
    TerminatingError,
    UnauthorizedError,
    UnavailableError,
)
from natsop_runtime.api_server.kube import Kube, Selection, WatchEvent
from natsop_runtime.api_server.kubeconfig import load_config
from tests.unit.natsop_runtime.small_api import failure, kube_over

KEY = CONFIG_MAPS.key("prod", "a")


def sent(call: Callable[[Kube], Awaitable[Any]], *answers: httpx2.Response | Exception) -> list[httpx2.Request]:
    """The requests that a call makes; without answers to give, each gets an empty object."""
    requests: list[httpx2.Request] = []
    waiting = list(answers)

    def answer(request: httpx2.Request) -> httpx2.Response:
        requests.append(request)
        next_answer = waiting.pop(0) if waiting else httpx2.Response(200, json={})
        if isinstance(next_answer, Exception):
            raise next_answer
        return next_answer

    async def story() -> None:
        async with kube_over(answer) as kube:
            await call(kube)

    asyncio.run(story())
    return requests


def test_an_apply_names_its_manager_and_whether_it_forces() -> None:
    (request,) = sent(lambda kube: kube.apply(CONFIG_MAPS, KEY, {"data": {}}, force=False))
    assert request.method == "PATCH"
    assert request.url.path == "/api/v1/namespaces/prod/configmaps/a"
    assert dict(request.url.params) == {"fieldManager": "nats-operator", "force": "false"}
    assert request.headers["Content-Type"] == "application/apply-patch+yaml"
    assert request.content == b'{"data":{}}'


def test_a_status_goes_to_the_subresource() -> None:
    (request,) = sent(lambda kube: kube.apply_status(CLUSTERS, CLUSTERS.key("prod", "c"), {"status": {}}))
    assert request.url.path == "/apis/nats.crewlet.cloud/v1alpha1/namespaces/prod/natsclusters/c/status"
    assert dict(request.url.params) == {"fieldManager": "nats-operator", "force": "true"}


def test_a_merge_patch_names_its_manager_and_a_null_stays() -> None:
    patch = {"metadata": {"uid": "u", "finalizers": None}}
    (request,) = sent(lambda kube: kube.merge_patch(CLUSTERS, CLUSTERS.key("prod", "c"), patch))
    assert request.url.path == "/apis/nats.crewlet.cloud/v1alpha1/namespaces/prod/natsclusters/c"
    assert dict(request.url.params) == {"fieldManager": "nats-operator"}
    assert request.headers["Content-Type"] == "application/merge-patch+json"
    assert json.loads(request.content) == patch


def test_a_deletion_is_for_one_uid_and_leaves_what_it_owned_to_the_background() -> None:
    (request,) = sent(lambda kube: kube.delete(CONFIG_MAPS, KEY, uid="u", version="7"))
    assert request.method == "DELETE"
    assert json.loads(request.content)["preconditions"] == {"uid": "u", "resourceVersion": "7"}
    assert json.loads(request.content)["propagationPolicy"] == "Background"


def test_metadata_is_asked_for_without_content() -> None:
    (request,) = sent(lambda kube: kube.get_metadata(CONFIG_MAPS, KEY))
    assert "as=PartialObjectMetadata;" in request.headers["Accept"]


def test_an_event_is_created_in_the_namespace_that_it_names() -> None:
    event = {"apiVersion": EVENTS.api_version, "kind": "Event", "metadata": {"namespace": "prod", "name": "e"}}
    (request,) = sent(lambda kube: kube.create(EVENTS, event))
    assert (request.method, request.url.path) == ("POST", "/apis/events.k8s.io/v1/namespaces/prod/events")
    assert json.loads(request.content) == event


def test_a_connection_that_was_closed_while_idle_is_no_failure() -> None:
    dropped = httpx2.RemoteProtocolError("Server disconnected without sending a response.")
    assert len(sent(lambda kube: kube.get(CONFIG_MAPS, KEY), dropped)) == 2


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (failure(401), UnauthorizedError),
        (failure(403), ForbiddenError),
        (failure(404), NotFoundError),
        (failure(409), ConflictError),
        (failure(410), GoneError),
        (failure(413), RefusedError),
        (failure(422), InvalidError),
        (failure(429), UnavailableError),
        (failure(500), UnavailableError),
        (failure(500, "etcdserver: request is too large"), RefusedError),
        (failure(500, "rpc error: trying to send message larger than max (2 vs. 1)"), RefusedError),
        (failure(403, "forbidden", causes=[{"reason": "NamespaceTerminating"}]), TerminatingError),
        (httpx2.Response(502, text="<html>a proxy's page</html>"), UnavailableError),
        (httpx2.Response(200, text="<html>a log-in page</html>"), UnavailableError),
        (httpx2.ConnectError("connection refused"), UnavailableError),
        (httpx2.ReadTimeout(""), UnavailableError),
    ],
)
def test_every_failure_is_one_of_ours(answer: httpx2.Response | Exception, kind: type[ApiError]) -> None:
    with pytest.raises(ApiError) as error:
        sent(lambda kube: kube.get(CONFIG_MAPS, KEY), answer)
    assert type(error.value) is kind
    assert error.value.message


def test_a_kind_that_is_not_served_is_told_by_an_api_server_and_by_nobody_in_front_of_it() -> None:
    """An API server has no `Status` for it; nor has Traefik, which uses the same words."""
    text = "404 page not found\n"
    with pytest.raises(NotFoundError):
        sent(first_page, httpx2.Response(404, text=text, headers={"Audit-Id": "1"}))
    for call in (first_page, lambda kube: kube.get(CONFIG_MAPS, KEY), lambda kube: kube.serves(CLUSTERS)):
        with pytest.raises(UnavailableError, match="something in front of the API server"):
            sent(call, httpx2.Response(404, text=text))


async def first_page(kube: Kube) -> None:
    await anext(kube.list_pages(Selection(CONFIG_MAPS)))


async def first_event(kube: Kube) -> None:
    await anext(kube.watch(Selection(CONFIG_MAPS), "7"))


@pytest.mark.parametrize("code", [302, 404, 429, 503])
def test_a_watch_that_is_answered_by_a_page_is_none(code: int) -> None:
    with pytest.raises(ApiError, match=str(code)):
        sent(first_event, httpx2.Response(code, text="<html>\n</html>"))


def test_watches_are_asked_to_end_at_different_times() -> None:
    """At random, as client-go's are, and so often that nothing which a stuck one keeps back is missed for long."""

    async def watch_often(kube: Kube) -> None:
        for _ in range(100):
            await only_the_beginning(kube)

    asked = [int(request.url.params["timeoutSeconds"]) for request in sent(watch_often)]
    assert all(145 <= seconds <= 290 for seconds in asked)
    assert len(set(asked)) > 50


def test_lists_are_as_of_now_and_watches_go_on_from_there() -> None:
    """Without a version a list is consistent; with "0" it could be older than what we did before a restart."""
    (listed,) = sent(first_page, httpx2.Response(200, json={"metadata": {"resourceVersion": "7"}, "items": []}))
    assert dict(listed.url.params) == {"limit": "500"}
    (watched,) = sent(only_the_beginning)
    del (params := dict(watched.url.params))["timeoutSeconds"]
    assert params == {"resourceVersion": "7", "allowWatchBookmarks": "true", "watch": "true"}


async def only_the_beginning(kube: Kube) -> None:
    """A watch says that it has begun, and at which version."""
    events = [event async for event in kube.watch(Selection(CONFIG_MAPS), "7")]
    assert events == [WatchEvent("BOOKMARK", {"metadata": {"resourceVersion": "7"}})]


def test_what_the_api_server_warns_of_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    deprecated, unknown = '299 - "v1 is \\"old\\""', '299 api "unknown field \\\\"'
    answer = httpx2.Response(200, json={}, headers=[("Warning", f"{deprecated}, {unknown}"), ("Warning", deprecated)])
    again = httpx2.Response(409, json={}, headers=[("Warning", deprecated), ("Warning", '199 - "not ours"')])

    async def two_writes(kube: Kube) -> None:
        await kube.apply(CONFIG_MAPS, KEY, {}, force=False)
        await kube.apply(CONFIG_MAPS, CONFIG_MAPS.key("prod", "b"), {}, force=False)

    with pytest.raises(ConflictError):
        sent(two_writes, answer, again)
    about = "the API server warns about /api/v1/namespaces/prod/configmaps/a: "
    assert caplog.messages == [f'{about}v1 is "old"', f"{about}unknown field \\"]


def test_an_overloaded_server_says_when_to_come_back() -> None:
    with pytest.raises(UnavailableError) as error:
        sent(lambda kube: kube.get(CONFIG_MAPS, KEY), failure(429, headers={"Retry-After": "7"}))
    assert error.value.retry_after == 7


def test_an_invalid_object_is_refused_field_by_field() -> None:
    answer = failure(422, "it is invalid", causes=[{"field": "spec.ports[1].name", "message": "Duplicate value"}])
    with pytest.raises(InvalidError) as error:
        sent(lambda kube: kube.apply(CONFIG_MAPS, KEY, {}, force=True), answer)
    assert error.value.causes == (Cause("spec.ports[1].name", "Duplicate value"),)


def test_a_refusal_that_quotes_a_megabyte_is_cut_off() -> None:
    answer = failure(422, "a" * 1_000_000, causes=[{"field": "data", "message": "b" * 1_000_000}])
    with pytest.raises(InvalidError) as error:
        sent(lambda kube: kube.apply(CONFIG_MAPS, KEY, {}, force=True), answer)
    assert len(error.value.message) < 3000
    assert len(error.value.causes[0].message) < 3000


def test_another_object_under_the_name_is_a_conflict() -> None:
    answer = failure(422, "field is immutable", causes=[{"field": "metadata.uid", "message": "field is immutable"}])
    with pytest.raises(ConflictError):
        sent(lambda kube: kube.apply(CONFIG_MAPS, KEY, {}, force=True), answer)


@pytest.mark.parametrize(
    "text", ["", "no: kubeconfig", "- a list", "a: [", '{"clusters": [{"name": "x"}], "contexts": []}']
)
def test_a_file_that_is_no_kubeconfig_is_said_to_be_none(text: str, tmp_path: Path) -> None:
    file = tmp_path / "config"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match="kubeconfig"):
        load_config(str(file), None)


def test_a_kubeconfig_without_a_user_is_good_enough_for_a_proxy(tmp_path: Path) -> None:
    file = tmp_path / "config"
    cluster = {"name": "x", "cluster": {"server": "http://127.0.0.1:8001"}}
    context = {"name": "x", "context": {"cluster": "x"}}
    file.write_text(json.dumps({"clusters": [cluster], "contexts": [context], "current-context": "x"}))
    assert load_config(str(file), None).cluster.server == "http://127.0.0.1:8001"
    with pytest.raises(ConfigurationError, match="Context 'other' not found"):
        load_config(str(file), "other")


@pytest.mark.parametrize("answer", [{}, {"metadata": {}}, {"metadata": {"resourceVersion": "x"}}, {"metadata": 1}, []])
def test_an_answer_that_is_no_list_is_no_answer(answer: object) -> None:
    with pytest.raises(UnavailableError):
        sent(first_page, httpx2.Response(200, json=answer))


def test_an_answer_that_trickles_in_for_ever_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("natsop_runtime.api_server.http_client.TOTAL_TIMEOUT", 0.05)

    async def trickle() -> AsyncIterator[bytes]:
        while True:
            yield b" "
            await asyncio.sleep(0.005)

    with pytest.raises(UnavailableError):
        sent(lambda kube: kube.get(CONFIG_MAPS, KEY), httpx2.Response(200, content=trickle()))


def test_no_pause_that_is_asked_for_is_longer_than_a_minute() -> None:
    for asked, granted in (("7", 7.0), ("86400", 60.0), ("9" * 400, 60.0), ("tomorrow", 0.0)):
        with pytest.raises(UnavailableError) as refusal:
            sent(lambda kube: kube.get(CONFIG_MAPS, KEY), failure(503, headers={"Retry-After": asked}))
        assert refusal.value.retry_after == granted


def test_an_answer_that_cannot_be_unpacked_is_no_answer() -> None:
    broken = httpx2.Response(200, headers={"Content-Encoding": "gzip"}, stream=httpx2.ByteStream(b"no gzip"))
    with pytest.raises(UnavailableError):
        sent(lambda kube: kube.get(CONFIG_MAPS, KEY), broken)


def test_a_write_is_waited_for_longer_than_any_webhook_may_take() -> None:
    (read,) = sent(lambda kube: kube.get(CONFIG_MAPS, KEY))
    (write,) = sent(lambda kube: kube.apply(CONFIG_MAPS, KEY, {}, force=False))
    assert (read.extensions["timeout"]["read"], write.extensions["timeout"]["read"]) == (10, 35)
