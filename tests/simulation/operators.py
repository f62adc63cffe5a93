"""The operator as somebody's Deployment runs it: started again whenever its process ends."""

from __future__ import annotations

import asyncio
import traceback
from typing import TYPE_CHECKING, Final

from lightkube.config.kubeconfig import KubeConfig, SingleConfig
from lightkube.config.models import Cluster, User

from natsop_runtime.leader_election import LeadershipLostError
from natsop_runtime.manager import run_operator
from natsop_runtime.preflight import NotReadyError
from natsop_runtime.settings import RunSettings
from tests.simulation.network import Network

if TYPE_CHECKING:
    from tests.simulation.world import World

RESTARTED_AFTER: Final = 3.0

LEASE_SECONDS: Final = 60
"""Longer than usual: most of what a standby does in virtual hours is to look at the Lease."""


class Operator:
    """One replica of the Deployment."""

    def __init__(self, world: World, number: int, *, leader_elect: bool, namespaces: tuple[str, ...]) -> None:
        self._world = world
        self.name = f"operator-{number}"
        self._settings = RunSettings(leader_elect=leader_elect, lease_duration=LEASE_SECONDS, namespaces=namespaces)
        self._task: asyncio.Task[None] | None = None
        self._restart: asyncio.TimerHandle | None = None
        self.network = Network(world, self)
        self.partitioned_until = 0.0
        self.starts = 0

    def start(self) -> None:
        """Start a process."""
        self._restart = None
        self.network = Network(self._world, self)
        self.starts += 1
        self._task = asyncio.create_task(self._run(self.network))
        self._task.add_done_callback(self._ended)

    def crash(self) -> None:
        """Kill it, and have it started again soon."""
        self._world.recording.note(f"{self.name} is killed")
        self._kill()

    def stall(self, seconds: float) -> None:
        """Nothing of what it is about to send leaves for so long, and it does not notice."""
        self.network.stalled_until = self._world.clock() + seconds

    def partition(self, seconds: float) -> None:
        """It reaches the API server no more for so long, which others do."""
        self.partitioned_until = self._world.clock() + seconds
        self.network.break_streams("silence")

    async def end(self) -> None:
        """Kill it for good."""
        task, self._task = self._task, None
        self.network.cut()
        if self._restart is not None:
            self._restart.cancel()
        if task is not None:
            task.cancel()
            await asyncio.wait([task])

    def _kill(self) -> None:
        self.network.cut()
        if self._task is not None:
            self._task.cancel()

    def _ended(self, task: asyncio.Task[None]) -> None:
        """Its process has ended: by itself, as it may, or because it was killed."""
        if task is not self._task:
            return
        if not task.cancelled():
            error = task.exception()
            self._world.recording.note(f"{self.name} ended: {error}")
            if not isinstance(error, NotReadyError | LeadershipLostError):
                self._world.witness.misdeeds.append(f"{self.name} ended: {error!r}")
                self._world.recording.note("".join(traceback.format_exception(error)))
        self.network.cut()
        self._restart = asyncio.get_running_loop().call_later(RESTARTED_AFTER, self.start)

    async def _run(self, network: Network) -> None:
        await run_operator(
            nowhere(),
            self._settings,
            asyncio.Event(),
            transport=network,
            pod_transport=self._world.pod_transport,
            converse=self._world.nats.converse,
            now=self._world.now,
            clock=self._world.clock,
            entropy=self._world.entropy,
        )


def nowhere() -> SingleConfig:
    """A kubeconfig for a network that is not there."""
    cluster = Cluster(server="http://in-memory", insecure=True)
    config = KubeConfig.from_one(cluster=cluster, user=User()).get()
    assert config is not None
    return config
