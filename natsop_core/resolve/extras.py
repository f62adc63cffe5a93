"""The labels and annotations that the user adds to an object."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from natsop_core.resolve.types import Extras

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.workload import GlobalSpec


class Labelled(Protocol):
    """A block of the custom resource with labels and annotations for an object."""

    @property
    def labels(self) -> Mapping[str, str]: ...

    @property
    def annotations(self) -> Mapping[str, str]: ...


def extras_of(settings: GlobalSpec | None, block: Labelled) -> Extras:
    """The annotations of the block, and its labels with the global ones."""
    return Extras(labels_with(settings, block.labels), block.annotations)


def labels_with(settings: GlobalSpec | None, labels: Mapping[str, str]) -> Mapping[str, str]:
    """The global labels, overridden by the labels of an object."""
    return {**settings.labels, **labels} if settings else labels
