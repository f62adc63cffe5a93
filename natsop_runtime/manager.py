"""Runs the operator: connect, check, become the leader, work, and shut down in order."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from natsop_core.inputs import Settings
from natsop_core.reconcile import RECONCILED
from natsop_core.rights import demands
from natsop_runtime import preflight
from natsop_runtime.api_server.connection import connected, described, host
from natsop_runtime.api_server.http_client import unfenced
from natsop_runtime.controller import Controller
from natsop_runtime.leader_election import Fence, LeaderElector, LeadershipLostError
from natsop_runtime.metrics import Metrics
from natsop_runtime.nats import NatsRequests, converse, reachable_pods
from natsop_runtime.serving.ports import Ports, serving
from natsop_runtime.version import natsop_version

if TYPE_CHECKING:
    from natsop_core.rights import Demand, Right
    from natsop_runtime.api_server.connection import Config, Transport
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.event_loop import EventLoopMonitor
    from natsop_runtime.executor import Send
    from natsop_runtime.nats import Converse, Pods
    from natsop_runtime.settings import RunSettings

SHUTDOWN_TIMEOUT: Final = 12.0
"""Seconds that workers get at shutdown to finish their reconciliations; Kubernetes kills the pod after 30."""

ENTROPY_BYTES: Final = 32

log = logging.getLogger(__name__)


def utc_now() -> datetime:
    """The time of day."""
    return datetime.now(UTC)


def seconds_since_boot() -> float:
    """A monotonic clock that also runs while the process or the machine is suspended."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def fresh_entropy() -> bytes:
    """Random bytes for keys and salts."""
    return os.urandom(ENTROPY_BYTES)


async def run_operator(
    config: Config,
    settings: RunSettings,
    stop: asyncio.Event,
    *,
    transport: Transport | None = None,
    pod_transport: Transport | None = None,
    converse: Converse = converse,
    now: Callable[[], datetime] = utc_now,
    clock: Callable[[], float] = seconds_since_boot,
    entropy: Callable[[], bytes] = fresh_entropy,
    monitor: EventLoopMonitor | None = None,
) -> None:
    """Run the operator until `stop` is set. Tests pass other networks, clocks and entropy.

    monitor: of the event loop, run by the caller.

    Raises NotReadyError, ListenError or CertificateError when it cannot start, and LeadershipLostError when another
    replica may be the leader.
    """
    version = natsop_version()
    log.info("natsop %s: %s, %s", version, described(config), _scope(settings))
    metrics = Metrics(version)
    fence = Fence(clock)
    check_fence = fence.check if settings.leader_elect else unfenced
    async with (
        connected(config, transport, check_fence=check_fence, answered=metrics.requests.to(host(config))) as kube,
        reachable_pods(pod_transport) as pods,
    ):
        send = NatsRequests(check_fence, converse).send
        controller = _controller(kube, pods, send, settings, now, entropy, metrics, monitor)
        pods.recovered = controller.pod_recovered
        elector = _elector(kube, fence, config, settings, now, clock) if settings.leader_elect else None
        async with _serving(settings, metrics, kube, controller, clock):
            await _live(Components(kube, controller, elector, metrics, _demands(config, settings)), stop)


def _scope(settings: RunSettings) -> str:
    if not settings.namespaces:
        return "all namespaces"
    return f"namespace{'s' if len(settings.namespaces) > 1 else ''} {', '.join(settings.namespaces)}"


def _controller(
    kube: Kube,
    pods: Pods,
    send: Send,
    settings: RunSettings,
    now: Callable[[], datetime],
    entropy: Callable[[], bytes],
    metrics: Metrics,
    monitor: EventLoopMonitor | None,
) -> Controller:
    return Controller(
        reconciled=RECONCILED,
        kube=kube,
        pods=pods,
        send=send,
        namespaces=settings.namespaces,
        workers=settings.workers,
        now=now,
        settings=Settings(nack_integration=settings.nack_integration),
        entropy=entropy,
        metrics=metrics,
        monitor=monitor,
    )


def _serving(
    settings: RunSettings, metrics: Metrics, kube: Kube, controller: Controller, clock: Callable[[], float]
) -> AbstractAsyncContextManager[Ports]:
    return serving(
        settings,
        metrics=metrics,
        reviews=kube.without_fence(),
        wedged=controller.wedged,
        unready=controller.unready,
        clock=clock,
    )


def _demands(config: Config, settings: RunSettings) -> tuple[Demand, ...]:
    return demands(
        settings.namespaces,
        lease=(_lease_namespace(config, settings), settings.lease_name) if settings.leader_elect else None,
        reviews=settings.metrics_bind_address is not None and settings.metrics_secure,
        nack=settings.nack_integration != "disabled",
    )


def _lease_namespace(config: Config, settings: RunSettings) -> str:
    return settings.leader_election_namespace or config.namespace


def _elector(
    kube: Kube,
    fence: Fence,
    config: Config,
    settings: RunSettings,
    now: Callable[[], datetime],
    clock: Callable[[], float],
) -> LeaderElector:
    return LeaderElector(
        kube.without_fence(),
        fence,
        name=settings.lease_name,
        namespace=_lease_namespace(config, settings),
        identity=f"{socket.gethostname()}_{uuid.uuid4()}",
        duration=settings.lease_duration,
        now=now,
        clock=clock,
    )


class Components(NamedTuple):
    """The parts of a running operator."""

    kube: Kube
    controller: Controller
    elector: LeaderElector | None
    metrics: Metrics
    demands: tuple[Demand, ...]


async def _live(components: Components, stop: asyncio.Event) -> None:
    """Work until `stop` is set or something fails."""
    living, stopping = asyncio.create_task(_check_and_work(components)), asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((living, stopping), return_when=asyncio.FIRST_COMPLETED)
        if not living.done():
            await _finish(components, living)
    finally:
        stopping.cancel()
        living.cancel()
        await asyncio.wait([living])
    if not living.cancelled():
        await _unwrapped(living)


async def _finish(components: Components, living: asyncio.Task[None]) -> None:
    """Shut down: finish the current reconciliations, then release the Lease, unless they take too long."""
    log.info("stopping")
    components.controller.close()
    if components.controller.is_working:
        await asyncio.wait([living], timeout=SHUTDOWN_TIMEOUT)
    is_finished = living.done() or not components.controller.is_working
    living.cancel()
    await asyncio.wait([living])
    if components.elector and is_finished:  # otherwise a write may still be in progress
        await components.elector.release()


async def _check_and_work(components: Components) -> None:
    kube, selections = components.kube.without_fence(), tuple(components.controller.selections)
    granted: set[tuple[str, Right]] = set()
    unserved = await preflight.retry_until_ready(lambda: preflight.check(kube, selections, components.demands, granted))
    components.controller.informers.outages.are_known(unserved)
    async with asyncio.TaskGroup() as group:
        watching = group.create_task(components.controller.watch())
        await components.controller.synced()
        log.info("synced")
        async with _leading(components.elector, components.metrics):
            await components.controller.work()
        watching.cancel()


@asynccontextmanager
async def _leading(elector: LeaderElector | None, metrics: Metrics) -> AsyncIterator[None]:
    """Run the body as the leader, or without election. It is cancelled when the leadership is lost."""
    if elector is None:
        yield
        return
    metrics.leading(elector.name, is_leader=False)
    await elector.acquire()
    log.info("leading")
    metrics.leading(elector.name, is_leader=True)
    async with asyncio.TaskGroup() as group:
        keeping = group.create_task(elector.keep())
        yield
        keeping.cancel()


async def _unwrapped(living: asyncio.Task[None]) -> None:
    """Raise the cause of the end. A lost lease matters more than the errors that it caused."""
    try:
        await living
    except BaseExceptionGroup as errors:
        if lost := errors.subgroup(LeadershipLostError):
            raise _first(lost) from errors
        raise


def _first(errors: BaseExceptionGroup[LeadershipLostError]) -> LeadershipLostError:
    first = errors.exceptions[0]
    return _first(first) if isinstance(first, BaseExceptionGroup) else first
