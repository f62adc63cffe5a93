"""Metrics of requests to the API server."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from natsop_core.kinds import CONFIG_MAPS
from natsop_runtime.api_server.connection import connected, host
from natsop_runtime.api_server.errors import ApiError, UnavailableError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.metrics import Metrics
from tests.unit.natsop_runtime.metrics.exposed import value

HOST = "api.example.com:6443"
KEY = CONFIG_MAPS.key("prod", "a")


def test_the_series_that_alerts_look_for_are_there_before_the_first_request() -> None:
    metrics = Metrics("1")
    metrics.requests.to(HOST)
    for code in ("200", "401", "403", "429", "500", "503", "<error>"):
        assert value(metrics, "rest_client_requests_total", code=code, method="PATCH", host=HOST) == 0
    assert value(metrics, "rest_client_request_duration_seconds_count", verb="GET", host=HOST) == 0


def test_requests_are_counted_by_method_code_and_host_and_watches_have_no_duration() -> None:
    def answer(request: httpx2.Request) -> httpx2.Response:
        if "watch" in request.url.params:
            return httpx2.Response(200, content=b"")
        if request.method == "DELETE":
            raise httpx2.ConnectError("refused")
        return httpx2.Response(409 if request.method == "PATCH" else 200, json={"kind": "Status"})

    async def story() -> None:
        config = KubeConfig.from_one(cluster=Cluster(server=f"https://{HOST}/path", insecure=True), user=User()).get()
        assert config is not None
        assert host(config) == HOST
        async with connected(config, httpx2.MockTransport(answer), answered=metrics.requests.to(host(config))) as kube:
            await kube.get(CONFIG_MAPS, KEY)
            with pytest.raises(ApiError):
                await kube.apply(CONFIG_MAPS, KEY, {}, force=True)
            with pytest.raises(UnavailableError):
                await kube.delete(CONFIG_MAPS, KEY, uid="u")
            await kube.answer("healthz", most=10)
            async for event in kube.watch(Selection(CONFIG_MAPS), "1"):
                assert event.type == "BOOKMARK"

    metrics = Metrics("1")
    asyncio.run(story())
    for method, code, number in (("GET", "200", 3), ("PATCH", "409", 1), ("DELETE", "<error>", 1), ("PATCH", "200", 0)):
        assert value(metrics, "rest_client_requests_total", code=code, method=method, host=HOST) == number
    for verb, number in (("GET", 2), ("PATCH", 1), ("DELETE", 1), ("PUT", 0)):
        assert value(metrics, "rest_client_request_duration_seconds_count", verb=verb, host=HOST) == number
