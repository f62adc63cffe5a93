"""Plans the changed custom resources for a cluster that runs the old ones."""

from __future__ import annotations

from dataclasses import field, replace
from typing import TYPE_CHECKING, Any

from natsop_core.changes import PlannedChange, plan_change
from natsop_core.frozen import frozen
from natsop_core.stand_ins import with_stand_ins
from natsop_runtime.cli.documents import parse_all
from natsop_runtime.cli.resources import inputs_of, read_resources, render_all

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from natsop_core.inputs import Inputs
    from natsop_runtime.cli.documents import Document
    from natsop_runtime.cli.resources import RenderedResource, Resource
    from natsop_runtime.cli.sources import Source

Key = tuple[type, str, str]


@frozen
class Side:
    """One side of a change.

    resources: all that are valid. rendered: those of them that something becomes of, with these inputs. errors: what
    is wrong with the files and custom resources that are not among these.
    """

    resources: tuple[Resource, ...]
    rendered: tuple[RenderedResource, ...]
    inputs: Inputs
    errors: tuple[str, ...]


@frozen
class Planned:
    """What becomes of one custom resource of the new side. change: what its change comes to, where it is on both."""

    resource: Resource
    objects: tuple[dict[str, Any], ...] = field(repr=False)
    change: PlannedChange | None = None


def read_side(sources: Iterable[Source], beside: Sequence[Document] = ()) -> Side:
    """One side of a change, of its files and of objects that are there on both sides."""
    documents, faults = parse_all(sources)
    resources, errors = read_resources(documents)
    unseen = tuple(map(_unseen, resources))
    inputs = inputs_of([*documents, *beside])
    rendered = render_all(unseen, inputs, stand_ins=True)
    return Side(unseen, rendered.resources, inputs, (*faults, *errors, *rendered.errors))


def key_of(resource: Resource) -> Key:
    """What a custom resource is called on both sides."""
    metadata = resource.value.metadata
    return type(resource.value), metadata.namespace, metadata.name


def planned(old: Side, new: Side) -> Iterator[Planned]:
    """What becomes of each custom resource of the new side that can be rendered."""
    before = {key_of(each.resource): each.resource for each in old.rendered}
    for each in new.rendered:
        if found := before.get(key_of(each.resource)):
            change = _change(found, each.resource, old.inputs, new.inputs)
            yield Planned(each.resource, change.objects, change)
        else:
            yield Planned(each.resource, each.objects)


def _change(old: Resource, new: Resource, before: Inputs, after: Inputs) -> PlannedChange:
    return plan_change(
        old.value,
        new.value,
        before=with_stand_ins(old.value, before),
        after=with_stand_ins(new.value, after),
    )


def _unseen(resource: Resource) -> Resource:
    """The custom resource as if no API server had given it a UID, which each object would name as its owner's."""
    metadata = resource.value.metadata.model_copy(update={"uid": ""})
    return replace(resource, value=resource.value.model_copy(update={"metadata": metadata}))
