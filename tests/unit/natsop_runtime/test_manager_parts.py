"""What the manager connects: the parts of the operator are given each other, the options, and what was found out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Literal

import pytest

from natsop_core.inputs import Settings
from natsop_core.kinds import CLUSTERS
from natsop_runtime import manager, preflight
from natsop_runtime.api_server.errors import ForbiddenError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.controller import Controller
from natsop_runtime.event_loop import EventLoopMonitor
from natsop_runtime.leader_election import LeaderElector
from natsop_runtime.nats import reachable_pods
from natsop_runtime.settings import RunSettings
from tests.unit.natsop_runtime.lease_api import in_virtual_time
from tests.unit.natsop_runtime.running_operator import ended_while_it_acquires, lived


@pytest.fixture
def controllers(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The options of each controller that is made, and itself as "self"."""
    made: list[dict[str, Any]] = []

    class Noted(Controller):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            made.append({**options, "self": self})

    monkeypatch.setattr(manager, "Controller", Noted)
    return made


@pytest.mark.parametrize("nack", ["auto", "disabled"])
def test_the_controller_gets_the_options_and_the_callers_monitor(
    nack: Literal["auto", "disabled"], controllers: list[dict[str, Any]]
) -> None:
    monitor = EventLoopMonitor()
    lived(RunSettings(nack_integration=nack, workers=3), monitor=monitor)
    [options] = controllers
    assert (options["monitor"], options["workers"]) == (monitor, 3)
    assert options["settings"] == Settings(nack_integration=nack)


def test_the_controller_is_told_of_pods_that_answer_again(
    controllers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    pods: list[Any] = []

    @asynccontextmanager
    async def noted(*arguments: Any) -> AsyncIterator[Any]:
        async with reachable_pods(*arguments) as found:
            pods.append(found)
            yield found

    monkeypatch.setattr(manager, "reachable_pods", noted)
    lived(RunSettings())
    assert pods[0].recovered == controllers[0]["self"].pod_recovered


def test_namespaces_that_refused_before_the_start_are_not_logged_a_second_time(
    controllers: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def unserved(_check: object) -> Iterable[str]:
        return {"gone"}

    monkeypatch.setattr(preflight, "retry_until_ready", unserved)
    lived(RunSettings())
    caplog.clear()
    outages = controllers[0]["self"].informers.outages
    outages.fails(Selection(CLUSTERS, namespace="gone"), ForbiddenError("no right"))
    assert caplog.messages == []


def test_the_lease_is_released_after_the_attempt_to_acquire_it_has_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[str] = []

    class Noted(LeaderElector):
        async def acquire(self) -> None:
            try:
                await super().acquire()
            finally:
                for _ in range(3):
                    await asyncio.sleep(0)
                ended.append("acquire")

        async def release(self) -> None:
            ended.append("release")
            await super().release()

    monkeypatch.setattr(manager, "LeaderElector", Noted)
    in_virtual_time(ended_while_it_acquires)
    assert ended == ["acquire", "release"]
