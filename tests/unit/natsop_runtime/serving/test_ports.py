"""Both ports over real sockets, with a real client."""

from __future__ import annotations

import asyncio
import logging
import signal
import socket
import ssl
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
import trustme

from natsop_core.kinds import ApiResource
from natsop_runtime.bind_address import BindAddress, parse_bind_address
from natsop_runtime.serving import listener
from natsop_runtime.serving.access import NEWCOMERS_AT_ONCE
from natsop_runtime.serving.certificates import CertificateError
from natsop_runtime.serving.listener import ListenError
from natsop_runtime.serving.pages import SCRAPES_AT_ONCE
from natsop_runtime.serving.ports import Ports
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.serving.certificate_files import put, trusting_nobody
from tests.unit.natsop_runtime.serving.served_operator import ANYWHERE, BOTH, Operator, tell
from tests.unit.natsop_runtime.small_api import until


def test_metrics_are_for_those_that_may_read_them() -> None:
    async def story(operator: Operator) -> None:
        answer = await operator.scrape("prometheus")
        assert answer.status_code == 200
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        assert 'natsop_build_info{version="1.2.3"} 1.0' in answer.text
        assert answer.headers["Server"] == "natsop", "it names no library and no version"

        nobody = await operator.scrape()
        assert (nobody.status_code, nobody.headers["WWW-Authenticate"]) == (401, "Bearer")
        poor = await operator.scrape("poor")
        assert poor.status_code == 403
        assert poor.text.startswith("poor may not get /metrics.")
        assert "natsop_build_info" not in nobody.text + poor.text

    tell(story)


def test_metrics_are_told_to_a_newcomer_while_a_stranger_elsewhere_makes_up_tokens() -> None:
    async def story(operator: Operator) -> None:
        operator.stopped_at = operator.clock()
        flood = [operator.scrape(f"made up {number}", address="127.0.0.66") for number in range(NEWCOMERS_AT_ONCE + 20)]
        answers = [answer.status_code for answer in await asyncio.gather(*flood)]
        assert answers.count(403) == NEWCOMERS_AT_ONCE
        assert answers.count(429) == len(answers) - NEWCOMERS_AT_ONCE

        assert (await operator.scrape("prometheus", address="127.0.0.7")).status_code == 200

    tell(story)


def test_who_says_twice_who_it_is_has_not_said_it() -> None:
    async def story(operator: Operator) -> None:
        headers = [("Authorization", "Bearer nobody"), ("Authorization", "Bearer prometheus")]
        async with httpx2.AsyncClient(verify=trusting_nobody()) as client:
            answer = await client.get(f"https://127.0.0.1:{operator.ports.metrics}/metrics", headers=headers)
            assert answer.status_code == 401

    tell(story)


def test_metrics_in_plain_are_for_everybody() -> None:
    async def story(operator: Operator) -> None:
        assert (await operator.scrape(scheme="http")).status_code == 200

    tell(story, RunSettings(metrics_bind_address=ANYWHERE, metrics_secure=False))


def test_who_asks_for_plain_metrics_all_the_time_is_slowed_down_and_nobody_else_is() -> None:
    async def story(operator: Operator) -> None:
        operator.stopped_at = 100.0
        for _ in range(SCRAPES_AT_ONCE):
            assert (await operator.scrape(scheme="http", address="127.0.0.66")).status_code == 200
        refused = await operator.scrape(scheme="http", address="127.0.0.66")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "1")
        assert (await operator.scrape(scheme="http", address="127.0.0.7")).status_code == 200
        operator.stopped_at += 1
        assert (await operator.scrape(scheme="http", address="127.0.0.66")).status_code == 200

    tell(story, RunSettings(metrics_bind_address=ANYWHERE, metrics_secure=False))


def test_what_is_off_is_not_served() -> None:
    async def story(operator: Operator) -> None:
        assert operator.ports == Ports(None, None)

    tell(story, RunSettings())


def test_a_given_certificate_is_used(tmp_path: Path) -> None:
    authority = trustme.CA()
    put(tmp_path, authority, "127.0.0.1")
    client = ssl.create_default_context()
    authority.configure_trust(client)

    async def story(operator: Operator) -> None:
        async with httpx2.AsyncClient(verify=client) as trusting:
            assert (await trusting.get(f"https://127.0.0.1:{operator.ports.metrics}/metrics")).status_code == 401

    tell(story, RunSettings(metrics_bind_address=ANYWHERE, metrics_cert_path=tmp_path))
    with pytest.raises(CertificateError):
        tell(story, RunSettings(metrics_bind_address=ANYWHERE, metrics_cert_path=tmp_path / "nowhere"))


def test_that_the_certificate_is_our_own_is_said(caplog: pytest.LogCaptureFixture) -> None:
    async def story(_: Operator) -> None:
        assert "--metrics-cert-path" in caplog.text

    caplog.set_level(logging.INFO)
    tell(story)


def test_probes_say_what_is_wrong_and_the_log_why_the_kubelet_will_end_us(caplog: pytest.LogCaptureFixture) -> None:
    async def story(operator: Operator) -> None:
        for path in ("/healthz", "/readyz"):
            answer = await operator.get(path)
            assert (answer.status_code, answer.text) == (200, "ok\n")
        operator.wedged = "NatsCluster a/b has been in work for 400 s"
        operator.unready = "not listed yet: secrets"
        health, readiness = await operator.get("/healthz"), await operator.get("/readyz")
        assert (health.status_code, health.text) == (500, "NatsCluster a/b has been in work for 400 s\n")
        assert (readiness.status_code, readiness.text) == (503, "not listed yet: secrets\n")

    tell(story)
    errors = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert errors == ["not alive: NatsCluster a/b has been in work for 400 s"]


def test_a_head_has_no_body() -> None:
    async def story(operator: Operator) -> None:
        answer = await operator.get("/healthz", method="HEAD")
        assert (answer.status_code, answer.content, answer.headers["Content-Length"]) == (200, b"", "3")

    tell(story)


def test_nothing_else_is_there() -> None:
    async def story(operator: Operator) -> None:
        for path in ("/", "/metrics", "/healthz/", "//healthz", "/%2e%2e/healthz"):
            answer = await operator.get(path)
            assert (answer.status_code, answer.text) == (404, "Served here: /healthz, /readyz\n"), path
        refused = await operator.get("/healthz", method="POST")
        assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, HEAD")

    tell(story)


def test_a_fault_of_ours_is_an_answer_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def fail() -> dict[str, float]:
        raise KeyError("the content of a Secret")

    async def story(operator: Operator) -> None:
        operator.metrics.watches.read_silence(fail)
        assert (await operator.scrape("prometheus")).status_code == 500
        assert caplog.messages == ["/metrics: KeyError"]
        assert "content of a Secret" not in caplog.text

    tell(story)


def test_a_port_that_is_taken_is_said_in_one_line() -> None:
    async def story(operator: Operator) -> None:
        taken = BindAddress("127.0.0.1", operator.ports.probes or 0)
        with pytest.raises(ListenError, match=f"^Cannot listen at {taken}: Address already in use$"):
            async with Operator().serving(RunSettings(health_probe_bind_address=taken)):
                pass

    tell(story)


def test_a_host_that_is_not_ours_is_said_in_one_line() -> None:
    with pytest.raises(ListenError, match=r"^Cannot listen at nowhere\.invalid:8443: "):
        tell(_nothing, RunSettings(metrics_bind_address=BindAddress("nowhere.invalid", 8443)))


async def _nothing(_: Operator) -> None:
    pass


def test_without_a_host_all_addresses_are_served() -> None:
    async def story(operator: Operator) -> None:
        assert (await operator.get("/healthz")).status_code == 200
        if socket.has_dualstack_ipv6():
            async with httpx2.AsyncClient() as client:
                answer = await client.get(f"http://[::1]:{operator.ports.probes}/healthz")
                assert answer.status_code == 200

    tell(story, RunSettings(health_probe_bind_address=parse_bind_address(":0")))


def test_signals_stay_those_of_the_operator() -> None:
    async def story(operator: Operator) -> None:
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        signal.raise_signal(signal.SIGTERM)
        await asyncio.wait_for(stop.wait(), 5)
        assert (await operator.get("/healthz")).status_code == 200

    tell(story)


def test_what_strangers_send_is_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    async def story(operator: Operator) -> None:
        for port in (operator.ports.probes, operator.ports.metrics):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\x16\x03 is this TLS?\r\n\r\n")
            await reader.read()
            writer.close()
        assert not caplog.messages

    tell(story, RunSettings(metrics_bind_address=ANYWHERE, health_probe_bind_address=ANYWHERE, metrics_secure=False))


def test_a_request_in_hand_is_answered_when_the_ports_are_closed() -> None:
    async def story() -> None:
        operator = Operator()
        asked, answer = asyncio.Event(), asyncio.Event()

        async def slow_review(_resource: ApiResource, body: dict[str, Any]) -> dict[str, Any]:
            asked.set()
            await answer.wait()
            return await Operator.create_review(operator, _resource, body)

        operator.create_review = slow_review  # type: ignore[method-assign]
        async with operator.serving(RunSettings(metrics_bind_address=ANYWHERE)):
            scrape = asyncio.create_task(operator.scrape("prometheus"))
            await asked.wait()
            asyncio.get_running_loop().call_later(0.1, answer.set)
        assert answer.is_set(), "it did not wait for the request"
        assert (await scrape).status_code == 200
        with pytest.raises(httpx2.ConnectError):
            await operator.scrape("prometheus")

    asyncio.run(story())


def test_closing_waits_for_nobody_for_long(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    async def story() -> None:
        operator = Operator()
        asked = asyncio.Event()

        async def review_for_ever(_resource: ApiResource, body: dict[str, Any]) -> dict[str, Any]:
            asked.set()
            await asyncio.sleep(3600)
            return body

        operator.create_review = review_for_ever  # type: ignore[method-assign]
        async with operator.serving(BOTH):
            scrape = asyncio.create_task(operator.scrape("prometheus"))
            _, idle = await asyncio.open_connection("127.0.0.1", operator.ports.probes)
            await asked.wait()
            begun = time.monotonic()
        assert time.monotonic() - begun < 5
        with pytest.raises(httpx2.HTTPError):
            await scrape
        idle.close()
        await until(lambda: asyncio.all_tasks() == {asyncio.current_task()}, "nothing is left behind")
        assert not caplog.messages

    monkeypatch.setattr(listener, "SHUTDOWN_TIMEOUT", 0.1)
    asyncio.run(story())
