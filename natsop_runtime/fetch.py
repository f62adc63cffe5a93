"""References to what was found: from the stores where they know it, else from the API server or the pod itself."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import TYPE_CHECKING

from natsop_core import inputs
from natsop_core.kinds import resource_of
from natsop_core.references import ApiGroupRef, ChildrenRef, HttpRef, LabelledRef, ObjectKey, ObjectRef, Reference
from natsop_runtime.api_server.errors import ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from natsop_core.inputs import Found
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.cache.stores import Stores
    from natsop_runtime.nats import Pods


class Fetcher:
    """Finds what references name."""

    def __init__(self, kube: Kube, pods: Pods, stores: Stores) -> None:
        self._kube = kube
        self._pods = pods
        self._stores = stores

    async def fetch(self, references: Iterable[Reference]) -> dict[Reference, Found]:
        """Find all of them, at the same time. UnavailableError when the API server does not answer."""
        asked = tuple(references)
        answers = await asyncio.gather(*map(self._find, asked), return_exceptions=True)  # none goes on without us
        found: dict[Reference, Found] = {}
        for reference, answer in zip(asked, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            found[reference] = answer
        return found

    async def _find(self, reference: Reference) -> Found:
        match reference:
            case ObjectRef(key):
                return await self._object(key)
            case ChildrenRef():
                return self._stores.children(reference)
            case ApiGroupRef():
                return await self._stores.optional_kinds.serves(reference)
            case LabelledRef():
                return self._stores.labelled(reference)
            case HttpRef():
                return await self._pods.get(reference)

    async def _object(self, key: ObjectKey) -> Found:
        if (held := self._stores.in_full(key)) is not None:
            return held
        if self._stores.is_missing(key):
            return None
        try:
            return await self._kube.get(resource_of(key), key)
        except NotFoundError:
            return None
        except ForbiddenError as error:
            return inputs.Forbidden(error.message)


def depends_on(references: Iterable[Reference]) -> Iterable[ObjectKey | LabelledRef | ApiGroupRef]:
    """What can change what the references find, when it changes; children name their controller themselves."""
    for reference in references:
        match reference:
            case ObjectRef(key) | HttpRef(pod=key):
                yield key
            case ApiGroupRef() | LabelledRef():
                yield reference
