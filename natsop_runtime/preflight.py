"""Before the loop starts: is there a cluster, are the CRDs there, may we watch what we need to? If not, say it once."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from typing import TYPE_CHECKING

from natsop_runtime.errors import ApiError, CredentialsError, ForbiddenError, NotFoundError, UnauthorizedError

if TYPE_CHECKING:
    from natsop_core.kinds import ApiResource
    from natsop_runtime.kube import Kube, Selection


class NotReadyError(Exception):
    """Why the loop cannot start and what to do about it, in one line."""


async def check(kube: Kube, selections: Iterable[Selection]) -> None:
    """Try what the loop will do first: list everything that it watches."""
    for selection in selections:
        try:
            async with aclosing(kube.list_pages(selection, page_size=1)) as pages:
                await anext(pages)
        except ApiError as error:
            raise NotReadyError(_advice(kube, selection.resource, error)) from error


def _advice(kube: Kube, resource: ApiResource, error: ApiError) -> str:
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
            return f"No permission to list {resource.plural} in all namespaces; grant it to this user: {error}"
        case _:
            return f"Cannot reach the API server at {kube.server}: {error}"
