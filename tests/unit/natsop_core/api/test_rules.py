"""Each rule: what it takes, what it refuses, and in which words."""

import pytest

from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource, Problem, changed_cluster, read_box, read_cluster
from natsop_core.durations import is_go_duration
from natsop_core.rules import BOX_RULES, CLUSTER_RULES, CLUSTER_TRANSITIONS
from tests.unit.natsop_core.api import examples
from tests.unit.natsop_core.api.examples import Manifest
from tests.unit.natsop_core.api.refusals import REFUSALS
from tests.unit.natsop_core.api.rule_examples import EXAMPLES, REFUSED_BY_TYPES, Example, include, jwt
from tests.unit.natsop_core.api.transition_examples import BROKEN_TRANSITIONS, KEPT_TRANSITIONS, Transition

RULES = {rule.name: rule for rule in (*CLUSTER_RULES, *BOX_RULES)}


def problems(manifest: Manifest) -> list[Problem]:
    read = read_cluster if manifest["kind"] == "NatsCluster" else read_box
    result = read(manifest, strict=True)
    return list(result.problems) if isinstance(result, InvalidResource) else []


def valid(manifest: Manifest) -> NatsCluster:
    result = read_cluster(manifest)
    assert isinstance(result, NatsCluster), result
    return result


def test_every_rule_has_an_example() -> None:
    assert EXAMPLES.keys() == RULES.keys()
    assert {name for name, *_ in BROKEN_TRANSITIONS.values()} == {rule.name for rule in CLUSTER_TRANSITIONS}


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=list(EXAMPLES))
def test_a_rule_takes_what_only_just_keeps_it(name: str, example: Example) -> None:
    del name
    assert problems(example.kept) == []


@pytest.mark.parametrize(("name", "example"), EXAMPLES.items(), ids=list(EXAMPLES))
def test_a_rule_says_what_is_wrong_and_where(name: str, example: Example) -> None:
    [problem] = problems(example.broken)
    assert (problem.rule, str(problem)) == (name, f"{example.path}: {example.message}")


@pytest.mark.parametrize("broken", BROKEN_TRANSITIONS.values(), ids=list(BROKEN_TRANSITIONS))
def test_a_change_that_would_lose_data_is_refused(broken: tuple[str, str, str, Transition]) -> None:
    name, path, message, change = broken
    [problem] = changed_cluster(valid(change.old), valid(change.new))
    assert (problem.rule, str(problem)) == (name, f"{path}: {message}")


@pytest.mark.parametrize("change", KEPT_TRANSITIONS.values(), ids=list(KEPT_TRANSITIONS))
def test_a_change_that_loses_nothing_is_taken(change: Transition) -> None:
    assert changed_cluster(valid(change.old), valid(change.new)) == ()


@pytest.mark.parametrize(("row", "manifest"), REFUSED_BY_TYPES)
def test_types_and_bounds_refuse_what_a_row_says(row: str, manifest: Manifest) -> None:
    [problem] = problems(manifest)
    assert [refusal.name for refusal in REFUSALS if refusal.covers(problem.rule, str(problem))] == [row]


@pytest.mark.parametrize(
    "manifest",
    [
        examples.config(nats={"port": 0}),
        include(name="a b", secret={"key": "a"}),
        jwt(accounts=[]),
        jwt(resolver={"type": "other"}),
        EXAMPLES["memory-store-bounded"].broken,
    ],
)
def test_no_row_claims_what_the_go_program_refuses_too(manifest: Manifest) -> None:
    for problem in problems(manifest):
        assert not [refusal for refusal in REFUSALS if refusal.covers(problem.rule, str(problem))]


def test_rows_name_rules_that_exist() -> None:
    assert {name for refusal in REFUSALS for name in refusal.rules} <= RULES.keys()


@pytest.mark.parametrize(
    "text",
    [*("0", "+0", "-0", "1s", "1.s", ".5m", "1h1.5m.5s", "-5m", "1µs", "1μs"), "2562047h47m16.854775807s"],
)
def test_a_duration_is_what_go_says(text: str) -> None:
    assert is_go_duration(text)


@pytest.mark.parametrize(
    "text",
    [
        *("", "1", "s", ".s", "1d", "1 s", " 1s", "1s ", "1s\n", "1S", "--1s", "0x1s", "\uff11s"),
        *("9" * 5000 + "h", "2562047h47m16.854775808s", "3000000h"),
    ],
)
def test_what_go_takes_for_no_duration_is_none(text: str) -> None:
    assert not is_go_duration(text)


def test_a_configuration_of_the_users_own_may_enable_what_the_resource_does_not() -> None:
    own = {"configMap": {"existingName": "mine"}}
    assert problems(examples.cluster({"config": {"mqtt": {"enabled": True}}, **own})) == []
    assert problems(examples.cluster({"config": {"monitor": {"tlsEnabled": True}}, **own})) == []


@pytest.mark.parametrize(
    ("manifest", "path"),
    [
        (examples.cluster({"replicas": 3.0}), "spec"),
        (examples.config(mqtt={"port": 1883.0}), "spec"),
        (examples.file_store(maxSize=1.0), "spec.config.jetstream.fileStore.maxSize"),
        (examples.storage(1.0), "spec.config.jetstream.fileStore.pvc.resources"),
    ],
)
def test_what_rules_reckon_with_cannot_be_written_as_floating_point(manifest: Manifest, path: str) -> None:
    message = "integers must be written without a decimal point or an exponent"
    assert problems(manifest)[0] == Problem(path, message)


def test_other_integers_can() -> None:
    manifest = examples.cluster(
        {"podDisruptionBudget": {"minAvailable": 1.0}, "podTemplate": {"terminationGracePeriodSeconds": 30.0}}
    )
    spec = valid(manifest).spec
    assert repr(spec.pod_disruption_budget.min_available) == "1"
    assert repr(spec.pod_template.termination_grace_period_seconds) == "30"
