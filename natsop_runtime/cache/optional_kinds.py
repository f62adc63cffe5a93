"""Kinds that others have to install, such as NACK's Account: they come and go while the loop runs.

Whether the API server has one is asked when a custom resource first wants to know, and from then on once a minute for
as long as one does. When the answer changes, those who wanted to know are told.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Protocol

from natsop_core import kinds
from natsop_core.inputs import Forbidden
from natsop_runtime.api_server.errors import ApiError, UnavailableError

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_core.references import ApiGroupRef
    from natsop_runtime.api_server.kube import Kube

POLL: Final = 60.0
"""Seconds after which the API server is asked again."""

TO_SYNC: Final = 10.0
"""Seconds that the first list of a kind may take until we go on without it."""

_BY_REFERENCE: Final = {resource.reference: resource for resource in kinds.OPTIONAL}

log = logging.getLogger(__name__)


class Watching(Protocol):
    """Whoever keeps the objects of a kind that is there."""

    def start_watching(self, resource: ApiResource) -> None:
        """Begin to keep its objects; no matter if that was begun already."""

    def stop_watching(self, resource: ApiResource) -> None:
        """Forget its objects."""

    async def known(self, resource: ApiResource) -> None:
        """Wait until all its objects have been listed."""


class OptionalKinds:
    """What is known of the optional kinds.

    is_wanted: whether a custom resource wants to know of the kind. changed: told when there is something new to know.
    """

    def __init__(
        self,
        kube: Kube,
        watching: Watching,
        *,
        is_wanted: Callable[[ApiGroupRef], bool],
        changed: Callable[[ApiGroupRef], None],
    ) -> None:
        self._kube = kube
        self._watching = watching
        self._is_wanted = is_wanted
        self._changed = changed
        self._locks = {resource: asyncio.Lock() for resource in kinds.OPTIONAL}
        self._answers: dict[ApiResource, bool | Forbidden] = {}
        self._complaints: dict[ApiResource, str] = {}  # what the log says of a kind now

    async def serves(self, reference: ApiGroupRef) -> bool | Forbidden:
        """Whether the kind is there, or why its objects cannot be listed though it is.

        UnavailableError when the API server does not answer.
        """
        resource = _BY_REFERENCE[reference]
        if (known := self._answers.get(resource)) is not None:
            return known
        async with self._locks[resource]:
            if resource not in self._answers:
                self._answers[resource] = await self._ask(resource)
            return self._answers[resource]

    def doubt(self, resource: ApiResource) -> None:
        """A request was answered as if the kind was not there, optional or not: ask anew the next time."""
        self._answers.pop(resource, None)

    async def run(self) -> None:
        """Ask again and again until cancelled."""
        while True:
            await asyncio.sleep(POLL)
            for resource in kinds.OPTIONAL:
                async with self._locks[resource]:
                    await self._look_again(resource)

    async def _look_again(self, resource: ApiResource) -> None:
        if not self._is_wanted(resource.reference):
            self._answers.pop(resource, None)
            self._watching.stop_watching(resource)
            return
        try:
            answer = await self._ask(resource)
        except UnavailableError as error:
            log.debug("cannot find out whether %s are served: %s", resource.plural, error)
            return
        except ApiError as error:
            self._complain(resource, f"cannot find out whether {resource.plural} are served: {error}")
            return
        if self._answers.get(resource) != answer:
            self._answers[resource] = answer
            self._changed(resource.reference)

    async def _ask(self, resource: ApiResource) -> bool | Forbidden:
        """What discovery says; the kind's objects are kept, and known soon, or forgotten, accordingly."""
        if not await self._kube.serves(resource):
            self._complaints.pop(resource, None)
            self._watching.stop_watching(resource)
            return False
        self._watching.start_watching(resource)
        try:
            async with asyncio.timeout(TO_SYNC):
                await self._watching.known(resource)
        except TimeoutError:
            self._complain(resource, f"going on without {resource.plural}.{resource.group}, which cannot be listed")
            return Forbidden(f"there was no list within {TO_SYNC:g} s; the operator's log says why")
        self._complaints.pop(resource, None)
        return True

    def _complain(self, resource: ApiResource, text: str) -> None:
        """Say it once for as long as it is so."""
        if self._complaints.get(resource) != text:
            self._complaints[resource] = text
            log.warning("%s", text)
