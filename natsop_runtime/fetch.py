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
        """Find all of them, at the same time. UnavailableError when the API server does not answer.

        Children last: a kind that is asked for may be watched only from now on.
        """
        asked = tuple(references)
        waited_for = [each for each in asked if not isinstance(each, ChildrenRef)]
        answers = await asyncio.gather(*map(self._find, waited_for), return_exceptions=True)  # none goes on without us
        found: dict[Reference, Found] = {}
        for reference, answer in zip(waited_for, answers, strict=True):
            if isinstance(answer, BaseException):
                raise answer
            found[reference] = answer
        return found | {each: self._stores.children(each) for each in asked if isinstance(each, ChildrenRef)}

    async def _find(self, reference: Reference) -> Found:
        match reference:
            case ObjectRef(key):
                return await self._object(key)
            case ApiGroupRef():
                return await self._stores.optional_kinds.serves(reference)
            case LabelledRef():
                return self._stores.labelled(reference)
            case HttpRef():
                return await self._pods.get(reference)
            case _:
                raise TypeError(f"nothing to wait for: {reference}")

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


def outdated_by(references: Iterable[Reference], found: Iterable[Reference]) -> Iterable[ChildrenRef]:
    """Of what was found, what may be more once these references are: children of a kind that was not watched so far."""
    if any(isinstance(each, ApiGroupRef) for each in references):
        yield from (each for each in found if isinstance(each, ChildrenRef))


def depends_on(references: Iterable[Reference]) -> Iterable[ObjectKey | LabelledRef | ApiGroupRef]:
    """What can change what the references find, when it changes; children name their controller themselves."""
    for reference in references:
        match reference:
            case ObjectRef(key) | HttpRef(pod=key):
                yield key
            case ApiGroupRef() | LabelledRef():
                yield reference
