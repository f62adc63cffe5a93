"""Kinds of other projects, such as NACK's Account, which may be installed and removed at any time.

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

POLL_SECONDS: Final = 60.0
"""Seconds between two requests for discovery."""

SYNC_TIMEOUT: Final = 10.0
"""Seconds to wait for the first list of a kind."""

_BY_REFERENCE: Final = {resource.reference: resource for resource in kinds.OPTIONAL}

log = logging.getLogger(__name__)


class Watching(Protocol):
    """Watches the objects of a served kind."""

    def start_watching(self, resource: ApiResource) -> None:
        """Start to watch its objects, unless they are watched already."""

    def stop_watching(self, resource: ApiResource) -> None:
        """Forget its objects."""

    async def known(self, resource: ApiResource) -> None:
        """Wait until all its objects have been listed."""


class OptionalKinds:
    """Which optional kinds are served.

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
        """Whether the kind is served, or why its objects cannot be listed although it is.

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
        """A request failed as if the kind was not served: ask discovery the next time."""
        self._answers.pop(resource, None)

    async def run(self) -> None:
        """Poll discovery until cancelled."""
        while True:
            await asyncio.sleep(POLL_SECONDS)
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
        """Ask discovery, and start or stop to watch the kind accordingly."""
        if not await self._kube.serves(resource):
            self._complaints.pop(resource, None)
            self._watching.stop_watching(resource)
            return False
        self._watching.start_watching(resource)
        try:
            async with asyncio.timeout(SYNC_TIMEOUT):
                await self._watching.known(resource)
        except TimeoutError:
            self._complain(resource, f"going on without {resource.plural}.{resource.group}, which cannot be listed")
            return Forbidden(f"there was no list within {SYNC_TIMEOUT:g} s; the operator's log says why")
        self._complaints.pop(resource, None)
        return True

    def _complain(self, resource: ApiResource, text: str) -> None:
        """Log a state once for as long as it lasts."""
        if self._complaints.get(resource) != text:
            self._complaints[resource] = text
            log.warning("%s", text)
