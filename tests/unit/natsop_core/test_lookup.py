"""What a decision asks for: in a few rounds, until there is a plan."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from natsop_core.api.read import read_box, read_cluster
from natsop_core.inputs import HttpAnswer, Inputs
from natsop_core.lookup import NotYet
from natsop_core.plan import Plan, key_of, plan_box, plan_cluster
from natsop_core.references import ChildrenRef, HttpRef, LabelledRef, ObjectRef, Reference
from tests.unit.natsop_core.world import NOW, Object, box_object, cluster_object, pod


def rounds(ask: Callable[[Inputs], Plan | NotYet], *objects: Object) -> list[list[str]]:
    """What is asked for in each round, answered from these objects."""
    world = {key_of(each): each for each in objects}
    found: dict[Reference, Any] = {}
    asked = []
    while isinstance(answer := ask(Inputs(NOW, found)), NotYet):
        asked.append([described(reference) for reference in answer.references])
        for reference in answer.references:
            match reference:
                case ObjectRef(key):
                    found[reference] = world.get(key)
                case ChildrenRef():
                    found[reference] = ()
                case LabelledRef():
                    found[reference] = Inputs(NOW, {ObjectRef(key): each for key, each in world.items()}).labelled(
                        reference
                    )
                case HttpRef():
                    found[reference] = HttpAnswer(200, b"{}")
    return asked


def described(reference: Reference) -> str:
    match reference:
        case ObjectRef(key):
            return str(key)
        case LabelledRef():
            return f"{reference.kind} of {reference.value}"
        case HttpRef():
            return f"GET {reference.path} of {reference.pod}"
        case _:
            return type(reference).__name__


def test_a_cluster_asks_for_its_children_and_pods_then_for_their_word() -> None:
    cr = read_cluster(cluster_object({"replicas": 2}))
    assert rounds(partial(plan_cluster, cr), pod("c-0"), pod("c-1", running=False)) == [
        ["ChildrenRef", "StatefulSet prod/c", "Pod of c", "PersistentVolumeClaim of c"],
        ["GET /varz of Pod prod/c-0"],
    ]


def test_an_invalid_cluster_asks_only_for_what_it_reports_and_keeps() -> None:
    cr = read_cluster(cluster_object({"replicas": 0}))
    assert rounds(partial(plan_cluster, cr)) == [
        ["ChildrenRef", "StatefulSet prod/c", "Pod of c", "PersistentVolumeClaim of c"]
    ]


def test_a_box_is_one_round_from_its_cluster() -> None:
    cr = read_box(box_object({"clusterRef": {"name": "c"}}))
    assert rounds(partial(plan_box, cr), cluster_object()) == [
        ["ChildrenRef", "Deployment prod/b", "Pod of b", "NatsCluster prod/c"]
    ]


def test_a_box_that_is_invalid_or_names_no_cluster_asks_for_none() -> None:
    for spec in ({"replicas": -1, "clusterRef": {"name": "c"}}, {}):
        cr = read_box(box_object(spec))
        assert rounds(partial(plan_box, cr)) == [["ChildrenRef", "Deployment prod/b", "Pod of b"]]
