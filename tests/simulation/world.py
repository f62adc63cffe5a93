"""A whole cluster in virtual time: the API server, Kubernetes' controllers, people, and operators at work."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Coroutine, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import looptime

from tests.simulation.api_server.server import Answer, ApiServer, Request
from tests.simulation.api_server.writes import EPOCH
from tests.simulation.controllers import Controllers
from tests.simulation.faults import Fault, Faults
from tests.simulation.operators import Operator
from tests.simulation.recording import Exchange, Recording
from tests.simulation.witness import Witness

T = TypeVar("T")


class VirtualTimeLoop(looptime.LoopTimeEventLoop, asyncio.SelectorEventLoop):
    """Where nothing is to be done until later, it is later."""


def run_in_virtual_time(simulation: Coroutine[Any, Any, T], *, seed: int) -> T:
    """Run it, the same way each time."""
    random.seed(seed)  # the operator's own jitter
    with asyncio.Runner(loop_factory=lambda: VirtualTimeLoop(start=0, noop_cycles=0)) as runner:
        return runner.run(simulation)


class World:
    """One cluster; `async with` runs its controllers. With several operators, one of them is to lead."""

    def __init__(
        self, *, seed: int, operators: int = 1, faults: Sequence[Fault] = (), most_recorded: int | None = None
    ) -> None:
        self.clock = asyncio.get_running_loop().time
        self.chance = random.Random(seed)
        self.recording = Recording(self.clock, most_recorded)
        self.server = ApiServer(self.clock)
        self.witness = Witness(self.server.storage, self.clock)
        self.controllers = Controllers(self.server.storage, self.send)
        self.faults = Faults(faults)
        self.revoked: set[str] = set()  # the kinds, by their plurals, that operators have no permission for
        self.operators = [Operator(self, number, leader_elect=operators > 1) for number in range(operators)]

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
        for operator in self.operators:
            await operator.end()

    def start(self) -> None:
        """Start all operators."""
        for operator in self.operators:
            operator.start()

    def send(self, request: Request) -> Answer:
        """A request by somebody whose network never fails."""
        answer = self.server.handle(request)
        self.recording.entries.append(Exchange(self.clock(), request.user, request, answer.code, answer.text))
        return answer

    def heal(self) -> None:
        """From now on nothing goes wrong any more; what has gone wrong stays so until somebody notices."""
        self.faults.stop()
        self.revoked.clear()

    def now(self) -> datetime:
        """The time of day there."""
        return EPOCH + timedelta(seconds=self.clock())
