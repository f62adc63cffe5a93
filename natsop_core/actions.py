"""Actions: what a plan asks for that is neither an apply nor the pruning of a child, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey


@dataclass(frozen=True, slots=True)
class Annotate:
    """Set these annotations on the very object with this UID, which others own; nothing else of it is touched."""

    key: ObjectKey
    uid: str
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Delete:
    """Delete the very object with this UID."""

    key: ObjectKey
    uid: str


Action: TypeAlias = Annotate | Delete
