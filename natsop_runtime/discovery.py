"""Which kinds the API server serves: those of others are there only where somebody has installed them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_runtime.kube import Kube

ANSWER_HOLDS: Final = 60.0
"""Seconds after which the API server is asked again, if somebody still wants to know."""


class Discovery:
    """Asks the API server at most once a minute for each kind, however many custom resources want to know."""

    def __init__(self, kube: Kube) -> None:
        self._kube = kube
        self._lock = asyncio.Lock()
        self._answers: dict[ApiResource, tuple[float, bool]] = {}

    async def serves(self, resource: ApiResource) -> bool:
        """Whether the kind is served. UnavailableError when the API server does not answer."""
        async with self._lock:
            now = asyncio.get_running_loop().time()
            asked_at, answer = self._answers.get(resource, (-ANSWER_HOLDS, False))
            if now - asked_at >= ANSWER_HOLDS:
                answer = await self._kube.serves(resource)
                self._answers[resource] = now, answer
            return answer
