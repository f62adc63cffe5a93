"""Checks before the controller starts: is there a cluster, are the CRDs installed, are all rights granted?

Temporary failures are retried: an API server that restarts refuses requests for a moment, and a Role may be created
just after the Deployment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, TypeVar

from natsop_core.kinds import SELF_ACCESS_REVIEWS, SELF_REVIEWS
from natsop_core.rights import judge
from natsop_runtime.api_server.errors import (
    ApiError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
    UnavailableError,
)
from natsop_runtime.backoff import Backoff
from natsop_runtime.clock import loop_time

if TYPE_CHECKING:
    from natsop_core.rights import Demand, Right
    from natsop_runtime.api_server.kube import Kube, Selection

T = TypeVar("T")

UNAVAILABLE_SECONDS: Final = 60.0
"""Seconds for which to retry when the API server does not answer or is overloaded."""

REFUSED_SECONDS: Final = 5.0
"""Seconds for which to retry when it refuses our user or does not serve our kinds."""

MAX_CONCURRENT_REVIEWS: Final = 8
"""Each takes a connection, and 0.3 MiB for it (asyncio's buffer for TLS alone has 256 KiB)."""

BACKOFF: Final = Backoff(first=0.5, most=5.0)

log = logging.getLogger(__name__)


class NotReadyError(Exception):
    """Why the operator cannot start and what to do about it, in one line.

    patience: seconds for which to retry. retry_after: the delay that the API server asked for.
    """

    def __init__(self, message: str, *, patience: float = 0.0, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.patience = patience
        self.retry_after = retry_after


async def retry_until_ready(check: Callable[[], Awaitable[T]]) -> T:
    """Retry the check until it succeeds. Raises NotReadyError when its patience is over."""
    attempts, began, patience = 0, loop_time(), 0.0
    while True:
        try:
            return await check()
        except NotReadyError as error:
            if error.patience and error.patience != patience:  # a failure of another kind
                began, patience = loop_time(), error.patience
                log.warning("%s (retrying for %g s)", error, patience)
            if loop_time() - began >= patience:
                raise
            attempts += 1
            await asyncio.sleep(max(BACKOFF.delay(attempts), error.retry_after))


async def check(
    kube: Kube, selections: Iterable[Selection], demands: Sequence[Demand], granted: set[tuple[str, Right]]
) -> tuple[str, ...]:
    """Review all rights, and list everything that the controller will watch.

    Returns the namespaces that cannot be served for now; raises NotReadyError when there is no other.
    granted: the rights, with their namespaces, that need no further review; newly granted ones are added.
    """
    try:
        lacks = {demand: await _lacking(kube, demand, granted) for demand in demands}
    except ApiError as error:
        raise _not_ready(kube, error) from error
    verdict = judge(lacks, await _user(kube) if any(lacks.values()) else "")
    if verdict.fatal:
        raise NotReadyError(verdict.fatal, patience=REFUSED_SECONDS)
    served = [each for each in selections if each.namespace not in verdict.unserved]
    await _list(kube, [each for each in served if each.namespace == served[0].namespace])
    for warning in verdict.warnings:
        log.warning("%s", warning)
    return verdict.unserved


async def _lacking(kube: Kube, demand: Demand, granted: set[tuple[str, Right]]) -> tuple[Right, ...]:
    """The missing rights of the demand, reviewed concurrently."""
    slots = asyncio.Semaphore(MAX_CONCURRENT_REVIEWS)

    async def may(right: Right) -> bool:
        async with slots:
            return await _may(kube, right, demand.namespace)

    rights = [right for right in demand.rights if (demand.namespace, right) not in granted]
    asked = [asyncio.create_task(may(right)) for right in rights]
    try:
        answers = await asyncio.gather(*asked)
    finally:
        for each in asked:  # after the first failure, the other answers are not needed
            each.cancel()
    answered = tuple(zip(rights, answers, strict=True))
    granted |= {(demand.namespace, right) for right, may in answered if may}
    return tuple(right for right, may in answered if not may)


async def _may(kube: Kube, right: Right, namespace: str) -> bool:
    try:
        answer = await kube.create_review(SELF_ACCESS_REVIEWS, right.question(namespace))
    except (ForbiddenError, NotFoundError):  # without reviews, the requests themselves will tell
        return True
    return (answer.get("status") or {}).get("allowed") is True


async def _user(kube: Kube) -> str:
    """Our user as the API server sees it; empty if unknown."""
    body = {"apiVersion": SELF_REVIEWS.api_version, "kind": SELF_REVIEWS.kind}
    try:
        answer = await kube.create_review(SELF_REVIEWS, body)
    except ApiError:
        return ""
    return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")


async def _list(kube: Kube, selections: Iterable[Selection]) -> None:
    for selection in selections:
        try:
            async with aclosing(kube.list_pages(selection, page_size=1)) as pages:
                await anext(pages)
        except ApiError as error:
            raise _not_ready(kube, error, selection) from error


def _not_ready(kube: Kube, error: ApiError, selection: Selection | None = None) -> NotReadyError:
    """selection: what could not be listed, if that was the failure."""
    patience = REFUSED_SECONDS
    if isinstance(error, UnavailableError) and not isinstance(error, UnauthorizedError):
        patience = UNAVAILABLE_SECONDS
    retry_after = error.retry_after if isinstance(error, UnavailableError) else 0.0
    return NotReadyError(_advice(kube, error, selection), patience=patience, retry_after=retry_after)


def _advice(kube: Kube, error: ApiError, selection: Selection | None) -> str:
    match error:
        case NotFoundError() if selection:
            kind = f"{selection.resource.plural}.{selection.resource.group}"
            return (
                f"The API server at {kube.server} does not know {kind}. "
                "Install the CRDs first: natsop crds | kubectl apply --server-side -f -"
            )
        case CredentialsError():
            return f"No credentials for the API server at {kube.server}: {error}"
        case UnauthorizedError():
            return f"The API server at {kube.server} does not accept our credentials: {error}"
        case ForbiddenError() if selection:
            place = f"in namespace {selection.namespace}" if selection.namespace else "in all namespaces"
            return f"No permission to list {selection.resource.plural} {place}; grant it to this user: {error}"
        case _:
            return f"Cannot reach the API server at {kube.server}: {error}"
