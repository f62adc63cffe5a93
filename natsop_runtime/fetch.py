"""Fetches what references name: from the informers if possible, otherwise from the API server or a pod."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from natsop_core import inputs
from natsop_core.kinds import resource_of
from natsop_core.references import (
    ApiGroupRef,
    ChildrenRef,
    HttpRef,
    LabelledRef,
    ListRef,
    ObjectKey,
    ObjectRef,
    Reference,
)
from natsop_runtime.api_server.errors import ForbiddenError, NotFoundError
from natsop_runtime.api_server.kube import Selection
from natsop_runtime.clock import loop_time
from natsop_runtime.threads import run_in_thread

if TYPE_CHECKING:
    from natsop_core.inputs import Found, HttpAnswer, Unreachable
    from natsop_runtime.api_server.kube import Kube
    from natsop_runtime.cache.informers import Informers
    from natsop_runtime.cache.store import Whole
    from natsop_runtime.nats import Pods


AT_ONCE: Final = 300
"""References that are fetched concurrently; starting each takes the event loop a moment."""

MAX_CONCURRENT_PODS: Final = 32
"""Pods of one custom resource that are asked concurrently, so that one cannot use up all requests to pods."""

PODS_SECONDS: Final = 5.0
"""Seconds after which no further pod of a custom resource is asked: a worker waits for those that do not answer."""

NOT_ASKED: Final = inputs.Unreachable(f"not asked, since other pods did not answer within {PODS_SECONDS:g} s")

FEW: Final = 100
"""Objects that are unpacked on the event loop: each takes some 50 µs."""


class Fetcher:
    """Fetches what references name."""

    def __init__(self, kube: Kube, pods: Pods, informers: Informers) -> None:
        self._kube = kube
        self._pods = pods
        self._informers = informers

    async def fetch(self, references: Iterable[Reference]) -> dict[Reference, Found]:
        """Fetch all references, many concurrently. Raises UnavailableError when the API server does not answer.

        Children come last: an optional kind may be watched only from now on.
        """
        asked = tuple(references)
        waited_for = [each for each in asked if not isinstance(each, ChildrenRef)]
        find = partial(self._find, pods=_PodsOfOne(self._pods))
        found: dict[Reference, Found] = {}
        for batch in (waited_for[first : first + AT_ONCE] for first in range(0, len(waited_for), AT_ONCE)):
            answers = await asyncio.gather(*map(find, batch), return_exceptions=True)  # none goes on without us
            for reference, answer in zip(batch, answers, strict=True):
                if isinstance(answer, BaseException):
                    raise answer
                found[reference] = answer
        return found | {each: self._informers.children(each) for each in asked if isinstance(each, ChildrenRef)}

    async def _find(self, reference: Reference, pods: _PodsOfOne) -> Found:
        match reference:
            case ObjectRef(key):
                return await self._object(key)
            case ApiGroupRef():
                return await self._informers.optional_kinds.serves(reference)
            case LabelledRef():
                return await _unpacked(self._informers.labelled(reference))
            case ListRef():
                return await self._list(reference)
            case HttpRef():
                return await pods.get(reference)
            case _:
                raise TypeError(f"nothing to wait for: {reference}")

    async def _object(self, key: ObjectKey) -> Found:
        if (held := self._informers.in_full(key)) is not None:
            return held
        if self._informers.is_missing(key):
            return None
        try:
            return await self._kube.get(resource_of(key), key)
        except NotFoundError:
            return None
        except ForbiddenError as error:
            return inputs.Forbidden(error.message)

    async def _list(self, reference: ListRef) -> Found:
        selection = Selection(resource_of(reference), namespace=reference.namespace)
        try:
            return tuple([each async for page in self._kube.list_pages(selection) for each in page.items])
        except NotFoundError:
            return ()
        except ForbiddenError as error:
            return inputs.Forbidden(error.message)


class _PodsOfOne:
    """The pods of one custom resource, asked a few at a time and not for long."""

    def __init__(self, pods: Pods) -> None:
        self._pods = pods
        self._slots = asyncio.Semaphore(MAX_CONCURRENT_PODS)
        self._end = loop_time() + PODS_SECONDS

    async def get(self, reference: HttpRef) -> HttpAnswer | Unreachable:
        async with self._slots:
            if loop_time() > self._end:
                return NOT_ASKED
            return await self._pods.get(reference)


async def _unpacked(packed: Sequence[Whole]) -> tuple[dict[str, Any], ...]:
    if len(packed) <= FEW:
        return _unpack(packed)
    return await run_in_thread(_unpack, packed)


def _unpack(packed: Sequence[Whole]) -> tuple[dict[str, Any], ...]:
    return tuple(each.unpacked() for each in packed)


def outdated_by(references: Iterable[Reference], found: Iterable[Reference]) -> Iterable[ChildrenRef]:
    """The references to fetch again once these are known: children of a kind that was not watched before."""
    if any(isinstance(each, ApiGroupRef) for each in references):
        yield from (each for each in found if isinstance(each, ChildrenRef))


def depends_on(references: Iterable[Reference]) -> Iterable[ObjectKey | LabelledRef | ApiGroupRef]:
    """The objects, labels and kinds that the references depend on; children name their controller themselves."""
    for reference in references:
        match reference:
            case ObjectRef(key) | HttpRef(pod=key):
                yield key
            case ApiGroupRef() | LabelledRef():
                yield reference
