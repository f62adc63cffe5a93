"""Reads a cluster for the kubectl plugin, and changes one object of it, with limits of time and size."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, TypeVar

from natsop_core.frozen import frozen
from natsop_core.inputs import Unreachable
from natsop_core.inspect.view import Reply, Request, View
from natsop_core.settled import APART
from natsop_runtime.api_server.connection import connected, described
from natsop_runtime.api_server.errors import ApiError, ConfigurationError
from natsop_runtime.api_server.kubeconfig import load_config
from natsop_runtime.clock import loop_time

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ObjectKey
    from natsop_runtime.api_server.connection import Config
    from natsop_runtime.api_server.kube import Kube

T = TypeVar("T")

SECONDS: Final = 5.0
"""For one request."""

ALL_SECONDS: Final = 60.0
"""For all requests together: later answers are shown as missing."""

MOST: Final = 8 * 2**20
"""Bytes of one answer. A server with a thousand streams sends 1 MB."""

AT_ONCE: Final = 16

MAX_ROUNDS: Final = 8
"""`natsop doctor` of a namespace with a cluster without JetStream needs seven: a list, the resource, its servers, their
routes, both again, and the answer."""

BETWEEN_LOOKS: Final = APART.total_seconds() + 0.1
"""Seconds before a second look at servers: a little longer than needed, in case a clock is being adjusted."""

FIELD_MANAGER: Final = "kubectl-natsop"
"""The field manager of changes by the commands."""


class NoClusterError(Exception):
    """There is no cluster to work with; the message says why."""


@frozen
class Access:
    """The API server and user of a command."""

    config: Config

    @property
    def namespace(self) -> str:
        """The namespace of the context."""
        return self.config.namespace or "default"

    def __str__(self) -> str:
        return described(self.config)


def access(kubeconfig: str | None, context: str | None) -> Access:
    """Raises NoClusterError."""
    try:
        return Access(load_config(kubeconfig, context))
    except ConfigurationError as error:
        raise NoClusterError(f"No Kubernetes cluster to work with: {error}.") from error


def look(where: Access, question: Callable[[View], T]) -> tuple[T, View]:
    """Answer the question, fetching what it needs; return the answer and everything that was fetched."""
    answer: tuple[T, View] = _run(_look(where, question))
    return answer


def change(where: Access, resource: ApiResource, key: ObjectKey, patch: Mapping[str, Any]) -> None:
    """Merge the patch into the object. Raises NoClusterError, also for a refusal."""

    async def patched() -> None:
        async with connected(where.config) as kube:
            await kube.merge_patch(resource, key, patch, manager=FIELD_MANAGER)

    try:
        _run(patched())
    except ApiError as error:
        raise NoClusterError(f"{resource.kind} {key.namespace}/{key.name}: {error.message}") from error


def _run(work: Any) -> Any:
    try:
        return asyncio.run(work)
    except ConfigurationError as error:
        raise NoClusterError(f"No Kubernetes cluster to work with: {error}.") from error


async def _look(where: Access, question: Callable[[View], T]) -> tuple[T, View]:
    found: dict[Request, Reply] = {}
    async with connected(where.config) as kube:
        asker = _Asker(kube)
        for _ in range(MAX_ROUNDS):
            view = View(found, datetime.now(UTC))
            answer = question(view)
            if not view.missing:
                return answer, view
            if any(request.again for request in view.missing):
                await asyncio.sleep(BETWEEN_LOOKS)
            replies = await asyncio.gather(*map(asker.ask, view.missing))
            found |= dict(zip(view.missing, replies, strict=True))
    raise NoClusterError("The cluster changes faster than it can be looked at; try again.")


class _Asker:
    """Asks for a few things at once, none of which may take long, and for no more when the time is over."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._end = loop_time() + ALL_SECONDS

    async def ask(self, request: Request) -> Reply:
        async with self._slots:
            if loop_time() > self._end:
                return Unreachable(f"not asked any more after {ALL_SECONDS:g} s")
            try:
                async with asyncio.timeout(SECONDS):
                    return await self._kube.answer(
                        request.path, body=request.body, metadata_only=request.metadata_only, most=MOST
                    )
            except TimeoutError:
                return Unreachable(f"not within {SECONDS:g} s")
            except ApiError as error:
                return Unreachable(error.message)
