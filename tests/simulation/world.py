"""A whole cluster in virtual time: the API server, Kubernetes' controllers, people, and operators at work."""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
from collections.abc import Coroutine
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from unittest import mock

import httpx2
import looptime

from natsop_core import requeue
from natsop_runtime import reconciler
from natsop_runtime.api_server.kube import Kube
from tests.simulation.api_server.server import Answer, ApiServer, Request
from tests.simulation.api_server.writes import EPOCH
from tests.simulation.controllers import Controllers
from tests.simulation.faults import Faults
from tests.simulation.nats_servers import NatsServers
from tests.simulation.operators import Operator
from tests.simulation.pod_network import PodNetwork
from tests.simulation.pods import Pods
from tests.simulation.recording import HttpClient, Recording
from tests.simulation.rivals import Rivals
from tests.simulation.witness import MOST_REQUESTS, Witness
from tests.testbed.client import Manifest

T = TypeVar("T")

PAGE: Final = 3
"""Objects at a time in lists, so that there is more than one page of the few that there are."""

CACHE_LAGS: Final = (0, 0, 1, 4)
"""Versions."""

NEVER: Final = 1e7
"""Seconds."""


class VirtualTimeLoop(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """Where nothing is to be done until later, it is later."""


def run_in_virtual_time(simulation: Coroutine[Any, Any, T], *, seed: int) -> T:
    """Run it, the same way each time."""
    random.seed(seed)  # the operator's own jitter
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start=0, noop_cycles=0)) as runner:
        return runner.run(simulation)


class World:
    """One cluster; `async with` runs its controllers.

    With several operators, one of them is to lead. Without `safety_nets`, operators do not look again at what nothing
    has happened to: whatever they miss then, they miss for good. has_pods: StatefulSets get pods with servers in them;
    otherwise nobody answers.
    """

    def __init__(
        self,
        *,
        seed: int,
        operators: int = 1,
        namespaces: tuple[str, ...] = (),
        safety_nets: bool = True,
        has_pods: bool = False,
        most_requests: float = MOST_REQUESTS,
        most_recorded: int | None = None,
    ) -> None:
        self._safety_nets = safety_nets
        self._patches = ExitStack()
        self.clock = asyncio.get_running_loop().time
        self._numbers = itertools.count()
        self.chance = random.Random(seed)  # noqa: S311
        self.recording = Recording(self.clock, most_recorded)
        self.server = ApiServer(self.clock)
        self.server.cache_lag = lambda: self.chance.choice(CACHE_LAGS)
        self.witness = Witness(self.server.storage, self.clock, most_requests=most_requests)
        self.controllers = Controllers(self.server.storage, self.send, has_pods=has_pods)
        self.pods = Pods(self.server.storage, self.send, self.now, self.chance) if has_pods else None
        self.rivals = Rivals(self.server.storage, self.send)
        self.faults = Faults()
        self.nats = NatsServers()
        self.pod_network = PodNetwork(self.pods, self.now, self.chance)
        self.pod_transport: httpx2.AsyncBaseTransport = self.pod_network
        self.black_out_until = 0.0
        self.to_create: dict[tuple[str, str, str], Manifest] = {}  # what people create once the one before is gone
        self.revoked: set[str] = set()  # the kinds, by their plurals, that operators have no permission for
        self.operators = [
            Operator(self, number, leader_elect=operators > 1, namespaces=namespaces) for number in range(operators)
        ]

    async def __aenter__(self) -> World:
        logger = logging.getLogger("natsop_runtime")
        logger.addHandler(self.recording)
        self._log_level, logger.propagate = logger.level, False
        logger.setLevel(logging.INFO)
        if not self._safety_nets:
            self._patches.enter_context(mock.patch.object(reconciler, "RESYNC", NEVER))
            self._patches.enter_context(mock.patch.object(requeue, "REST_SECONDS", NEVER))
        self._patches.enter_context(mock.patch.dict(Kube.list_pages.__kwdefaults__, page_size=PAGE))
        return self

    async def __aexit__(self, *_exception: object) -> None:
        logger = logging.getLogger("natsop_runtime")
        logger.removeHandler(self.recording)
        logger.propagate = True
        logger.setLevel(self._log_level)
        self._patches.close()
        self.controllers.stop()
        self.rivals.stop()
        if self.pods:
            self.pods.stop()
        for operator in self.operators:
            await operator.end()

    def start(self) -> None:
        """Start all operators."""
        for operator in self.operators:
            operator.start()

    def black_out(self, seconds: float) -> None:
        """No operator reaches the API server for so long; and that has forgotten by then what happened meanwhile."""
        self.black_out_until = self.clock() + seconds
        for operator in self.operators:
            operator.network.break_streams("reset")
        asyncio.get_running_loop().call_later(seconds, self.server.compact)

    def send(self, request: Request) -> Answer:
        """A request by somebody whose network never fails."""
        answer = self.server.handle(request)
        self.recording.entries.append(HttpClient(self.clock(), request.user, request, answer.code, answer.text))
        return answer

    def heal(self) -> None:
        """From now on nothing goes wrong any more; what has gone wrong stays so until somebody notices."""
        self.faults.stop()
        self.rivals.stop()
        self.nats.faults.clear()
        self.pod_network.share = 0.0
        if self.pods:
            self.pods.heal()
        self.revoked.clear()

    def entropy(self) -> bytes:
        """Other bytes each time."""
        return next(self._numbers).to_bytes(8, "big")

    def now(self) -> datetime:
        """The time of day there."""
        return EPOCH + timedelta(seconds=self.clock())
