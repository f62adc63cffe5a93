"""The limit of open files: each watch holds a connection, and each connection is a file."""

from __future__ import annotations

import logging
import resource
from typing import Final

from natsop_core.kinds import CREATED, OPTIONAL, WATCHED_IN_FULL
from natsop_core.reconcile import RECONCILED

WATCHES: Final = len((*RECONCILED, *CREATED, *OPTIONAL, *WATCHED_IN_FULL))
"""Watches per namespace with --namespaces, otherwise in total; each holds a connection."""

OTHERS: Final = 300
"""Other open files: requests to the API server, pods and servers, the ports, and Python's own files."""

log = logging.getLogger(__name__)


def raise_limit(namespaces: int) -> None:
    """Raise the soft limit to the hard one, as Go programs do; warn if that is too low for so many namespaces."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (OSError, ValueError) as error:  # macOS has a lower limit of its own
        log.debug("the limit of open files stays as it is: %s", error)
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = max(1, namespaces) * WATCHES + OTHERS
    if limit != resource.RLIM_INFINITY and limit < needed:
        log.warning(
            "%d files may be open at once, but %d namespaces need about %d; "
            "raise the limit, or work in all namespaces with a ClusterRole",
            limit,
            namespaces,
            needed,
        )
