"""What the controller connects, and what it starts."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from natsop_core.inputs import Settings
from natsop_core.kinds import SECRETS
from natsop_core.reconcile import RECONCILED
from natsop_runtime import controller as controller_module
from natsop_runtime.cache.informers import Informers
from natsop_runtime.controller import Controller
from natsop_runtime.event_loop import EventLoopMonitor
from natsop_runtime.foreign_writes import ForeignWrites
from natsop_runtime.metrics import Metrics
from tests.unit.natsop_runtime.turns import BAD

PARTS = ("WorkQueue", "Informers", "Reconciler", "Fetcher", "Executor", "Recorder", "ReferenceIndex", "ForeignWrites")


class Wired:
    """A controller of stand-ins, and what its parts were made with and became."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: dict[str, tuple[tuple[Any, ...], dict[str, Any]]] = {}
        self.parts: dict[str, Any] = {}
        for name in PARTS:
            monkeypatch.setattr(controller_module, name, self._noting(name, getattr(controller_module, name)))
        self.metrics = Metrics("test")
        self.read: list[Any] = []
        monkeypatch.setattr(self.metrics.watches, "read_silence", self.read.append)
        monkeypatch.setattr(self.metrics, "read_served_namespaces", self.read.append)
        self.given: dict[str, Any] = {each: object() for each in ("kube", "now", "entropy")}
        self.given["settings"] = Settings(nack_integration="disabled")
        self.pods, self.send, self.monitor = object(), object(), EventLoopMonitor()
        self.controller = Controller(
            reconciled=RECONCILED,
            pods=self.pods,  # type: ignore[arg-type]
            send=self.send,  # type: ignore[arg-type]
            namespaces=("prod",),
            workers=3,
            metrics=self.metrics,
            monitor=self.monitor,
            **self.given,
        )

    def _noting(self, name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        def make(*arguments: Any, **options: Any) -> Any:
            self.made[name] = arguments, options
            self.parts[name] = original(*arguments, **options)
            return self.parts[name]

        return make


def test_the_parts_are_given_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    wired = Wired(monkeypatch)
    kube, informers, writes = wired.given["kube"], wired.parts["Informers"], wired.parts["ForeignWrites"]
    assert wired.made["Reconciler"] == (
        (),
        {
            **wired.given,
            "reconciled": tuple(RECONCILED),
            "informers": informers,
            "references": wired.parts["ReferenceIndex"],
            "fetcher": wired.parts["Fetcher"],
            "executor": wired.parts["Executor"],
            "recorder": wired.parts["Recorder"],
            "foreign_writes": writes,
        },
    )
    assert wired.made["Fetcher"] == ((kube, wired.pods, informers), {})
    assert wired.made["Executor"] == ((kube, informers, wired.send, wired.metrics.repaired, writes), {})
    assert wired.made["Recorder"] == ((kube,), {})
    assert wired.made["WorkQueue"][1]["workers"] == 3


def test_informers_watch_the_namespaces_and_report_to_metrics_and_to_who_looks_for_foreign_writes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wired = Wired(monkeypatch)
    options = wired.made["Informers"][1]
    assert options["namespaces"] == ("prod",)
    assert options["custom_resource_changed"] == wired.metrics.custom_resources.changed
    assert options["object_changed"] == wired.parts["ForeignWrites"].object_changed
    assert options["restarted"] == wired.metrics.watches.restarted
    secret = SECRETS.key("prod", "creds")
    assert not options["is_wanted"](secret)
    wired.parts["ReferenceIndex"].replace(BAD, [secret])
    assert options["is_wanted"](secret)
    assert list(wired.controller.selections) == list(wired.controller.informers.selections) != []


def test_the_metrics_read_the_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    wired = Wired(monkeypatch)
    informers, queue = wired.controller.informers, wired.controller.queue
    assert wired.read == [informers.silent_for, informers.served]
    assert (wired.monitor.observe, wired.monitor.in_progress) == (wired.metrics.event_loop_lagged, queue.in_progress)


@pytest.mark.parametrize(("unsynced", "why"), [(["configmaps", "pods"], "not listed yet: configmaps, pods"), ([], "")])
def test_it_is_unready_as_long_as_a_kind_is_not_listed(
    unsynced: list[str], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Informers, "unsynced", unsynced)
    assert Wired(monkeypatch).controller.unready() == why


def test_it_watches_waits_for_lists_and_looks_for_foreign_writes_from_when_it_works(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[str] = []

    def noting(name: str) -> Callable[[object], Awaitable[None]]:
        async def note(_self: object) -> None:
            called.append(name)

        return note

    async def story() -> None:
        controller = Wired(monkeypatch).controller
        await controller.watch()
        await controller.synced()
        assert called == ["run", "synced"]
        controller.close()
        await controller.work()
        assert called == ["run", "synced", "begin"]

    for name in ("run", "synced"):
        monkeypatch.setattr(Informers, name, noting(name))
    monkeypatch.setattr(ForeignWrites, "begin", lambda _self: called.append("begin"))
    asyncio.run(story())
