"""An operator that runs on an API server in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import Cluster, User

from natsop_runtime import manager
from natsop_runtime.api_server.kube import PAGE
from natsop_runtime.manager import run_operator
from natsop_runtime.metrics import Metrics
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.busy_api import BusyApi
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time
from tests.unit.natsop_runtime.small_api import until

TIMEOUT: Final = 300.0
LEASE: Final = 15


def config() -> SingleConfig:
    found = KubeConfig.from_one(cluster=Cluster(server="http://slow", insecure=True), user=User()).get()
    assert found is not None
    return found


class SlowServer(httpx2.AsyncBaseTransport):
    """Answers every request, with an empty list or a yes, after some seconds. `listed`: it is asked for all objects."""

    def __init__(self) -> None:
        self.listed = asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.params.get("limit") == str(PAGE):
            self.listed.set()
        await asyncio.sleep(4)
        answer = {"metadata": {"resourceVersion": "10"}, "items": [], "status": {"allowed": True}}
        return httpx2.Response(200, json=answer, request=request)


@asynccontextmanager
async def operating(api: BusyApi, **options: Any) -> AsyncIterator[tuple[asyncio.Task[None], asyncio.Event]]:
    """An operator with election, and what ends it."""
    stop = asyncio.Event()
    settings = RunSettings(leader_elect=True, lease_duration=LEASE, leader_election_namespace="ours", **options)
    life = run_operator(config(), settings, stop, transport=api, pod_transport=SlowServer(), clock=clock)
    living = asyncio.create_task(life)
    try:
        async with asyncio.timeout(TIMEOUT):
            yield living, stop
    finally:
        living.cancel()
        await asyncio.wait([living])


async def ended_while_it_acquires() -> BusyApi:
    """The API server of an operator that was told to end while its Lease was being created."""
    api = BusyApi()
    api.lease_patience = 2.0
    async with operating(api) as (living, stop):
        await until(lambda: api.lease is not None, "it acquires the Lease")
        stop.set()
        await living
    return api


def lived(settings: RunSettings, *, metrics: type[Metrics] = Metrics, **options: Any) -> BusyApi:
    """The API server that an operator has worked on for a moment, before it was told to end."""

    async def story() -> BusyApi:
        api, stop = BusyApi(), asyncio.Event()
        world: dict[str, Any] = {"transport": api, "pod_transport": SlowServer(), "clock": clock}
        living = asyncio.create_task(run_operator(config(), settings, stop, **world, **options))
        async with asyncio.timeout(TIMEOUT):
            await api.writes_begun.wait()
        stop.set()
        await living
        return api

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(manager, "Metrics", metrics)
        return in_virtual_time(story)
