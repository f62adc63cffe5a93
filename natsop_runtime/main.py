"""`natsop run`, from its settings to its exit code."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from natsop_core.inputs import Settings
from natsop_core.reconcile import RECONCILED
from natsop_runtime import logs, preflight
from natsop_runtime.connection import connected
from natsop_runtime.errors import ConfigurationError
from natsop_runtime.kubeconfig import load_config
from natsop_runtime.loop import Loop
from natsop_runtime.nats import reachable_pods

if TYPE_CHECKING:
    from natsop_runtime.settings import RunSettings


def run(settings: RunSettings) -> int:
    """Run the operator until SIGTERM or SIGINT; 0 when that ended it, 1 when it could not start."""
    logs.set_up(settings.log_level)
    try:
        asyncio.run(_run(settings))
    except ConfigurationError as error:
        return _cannot_start(f"No Kubernetes cluster to work with: {error}.")
    except preflight.NotReadyError as error:
        return _cannot_start(str(error))
    return 0


async def _run(settings: RunSettings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    config = load_config(settings.kubeconfig, settings.context)
    async with connected(config) as kube, reachable_pods() as pods:
        loop = Loop(
            reconciled=RECONCILED,
            kube=kube,
            pods=pods,
            workers=settings.workers,
            now=_now,
            settings=Settings(nack_integration=settings.nack_integration),
        )
        await preflight.check(kube, loop.selections)
        await loop.run(stop)


def _cannot_start(why: str) -> int:
    sys.stderr.write(f"natsop: {' '.join(why.split())}\n")
    return 1


def _now() -> datetime:
    return datetime.now(UTC)
