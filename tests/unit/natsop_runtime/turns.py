"""A controller whose turns go as a test wants them to."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from natsop_core.inputs import Settings
from natsop_core.kinds import CLUSTERS
from natsop_core.reconcile import RECONCILED
from natsop_core.references import ObjectKey
from natsop_runtime import controller as loop_module
from natsop_runtime.cache.informers import Change, Informers
from natsop_runtime.controller import Controller
from natsop_runtime.metrics import Metrics
from natsop_runtime.reconciler import Result

BAD, GOOD = CLUSTERS.key("bad", "c"), CLUSTERS.key("good", "c")
SECRET = "the password is hunter2"  # noqa: S105 (it is no secret)


class Turns:
    """A controller whose turns of the bad key are as a test wants them."""

    def __init__(self, bad: Callable[[], Awaitable[Result]]) -> None:
        self.bad = bad
        self.begun: list[tuple[float, str]] = []

    def __call__(self, **_arguments: Any) -> Turns:
        return self

    async def reconcile(self, key: ObjectKey, _expectations: set[Change]) -> Result:
        self.begun.append((asyncio.get_running_loop().time(), key.namespace))
        return await self.bad() if key == BAD else Result(True, None)

    def times_of(self, key: ObjectKey) -> list[float]:
        return [time for time, namespace in self.begun if namespace == key.namespace]


def loop_with(turns: Turns, monkeypatch: pytest.MonkeyPatch, metrics: Metrics | None = None) -> Controller:
    monkeypatch.setattr(loop_module, "Reconciler", turns)
    monkeypatch.setattr(Informers, "is_listed", lambda *_: True)
    return Controller(
        reconciled=RECONCILED,
        kube=None,  # type: ignore[arg-type]
        pods=None,  # type: ignore[arg-type]
        send=None,  # type: ignore[arg-type]
        namespaces=(),
        workers=2,
        now=None,  # type: ignore[arg-type]
        settings=Settings(),
        entropy=bytes,
        metrics=metrics or Metrics("test"),
    )


async def at_work(loop: Controller) -> asyncio.Task[None]:
    working = asyncio.create_task(loop.work())
    await asyncio.sleep(0)
    return working


def wake(loop: Controller, *keys: ObjectKey) -> None:
    """As the stores do when a custom resource changes."""
    for key in keys:
        loop.enqueue(Change(key, "1"), (key,))


async def hang() -> Result:
    await asyncio.Event().wait()
    raise AssertionError


async def crash() -> Result:
    raise ValueError(SECRET)
