"""What the log says of a plan's steps over several reconciliations."""

from __future__ import annotations

from natsop_core.kinds import CLUSTERS, CONFIG_MAPS
from natsop_core.outcomes import Applied, Failed, Outcome, Rejected, Taken, Unchanged
from natsop_runtime.deferred_steps import NOT_TRIED
from natsop_runtime.step_log import StepLog
from tests.unit.natsop_runtime.logged import logged

CLUSTER, CONF = CLUSTERS.key("prod", "c"), CONFIG_MAPS.key("prod", "c-config")


def actions(*outcomes: Outcome, outage: bool = False, log: StepLog | None = None) -> list[str]:
    """What is logged when these become of one step, one after the other."""
    log = log or StepLog(lambda: outage)
    with logged() as lines:
        for outcome in outcomes:
            log.tell(CLUSTER, {CONF: "apply"}, {CONF: outcome})
    return [line["action"] for line in lines]


def test_each_write_is_a_line_about_its_object() -> None:
    with logged() as lines:
        StepLog(lambda: False).tell(CLUSTER, {CONF: "apply"}, {CONF: Applied(created=True)})
    [line] = lines
    assert line["object"] == {"kind": "ConfigMap", "namespace": "prod", "name": "c-config"}
    assert (line["action"], line["level"]) == ("created", "info")
    assert actions(Applied(), Applied()) == ["changed", "changed"]


def test_a_name_that_is_taken_is_told_once_for_as_long_as_it_is() -> None:
    taken = Taken(None)
    assert actions(taken, taken, taken) == ["taken"]
    assert actions(taken, Applied(created=True), taken) == ["taken", "created", "taken"]
    assert actions(taken, Unchanged(), taken) == ["taken", "taken"]


def test_a_refusal_is_told_again_when_it_is_another() -> None:
    first, other = Rejected("no", "spec"), Rejected("no", "data")
    assert actions(first, first, other, other) == ["rejected", "rejected"]


def test_a_step_that_had_no_turn_is_as_it_was() -> None:
    assert actions(NOT_TRIED) == []
    assert actions(Failed("timeout", 1.0), NOT_TRIED, Failed("timeout", 1.0)) == ["failed"]


def test_that_a_step_fails_during_an_outage_is_no_news() -> None:
    assert actions(Failed("timeout", 1.0), outage=True) == []
    assert actions(Taken(None), outage=True) == ["taken"]


def test_a_custom_resource_that_is_made_anew_is_told_of_anew() -> None:
    log = StepLog(lambda: False)
    assert actions(Taken(None), log=log) == ["taken"]
    log.forget(CLUSTER)
    assert actions(Taken(None), log=log) == ["taken"]
