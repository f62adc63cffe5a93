"""Looks up the objects that a custom resource controls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core.references import ChildrenRef

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata
    from natsop_core.kinds import ApiResource
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey


def children_of(metadata: Metadata) -> ChildrenRef:
    """The reference to all objects that a custom resource controls."""
    return ChildrenRef(metadata.namespace, metadata.uid)


def children_of_kind(metadata: Metadata, resource: ApiResource, lookup: Lookup) -> tuple[ObjectKey, ...]:
    """The objects of this kind that the custom resource controls."""
    return tuple(child.key for child in lookup.children(children_of(metadata)) if child.key.kind == resource.kind)


def is_child(metadata: Metadata, key: ObjectKey, lookup: Lookup) -> bool:
    """Whether the custom resource controls the object with this key."""
    return any(child.key == key for child in lookup.children(children_of(metadata)))
