"""The shell's small parts: asking pods, events, log lines."""

from __future__ import annotations

import asyncio
import json
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
import trustme

from natsop_core.inputs import HttpAnswer, Unreachable
from natsop_core.kinds import CLUSTERS, PODS
from natsop_core.references import HttpRef
from natsop_core.report import Event
from natsop_runtime import nats
from natsop_runtime.api_server.errors import UnavailableError
from natsop_runtime.events import Recorder
from natsop_runtime.logs import CALLS_TOLD, JsonLines, fault
from tests.unit.natsop_runtime.lease_api import in_virtual_time

CUSTOM_RESOURCE = {
    "apiVersion": "nats.crewlet.cloud/v1alpha1",
    "kind": "NatsCluster",
    "metadata": {"name": "c", "namespace": "prod", "uid": "uid-c", "resourceVersion": "7"},
}
WHOLE_SECOND = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def ask(host: str, transport: httpx2.MockTransport) -> HttpAnswer | Unreachable:
    async def story() -> HttpAnswer | Unreachable:
        async with nats.reachable_pods(transport) as pods:
            return await pods.get(HttpRef(PODS.key("prod", "c-0"), host, 8222, "/varz?x=1"))

    return asyncio.run(story())


@pytest.mark.parametrize(("host", "url"), [("10.0.0.1", "http://10.0.0.1:8222"), ("fd00::1", "http://[fd00::1]:8222")])
def test_a_pods_answer_is_handed_on_as_it_is(host: str, url: str) -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        assert str(request.url) == f"{url}/varz?x=1"
        return httpx2.Response(503, content=in_parts(b"not ", b"yet"))

    assert ask(host, httpx2.MockTransport(answer)) == HttpAnswer(503, b"not yet")


@pytest.mark.parametrize("named", ["c.prod.svc", "127.0.0.1"])
def test_a_pod_is_asked_over_tls_whatever_its_certificate_says(named: str) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(named).configure_cert(context)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    async def story() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", ssl=context)
        async with server, nats.reachable_pods() as pods:
            port = server.sockets[0].getsockname()[1]
            found = await pods.get(HttpRef(PODS.key("prod", "c-0"), "127.0.0.1", port, "/varz", "https"))
            assert found == HttpAnswer(200, b"ok")

    asyncio.run(story())


def test_a_pod_cannot_fill_the_operators_memory() -> None:
    def answer(_request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, content=in_parts(*[bytes(2**18)] * 1000))

    assert isinstance(ask("10.0.0.1", httpx2.MockTransport(answer)), Unreachable)


async def in_parts(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def test_a_pod_out_of_reach_is_no_error() -> None:
    def refuse(_request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("connection refused")

    assert ask("10.0.0.1", httpx2.MockTransport(refuse)) == Unreachable("connection refused")


@pytest.mark.parametrize("cookie", [b"a=1", b"\xff=1"])
def test_what_a_pod_wants_remembered_is_not(cookie: bytes) -> None:
    asked: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request)
        return httpx2.Response(200, headers=[(b"Set-Cookie", cookie)], content=in_parts(b"ok"))

    async def story() -> None:
        async with nats.reachable_pods(httpx2.MockTransport(answer)) as pods:
            for _ in range(2):
                found = await pods.get(HttpRef(PODS.key("prod", "c-0"), "10.0.0.1", 8222, "/varz"))
                assert found == HttpAnswer(200, b"ok")

    asyncio.run(story())
    assert "Cookie" not in asked[-1].headers


def test_who_did_not_answer_in_time_is_not_asked_again_for_a_while() -> None:
    asked: list[str] = []

    async def dawdle(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.url.host)
        await asyncio.sleep(3600)
        raise AssertionError

    async def story() -> None:
        async with nats.reachable_pods(httpx2.MockTransport(dawdle)) as pods:
            for pause in (0, 1, nats.OUT_OF_REACH):
                await asyncio.sleep(pause)
                for host in ("10.0.0.1", "10.0.0.2"):
                    await pods.get(HttpRef(PODS.key("prod", "c-0"), host, 8222, "/varz"))

    in_virtual_time(story)
    assert asked == ["10.0.0.1", "10.0.0.2"] * 2


def test_a_pod_that_takes_too_long_is_out_of_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats, "PATIENCE", 0.01)

    async def dawdle(_request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(10)
        raise AssertionError

    assert isinstance(ask("10.0.0.1", httpx2.MockTransport(dawdle)), Unreachable)


class Mailbox:
    """Takes events, or does not."""

    def __init__(self, *, full: bool = False) -> None:
        self.full = full
        self.bodies: list[dict[str, Any]] = []

    def create(self, _resource: object, body: dict[str, Any]) -> Awaitable[None]:
        self.bodies.append(body)
        if self.full:
            raise UnavailableError("overloaded")
        return asyncio.sleep(0)


def send(mailbox: Mailbox, *events: Event) -> list[dict[str, Any]]:
    recorder = Recorder(mailbox)  # type: ignore[arg-type]
    asyncio.run(recorder.send(CUSTOM_RESOURCE, events, WHOLE_SECOND))
    return mailbox.bodies


def test_an_event_is_about_the_custom_resource_and_readable_for_go_clients() -> None:
    (body,) = send(Mailbox(), Event("Warning", "NameConflict", "x" * 2000))
    assert body["regarding"]["uid"] == "uid-c"
    assert body["eventTime"] == "2026-01-02T03:04:05.000000+00:00"
    assert (body["type"], body["reason"], len(body["note"])) == ("Warning", "NameConflict", 1024)


def test_a_note_is_as_long_as_the_api_server_counts_it() -> None:
    (body,) = send(Mailbox(), Event("Warning", "NameConflict", "x" + "…" * 1000))
    assert 1021 <= len(body["note"].encode()) <= 1024


def test_an_event_that_is_not_taken_fails_nothing_and_the_next_has_its_chance() -> None:
    assert len(send(Mailbox(full=True), Event("Normal", "Available", "a"), Event("Normal", "Recovered", "b"))) == 2


def test_a_log_line_is_one_json_object() -> None:
    record = logging.LogRecord(
        "natsop_runtime.controller", logging.WARNING, "", 0, 'two\n%s "lines"', ("quoted",), None
    )
    line = JsonLines().format(record)
    assert "\n" not in line
    assert json.loads(line)["message"] == 'two\nquoted "lines"'


def test_what_a_log_line_is_about_can_be_searched_for_by_its_parts() -> None:
    record = logging.LogRecord("natsop_runtime.controller", logging.WARNING, "", 0, "trouble", (), None)
    record.about = CLUSTERS.key("prod", "c")
    line = json.loads(JsonLines().format(record))
    assert (line["kind"], line["namespace"], line["name"]) == ("NatsCluster", "prod", "c")


def test_a_fault_is_told_by_its_last_calls_and_not_by_its_words() -> None:
    def deep(levels: int) -> None:
        if not levels:
            raise KeyError("hunter2")
        deep(levels - 1)

    with pytest.raises(KeyError) as caught:
        deep(9)
    places = fault(caught.value).removeprefix("KeyError in ").split(", called by ")
    assert len(places) == CALLS_TOLD
    assert {place.partition(":")[0] for place in places} == {"test_events.py"}
    assert places[0] != places[1] == places[2]
    assert fault(ValueError("never raised")) == "ValueError in no known place"
