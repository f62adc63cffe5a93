"""A refusal leaves the servers as they run: no size or limit that was asked for with it rolls their pods."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.decision import ClusterDecision
from natsop_core.plan import Plan
from tests.unit.natsop_core.world import Object, cluster, inputs, jetstream, live_children, one_of, plan_of

LIMITED: Object = {"enabled": True, "maxSize": "2Gi"}
CLAIMS: Object = {"resources": {"requests": {"storage": "10Gi"}}}
IN_PODS: Object = {"enabled": False, "resources": {"requests": {"storage": "3Gi"}}}


def stores(pvc: Object, *, most: str = "2Gi", memory: Any = None) -> Object:
    return {"replicas": 3, **jetstream(fileStore={"maxSize": most, "pvc": pvc}, memoryStore=memory or {})}


def refusals(plan: Plan) -> list[str]:
    assert isinstance(plan.decision, ClusterDecision)
    assert plan.decision.resolved
    return [finding.reason for finding in plan.decision.resolved.findings]


@pytest.mark.parametrize(
    ("before", "asked"),
    [
        (stores(CLAIMS), {"replicas": 3}),
        (stores(CLAIMS, memory=LIMITED), {"replicas": 3}),
        (stores(CLAIMS, memory={"enabled": False}), {"replicas": 3}),
        (stores(CLAIMS, memory=LIMITED), {"replicas": 3, "config": {"jetstream": {"enabled": False}}}),
        (stores(CLAIMS), {"replicas": 3, **jetstream(fileStore={"enabled": False})}),
        (stores(CLAIMS), stores({**CLAIMS, "enabled": False}, most="1Gi")),
        (stores(CLAIMS), stores({"resources": {"requests": {"storage": "20Gi"}}}, most="15Gi")),
        (stores(IN_PODS, most="1Gi"), stores(CLAIMS, most="1Gi")),
        (stores(IN_PODS, most="5Gi"), stores(CLAIMS, most="5Gi")),
    ],
)
def test_pods_and_configuration_are_those_that_run(before: Object, asked: Object) -> None:
    running = live_children(cluster(before))
    cr = cluster(asked)
    plan = plan_of(cr, inputs(cr, *running))
    assert refusals(plan) == ["ImmutableField"]
    for kind in ("StatefulSet", "ConfigMap"):
        [live], applied = [each for each in running if each["kind"] == kind], one_of(plan.apply, kind)
        assert applied.get("spec", {}).get("template") == live.get("spec", {}).get("template")
        assert applied.get("data") == live.get("data")
