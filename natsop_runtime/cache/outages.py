"""What the log says about watches that fail: each trouble once, not once for each of its many retries."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from natsop_runtime.api_server.errors import ApiError, ForbiddenError, NotFoundError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_runtime.api_server.kube import Selection

log = logging.getLogger(__name__)


class Outages:
    """A trouble is told again once it has passed. That a namespace refuses us is told once for all kinds."""

    def __init__(self) -> None:
        self._troubles: dict[Selection, str] = {}
        self._refusing: dict[str, set[Selection]] = {}

    def are_known(self, namespaces: Iterable[str]) -> None:
        """These refuse us, which somebody else has told already."""
        for namespace in namespaces:
            self._refusing.setdefault(namespace, set())

    def fails(self, selection: Selection, error: ApiError) -> None:
        """A watch failed."""
        if selection.namespace and isinstance(error, ForbiddenError):
            if selection.namespace not in self._refusing:
                log.warning("namespace %s is not served, or only in part: %s", selection.namespace, error)
            self._refusing.setdefault(selection.namespace, set()).add(selection)
        elif self._troubles.get(selection) != (trouble := str(error)):
            self._troubles[selection] = trouble
            what = "%s%s are not served: %s" if isinstance(error, NotFoundError) else "cannot watch %s%s: %s"
            log.warning(what, selection.resource.plural, _place(selection), error)

    def works(self, selection: Selection) -> None:
        """It works again."""
        if self._troubles.pop(selection, None) is not None:
            log.info("watching %s%s again", selection.resource.plural, _place(selection))
        refused = self._refusing.get(selection.namespace, set())
        refused.discard(selection)
        if selection.namespace in self._refusing and not refused:
            del self._refusing[selection.namespace]
            log.info("namespace %s is served again", selection.namespace)


def _place(selection: Selection) -> str:
    return f" in namespace {selection.namespace}" if selection.namespace else ""
