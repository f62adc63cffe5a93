"""A whole cluster in virtual time: the API server, Kubernetes' controllers, people, and operators at work."""

from __future__ import annotations

import asyncio
import logging
import random
import traceback
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar

import looptime
from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import Cluster, User

from natsop_core.inputs import Settings
from natsop_core.reconcile import RECONCILED
from natsop_runtime.connection import connected
from natsop_runtime.loop import Loop
from natsop_runtime.nats import reachable_pods
from tests.simulation.api_server.server import Answer, ApiServer, Request
from tests.simulation.api_server.writes import EPOCH
from tests.simulation.controllers import Controllers
from tests.simulation.faults import Fault, Faults
from tests.simulation.network import Network, NoPods
from tests.simulation.recording import Exchange, Recording
from tests.simulation.witness import Witness

T = TypeVar("T")

WORKERS: Final = 4
RESTARTED_AFTER: Final = 3.0


class VirtualTimeLoop(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """Where nothing is to be done until later, it is later."""


def run_in_virtual_time(simulation: Coroutine[Any, Any, T], *, seed: int) -> T:
    """Run it, the same way each time."""
    random.seed(seed)  # the operator's own jitter
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start=0, noop_cycles=0)) as runner:
        return runner.run(simulation)


class World:
    """One cluster; `async with` runs its controllers and operators."""

    def __init__(self, *, seed: int, faults: Sequence[Fault] = (), most_recorded: int | None = None) -> None:
        self.clock = asyncio.get_running_loop().time
        self.recording = Recording(self.clock, most_recorded)
        self.server = ApiServer(self.clock)
        self.faults = Faults(faults)
        self.witness = Witness(self.server.storage)
        self.controllers = Controllers(self.server.storage, self.send)
        self.chance = random.Random(seed)
        self.operator = Operator(self)

    async def __aenter__(self) -> World:
        logger = logging.getLogger("natsop_runtime")
        logger.addHandler(self.recording)
        self._log_level, logger.propagate = logger.level, False
        logger.setLevel(logging.INFO)
        return self

    async def __aexit__(self, *_exception: object) -> None:
        logger = logging.getLogger("natsop_runtime")
        logger.removeHandler(self.recording)
        logger.propagate = True
        logger.setLevel(self._log_level)
        self.controllers.stop()
        await self.operator.end()

    def send(self, request: Request) -> Answer:
        """A request by somebody whose network never fails."""
        answer = self.server.handle(request)
        self.recording.entries.append(Exchange(self.clock(), request.user, request, answer.code, answer.text))
        return answer

    def heal(self) -> None:
        """From now on nothing goes wrong any more; what has gone wrong stays so until somebody notices."""
        self.faults.stop()
        self.operator.network.revoked.clear()

    def now(self) -> datetime:
        return EPOCH + timedelta(seconds=self.clock())


class Operator:
    """The operator as somebody's Deployment runs it: started again whenever its process ends."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._task: asyncio.Task[None] | None = None
        self._restart: asyncio.TimerHandle | None = None
        self.network = self._new_network()
        self.starts = 0

    def start(self) -> None:
        revoked = self.network.revoked
        self.network = self._new_network()
        self.network.revoked = revoked
        self.starts += 1
        self._task = asyncio.create_task(self._run(self.network))
        self._task.add_done_callback(self._ended)

    def crash(self) -> None:
        """Kill it, and have it started again soon."""
        self._world.recording.note("the operator is killed")
        self._kill()
        if self._restart is None:
            self._restart = asyncio.get_running_loop().call_later(RESTARTED_AFTER, self._start_again)

    async def end(self) -> None:
        """Kill it for good."""
        if self._restart is not None:
            self._restart.cancel()
        task = self._task
        self._kill()
        if task is not None:
            await asyncio.wait([task])

    def _kill(self) -> None:
        self.network.cut()
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self._world.witness.misdeeds.append(f"the operator ended: {error!r}")
            self._world.recording.note("".join(traceback.format_exception(error)))

    def _start_again(self) -> None:
        self._restart = None
        self.start()

    def _new_network(self) -> Network:
        world = self._world
        return Network(
            world.server,
            who="operator",
            faults=world.faults,
            recording=world.recording,
            witness=world.witness,
            chance=world.chance,
            crash=self.crash,
        )

    async def _run(self, network: Network) -> None:
        async with connected(nowhere(), network) as kube, reachable_pods(NoPods()) as pods:
            loop = Loop(
                reconciled=RECONCILED,
                kube=kube,
                pods=pods,
                workers=WORKERS,
                now=self._world.now,
                settings=Settings(),
            )
            await loop.run(asyncio.Event())


def nowhere() -> SingleConfig:
    """A kubeconfig for a network that is not there."""
    cluster = Cluster(server="http://in-memory", insecure=True)
    config = KubeConfig.from_one(cluster=cluster, user=User()).get()
    assert config is not None
    return config
