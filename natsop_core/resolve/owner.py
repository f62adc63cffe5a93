"""The owner of the children of a custom resource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.resolve.types import Owner

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata


def owner_of(metadata: Metadata, kind: str) -> Owner:
    """The custom resource as the controller of its children."""
    return Owner(names.API_VERSION, kind, metadata.namespace, metadata.name, metadata.uid)
