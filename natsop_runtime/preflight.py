"""Before the loop starts: is there a cluster, are the CRDs there, may we watch what we need to? If not, say it once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from natsop_core.kinds import LEASES
from natsop_runtime.api_server.errors import (
    ApiError,
    CredentialsError,
    ForbiddenError,
    NotFoundError,
    UnauthorizedError,
)

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_runtime.api_server.kube import Kube, Selection
    from natsop_runtime.leader import Elector


class NotReadyError(Exception):
    """Why the loop cannot start and what to do about it, in one line."""


async def check(kube: Kube, selections: Iterable[Selection]) -> None:
    """Try what the loop will do first: list everything that it watches."""
    for selection in selections:
        place = f"in namespace {selection.namespace}" if selection.namespace else "in all namespaces"
        try:
            async with aclosing(kube.list_pages(selection, page_size=1)) as pages:
                await anext(pages)
        except ApiError as error:
            raise NotReadyError(_advice(kube, selection.resource, f"list {{}} {place}", error)) from error


async def check_lease(kube: Kube, elector: Elector) -> None:
    """Try what leader election will do first: look for the Lease."""
    try:
        await elector.look()
    except ApiError as error:
        raise NotReadyError(_advice(kube, LEASES, f"get {{}} in namespace {elector.namespace}", error)) from error


def _advice(kube: Kube, resource: ApiResource, attempt: str, error: ApiError) -> str:
    match error:
        case NotFoundError():
            return (
                f"The API server at {kube.server} does not know {resource.plural}.{resource.group}. "
                "Install the CRDs first: natsop crds | kubectl apply --server-side -f -"
            )
        case CredentialsError():
            return f"No credentials for the API server at {kube.server}: {error}"
        case UnauthorizedError():
            return f"The API server at {kube.server} does not accept our credentials: {error}"
        case ForbiddenError():
            return f"No permission to {attempt.format(resource.plural)}; grant it to this user: {error}"
        case _:
            return f"Cannot reach the API server at {kube.server}: {error}"
