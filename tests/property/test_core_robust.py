"""Whatever is live beside an accepted custom resource, the core decides and reports: it never raises."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from natsop_core.api.read import read_box, read_cluster
from natsop_core.conclude import conclude_box, conclude_cluster
from natsop_core.decision import ClusterDecision
from natsop_core.inputs import Inputs
from natsop_core.lookup import NotYet
from natsop_core.outcomes import Outcome, Outcomes
from natsop_core.plan import Plan, key_of, plan_box, plan_cluster
from natsop_core.references import ApiGroupRef, ChildrenRef, HttpRef, LabelledRef, ObjectRef, Reference
from natsop_core.servers import some_were_queried
from tests.property import referred
from tests.property.strategies import answers, box_objects, cluster_objects, live_objects, outcomes, pods, statuses
from tests.unit.natsop_core.world import NOW, Object, children_among

ROUNDS = 4


@st.composite
def worlds(draw: st.DrawFn, kind: str, name: str) -> dict[Any, Object]:
    """The cluster's or box's own workload, if any, and up to four pods."""
    live = draw(st.one_of(st.none(), live_objects("apps/v1", kind, name)))
    ordinals = draw(st.lists(st.integers(0, 3), unique=True))
    objects = [*([live] if live else []), *(draw(pods(f"{name}-{ordinal}")) for ordinal in ordinals)]
    return {key_of(each): each for each in objects}


def fetched(references: tuple[Reference, ...], world: dict[Any, Object], uid: str, answer: Any) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for reference in references:
        match reference:
            case ObjectRef(key):
                found[reference] = world.get(key)
            case ChildrenRef():
                found[reference] = children_among(world.values(), uid)
            case LabelledRef():
                everything = Inputs(NOW, {ObjectRef(key): each for key, each in world.items()})
                found[reference] = everything.labelled(reference)
            case HttpRef():
                found[reference] = answer
            case ApiGroupRef():
                found[reference] = len(world) % 2 == 0
    return found


def decided(
    decide: Callable[[Inputs], Plan | NotYet], world: dict[Any, Object], uid: str, answer: Any
) -> tuple[Inputs, Plan]:
    """The plan, and the inputs with all that it asked for."""
    found: dict[Any, Any] = {}
    for _ in range(ROUNDS):
        asked = decide(Inputs(NOW, found))
        if isinstance(asked, NotYet):
            found |= fetched(asked.references, world, uid, answer)
    inputs = Inputs(NOW, found)
    plan = decide(inputs)
    assert isinstance(plan, Plan), f"something is missing after {ROUNDS} rounds"
    return inputs, plan


def outcomes_of(plan: Plan, drawn: list[Outcome]) -> Outcomes:
    keys = [*plan.targets, *(child.key for child in plan.prune)]
    return {key: drawn[index % len(drawn)] for index, key in enumerate(keys)} if drawn else {}


@given(referred.worlds(), st.data(), answers, st.lists(outcomes, max_size=4), statuses)
def test_a_cluster_is_decided_whatever_is_live(
    resource: tuple[Object, list[Object]], data: st.DataObject, answer: Any, drawn: list[Outcome], status: Object
) -> None:
    obj, needed = resource
    cr = read_cluster(obj | {"status": status})
    world = data.draw(worlds("StatefulSet", cr.metadata.name)) | {key_of(each): each for each in needed}
    inputs, plan = decided(partial(plan_cluster, cr), world, cr.metadata.uid, answer)
    assert plan.apply or _says_why_not(plan)
    report = conclude_cluster(cr, inputs, plan, outcomes_of(plan, drawn))
    assert report.status is not None
    assert report.requeue_after is not None or not _has_servers_to_ask(plan)


def _has_servers_to_ask(plan: Plan) -> bool:
    """All else that may change comes with an event."""
    assert isinstance(plan.decision, ClusterDecision)
    return some_were_queried(plan.decision.servers)


def _says_why_not(plan: Plan) -> bool:
    """Where a refused change was all that made the rest valid, nothing is changed, and that is said."""
    assert isinstance(plan.decision, ClusterDecision)
    assert plan.decision.resolved
    return {"ImmutableField", "InvalidSpec"} <= {each.reason for each in plan.decision.resolved.findings}


@given(box_objects, st.one_of(st.none(), cluster_objects), st.data(), st.lists(outcomes, max_size=4), statuses)
def test_a_box_is_decided_whatever_is_live(
    obj: Object, cluster: Object | None, data: st.DataObject, drawn: list[Outcome], status: Object
) -> None:
    cr = read_box(obj | {"status": status})
    world = data.draw(worlds("Deployment", cr.metadata.name))
    if cluster is not None:
        cluster["metadata"]["name"] = "c"
        world[key_of(cluster)] = cluster
    inputs, plan = decided(partial(plan_box, cr), world, cr.metadata.uid, None)
    report = conclude_box(cr, inputs, plan, outcomes_of(plan, drawn))
    assert report.status is not None
