"""The operator's life: it ends when it is told to, in whatever it is busy with."""

from __future__ import annotations

import asyncio
import logging
from importlib.metadata import version
from typing import Final

import httpx2
import pytest
from lightkube.config.kubeconfig import KubeConfig
from lightkube.config.models import Cluster, User

from natsop_runtime.api_server.kube import PAGE
from natsop_runtime.manager import run_operator
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.lease_api import clock, in_virtual_time

IN_TIME: Final = 20.0


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


def ended(*, while_it_lists: bool) -> float:
    """How long it takes to end an operator that has begun to look around, or to list what there is."""
    config = KubeConfig.from_one(cluster=Cluster(server="http://slow", insecure=True), user=User()).get()
    assert config is not None

    async def story() -> float:
        stop = asyncio.Event()
        settings, server = RunSettings(leader_elect=True), SlowServer()
        life = run_operator(config, settings, stop, transport=server, pod_transport=SlowServer(), clock=clock)
        living = asyncio.create_task(life)
        await (server.listed.wait() if while_it_lists else asyncio.sleep(2))
        assert not living.done()
        told = clock()
        stop.set()
        await living
        return clock() - told

    return in_virtual_time(story)


def test_it_ends_in_time_while_it_looks_around_first() -> None:
    assert ended(while_it_lists=False) < IN_TIME


def test_it_ends_in_time_while_it_lists_what_there_is() -> None:
    assert ended(while_it_lists=True) < IN_TIME


def test_it_says_first_who_it_is_and_what_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ended(while_it_lists=False)
    assert caplog.messages[0] == (
        f"natsop {version('natsop')}: server http://slow, context default, user default, all namespaces"
    )
