"""The identity by which the children of a custom resource know it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.resolve.types import Owner

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata


def owner_of(metadata: Metadata, kind: str) -> Owner:
    """The identity that children name as their controller."""
    return Owner(names.API_VERSION, kind, metadata.namespace, metadata.name, metadata.uid)
