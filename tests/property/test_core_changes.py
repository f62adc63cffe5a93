"""What is true of every change from one accepted custom resource to another."""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natsop_core import Inputs, NatsBox, NatsCluster, inputs_at_hand, plan_change, render
from natsop_core.changes import PlannedChange
from natsop_core.guards.templates import user_fields
from natsop_core.names import JETSTREAM_VOLUME, RESOLVER_VOLUME, is_derived_annotation
from natsop_core.stand_ins import with_stand_ins
from tests.property.referred import worlds
from tests.property.strategies import box_objects, read
from tests.unit.natsop_core.world import NOW, Object, cluster_object

World = tuple[Object, list[Object]]

cluster_worlds = worlds()
resource_worlds = st.one_of(cluster_worlds, box_objects.map(lambda box: (box, [])))


def taken(world: World) -> tuple[NatsCluster | NatsBox, Inputs]:
    """The custom resource as a file has it, and the inputs for it."""
    obj, referred = copy.deepcopy(world)
    obj["metadata"].pop("uid", None)
    resource = read(obj)
    return resource, with_stand_ins(resource, inputs_at_hand([cluster_object(), *referred], NOW))


def change(old: World, new: World) -> PlannedChange | None:
    """The planned change of the one into the other, under its name; None where one of the two cannot be rendered."""
    (one, before), (other, after) = taken(old), taken(_renamed(new, old))
    if render(one, before).objects is None or render(other, after).objects is None:
        return None
    return plan_change(one, other, before=before, after=after)


def _renamed(world: World, other: World) -> World:
    obj, referred = world
    return {**obj, "metadata": {**obj["metadata"], "name": other[0]["metadata"]["name"]}}, referred


def stripped(objects: Iterable[Object]) -> list[Any]:
    """The objects without what only follows from the rest."""
    return [_without_notes(each) for each in objects]


def _without_notes(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _without_notes(part) for key, part in value.items() if not is_derived_annotation(key)}
        return {key: part for key, part in kept.items() if key != "annotations" or part}
    return [_without_notes(each) for each in value] if isinstance(value, list) else value


@given(resource_worlds)
def test_a_resource_that_does_not_change_stays_what_it_is_rendered_to(world: World) -> None:
    planned = change(world, world)
    rendered = render(*taken(world)).objects
    assert (planned is None) == (rendered is None)
    if planned and rendered:
        assert not planned.is_refused
        assert stripped(planned.objects) == stripped(rendered)


@given(cluster_worlds, cluster_worlds)
def test_a_change_is_refused_or_its_servers_become_what_is_wanted(old: World, new: World) -> None:
    planned = change(old, new)
    if planned is None or planned.is_refused:
        return
    resource, found = taken(_renamed(new, old))
    wanted = render(resource, found).objects
    assert wanted is not None
    assert isinstance(resource, NatsCluster)
    fields = ("replicas", "serviceName", "podManagementPolicy")
    for becomes, asked in zip(_stateful_sets(planned.objects), _stateful_sets(wanted), strict=True):
        assert {field: becomes["spec"].get(field) for field in fields} == {
            field: asked["spec"].get(field) for field in fields
        }
        assert _claims(becomes, resource) == _claims(asked, resource)


@given(cluster_worlds, cluster_worlds)
def test_what_an_api_server_refuses_changes_nothing(old: World, new: World) -> None:
    planned = change(old, new)
    if planned and planned.invalid:
        assert stripped(planned.objects) == stripped(render(*taken(old)).objects or ())


def _claims(stateful_set: Object, cr: NatsCluster) -> dict[str, Any]:
    """The claims by name, with the fields that the user has set: what is unset stays what it was."""
    jetstream, jwt = cr.spec.config.jetstream, cr.spec.auth.jwt
    templates = {JETSTREAM_VOLUME: jetstream.file_store.pvc, RESOLVER_VOLUME: jwt.resolver.storage if jwt else None}
    return {
        name: _part_of(each["spec"], user_fields(template) if template else {})
        for each in stateful_set["spec"].get("volumeClaimTemplates", ())
        for name, template in templates.items()
        if each["metadata"]["name"] == name
    }


def _part_of(value: Any, chosen: Any) -> Any:
    """The value without the keys that are not in the chosen one."""
    if isinstance(value, dict) and isinstance(chosen, dict):
        return {key: _part_of(value.get(key), part) for key, part in chosen.items()}
    return value


def _stateful_sets(objects: Iterable[Object]) -> list[Object]:
    return [each for each in objects if each["kind"] == "StatefulSet"]
