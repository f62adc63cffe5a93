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

from natsop_runtime.operate import operate
from natsop_runtime.settings import RunSettings
from tests.unit.runtime.lease_api import clock, in_virtual_time

IN_TIME: Final = 20.0


class SlowServer(httpx2.AsyncBaseTransport):
    """Answers every request, with an empty list, after some seconds."""

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        await asyncio.sleep(4)
        return httpx2.Response(200, json={"metadata": {"resourceVersion": "10"}, "items": []}, request=request)


def ended_after(seconds: float) -> float:
    """How long it takes to end an operator that was started so many seconds before."""
    config = KubeConfig.from_one(cluster=Cluster(server="http://slow", insecure=True), user=User()).get()
    assert config is not None

    async def story() -> float:
        stop = asyncio.Event()
        settings = RunSettings(leader_elect=True)
        life = operate(config, settings, stop, transport=SlowServer(), pod_transport=SlowServer(), clock=clock)
        living = asyncio.create_task(life)
        await asyncio.sleep(seconds)
        assert not living.done()
        told = clock()
        stop.set()
        await living
        return clock() - told

    return in_virtual_time(story)


def test_it_ends_in_time_while_it_looks_around_first() -> None:
    assert ended_after(2) < IN_TIME


def test_it_ends_in_time_while_it_lists_what_there_is() -> None:
    assert ended_after(62) < IN_TIME


def test_it_says_first_who_it_is_and_what_for(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    ended_after(2)
    assert caplog.messages[0] == (
        f"natsop {version('natsop')}: server http://slow, context default, user default, all namespaces"
    )
