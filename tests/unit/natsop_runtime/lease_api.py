"""One Lease on an API server in virtual time, and operators that contend for it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import looptime

from natsop_core.kinds import ApiResource
from natsop_core.references import ObjectKey
from natsop_runtime.api_server.errors import ConflictError, NotFoundError, RefusedError, UnavailableError
from natsop_runtime.leader_election import Fence, LeaderElector, LeadershipLostError

T = TypeVar("T")
Object = dict[str, Any]
DURATION = 15
SOON = 5.0
"""Seconds that a takeover may take beyond what it has to wait for."""
EPOCH = datetime(2026, 1, 1, tzinfo=UTC)


def lease(**spec: Any) -> Object:
    """The Lease, with a label of somebody."""
    metadata = {"name": "nats-operator", "namespace": "nats-system", "resourceVersion": "1", "labels": {"team": "a"}}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": metadata, "spec": spec}


def in_virtual_time(story: Callable[[], Awaitable[T]]) -> T:
    """Run a story of minutes in milliseconds."""
    with asyncio.Runner(loop_factory=looptime.new_event_loop) as runner:

        async def run() -> T:
            return await story()

        return runner.run(run())


def clock() -> float:
    return asyncio.get_running_loop().time()


class LeaseApi:
    """The API server as one operator reaches it. Writes are carried out at once and answered after `slowness` seconds.

    `hangs`: how many of the next writes are never carried out nor answered. `is_silent`: no read is answered.
    """

    def __init__(self, lease: Object | None = None) -> None:
        self.lease = lease
        self.version = 1
        self.slowness = 0.0
        self.hangs = 0
        self.is_silent = False
        self.written_at: list[float] = []
        self.reads = 0

    def edit(self, spec: Object | None) -> None:
        """Replace the spec, as a person does, or delete the Lease if there is none."""
        self.version += 1
        metadata = {"name": "nats-operator", "namespace": "nats-system", "resourceVersion": str(self.version)}
        self.lease = None if spec is None else {"metadata": metadata, "spec": spec}

    async def get(self, _resource: ApiResource, _key: ObjectKey) -> Object:
        self.reads += 1
        if self.is_silent:
            await asyncio.Event().wait()
        if self.lease is None:
            raise NotFoundError("no lease")
        return self.lease

    async def create(self, _resource: ApiResource, body: Object) -> Object:
        await self._hang()
        if self.lease is not None:
            raise ConflictError("exists")
        return await self._put(body)

    async def replace(self, _resource: ApiResource, body: Object) -> Object:
        await self._hang()
        if self.lease is None:
            raise NotFoundError("no lease")
        if body["metadata"]["resourceVersion"] != self.lease["metadata"]["resourceVersion"]:
            raise ConflictError("changed")
        return await self._put(body)

    async def _hang(self) -> None:
        if self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()

    async def _put(self, body: Object) -> Object:
        numbers = {name: value for name, value in body["spec"].items() if isinstance(value, int)}
        if not all(0 <= value < 2**31 for value in numbers.values()):
            raise RefusedError(f"cannot unmarshal into int32: {numbers}")
        self.version += 1
        self.lease = answer = {**body, "metadata": {**body["metadata"], "resourceVersion": str(self.version)}}
        self.written_at.append(clock())
        await asyncio.sleep(self.slowness)
        return answer


class Unreliable:
    """The way to the API server: requests and answers take a while, and some of either are lost."""

    def __init__(self, api: LeaseApi, seed: int) -> None:
        self._api = api
        self._random = random.Random(seed)  # noqa: S311 (no secret)
        self.lost = 0.2
        self.slowest = 8.0

    async def get(self, resource: ApiResource, key: ObjectKey) -> Object:
        return await self._there_and_back(lambda: self._api.get(resource, key))

    async def create(self, resource: ApiResource, body: Object) -> Object:
        return await self._there_and_back(lambda: self._api.create(resource, body))

    async def replace(self, resource: ApiResource, body: Object) -> Object:
        return await self._there_and_back(lambda: self._api.replace(resource, body))

    async def _there_and_back(self, request: Callable[[], Awaitable[Object]]) -> Object:
        await self._way()
        answer = asyncio.ensure_future(request())
        await asyncio.wait([answer])
        await self._way()
        return await answer

    async def _way(self) -> None:
        if self._random.random() < self.lost:
            raise UnavailableError("lost on the way")
        if self._random.random() < 0.5:
            await asyncio.sleep(self._random.uniform(0, self.slowest))


class Operator:
    """A process that contends for the Lease; when it loses it, another one starts in its place.

    A term that begins or goes on while that of a `rival` lasts is the failure that all this is about.
    """

    def __init__(self, name: str, kube: LeaseApi | Unreliable, *, duration: int = DURATION) -> None:
        self.name = name
        self.kube = kube
        self.duration = duration
        self.rivals: list[Operator] = []
        self.terms = 0
        self.lives = 0
        self.elector = self._new_elector()

    async def live_forever(self) -> None:
        while True:
            try:
                await self.elector.acquire()
                await self.elector.keep()
            except LeadershipLostError:
                self.elector = self._new_elector()

    def _new_elector(self) -> LeaderElector:
        self.lives += 1
        self.fence = _ExclusiveFence(self)
        return LeaderElector(
            self.kube,  # type: ignore[arg-type]
            self.fence,
            name="nats-operator",
            namespace="nats-system",
            identity=f"{self.name}-{self.lives}",
            duration=self.duration,
            now=lambda: EPOCH + timedelta(seconds=clock()),
            clock=clock,
        )


class _ExclusiveFence(Fence):
    def __init__(self, operator: Operator) -> None:
        super().__init__(clock)
        self._operator = operator

    def extend(self, until: float) -> None:
        super().extend(until)
        self._operator.terms += 1
        for rival in self._operator.rivals:
            assert not (self.is_open and rival.fence.is_open), (
                f"{self._operator.name} and {rival.name} lead at {clock():.1f} s"
            )
