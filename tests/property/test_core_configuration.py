"""Whatever stands in a file that a user includes: the servers get all of it or nothing changes, and nothing is told."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from natsop_core.conclude import conclude_cluster
from natsop_core.conf import write
from natsop_core.decision import ClusterDecision
from tests.property.trees import all_trees, mutated_texts, texts, unhurried
from tests.unit.natsop_core.world import cluster, conditions, config_map, inputs, jetstream, live_children, plan_of

FILE = "a.conf"
HIDDEN = "S3cr3tValue"
SPEC = {"replicas": 3, **jetstream(), "container": {"env": [{"name": "X", "value": HIDDEN}]}}
BOUND = {"server_name", "cluster", "jetstream"}

options = st.sampled_from(
    [
        "max_payload: 1000",
        "max_paylaod: 1",
        "Port: 1",
        "server_name: a",
        "JetStream {}",
        "cluster { port: 1 }",
        "authorization { user: $X }",
        f"authorization {{ password: {HIDDEN} }}",
        "leafnodes { port: 1 }",
        "a: $Y",
        "websocket { port: 1 }",
    ]
)
files = st.one_of(texts, mutated_texts, all_trees.map(write), st.lists(options, max_size=4).map("\n".join))


@unhurried
@given(files)
def test_an_include_is_taken_whole_or_changes_nothing(text: str) -> None:
    spec = {**SPEC, "config": {**SPEC["config"], "includes": [{"name": FILE, "configMap": {"name": "m", "key": FILE}}]}}
    cr = cluster(spec)
    children = live_children(cluster(SPEC))
    seen = inputs(cr, config_map("m", **{FILE: text}), *children)
    plan = plan_of(cr, seen)
    report = conclude_cluster(cr, seen, plan, {})
    assert HIDDEN not in str(report.status) + str(report.events)
    assert isinstance(plan.decision, ClusterDecision)
    assert plan.decision.resolved is not None
    config = plan.decision.resolved.config
    if config is None:
        assert (plan.apply, plan.prune) == ((), ())
        assert conditions(report.status)["Degraded"] == ("True", "InvalidInclude")
        return
    assert all(option.place.file == config.main for option in config.options if option.name in BOUND)
    assert isinstance(config.server_digest({"SERVER_NAME": "c-0", "POD_NAME": "c-0"}, "2.15.2"), str)
