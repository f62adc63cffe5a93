"""What the log says of a reconciliation: which conditions changed, and what became of each step."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.actions import RequestKey
from natsop_core.kinds import CONFIG_MAPS, NACK_ACCOUNTS, PODS, SECRETS
from natsop_core.live import Controller
from natsop_core.log_lines import StepKind, condition_changes, reference_text, step_line
from natsop_core.outcomes import (
    Answered,
    Applied,
    Failed,
    HeldBack,
    Outcome,
    Postponed,
    Rejected,
    Repair,
    Taken,
    Unchanged,
)
from natsop_core.references import ApiGroupRef, ChildrenRef, HttpRef, LabelledRef, ListRef, ObjectRef, Reference

CONF = CONFIG_MAPS.key("prod", "c-config")
REPAIR = Repair(("data.nats.conf",), "", 1)


def status(**conditions: str) -> dict[str, Any]:
    """Of each type the status, reason and message, separated by spaces."""
    listed = ((type_, *text.split(" ", 2)) for type_, text in conditions.items())
    fields = ("type", "status", "reason", "message")
    return {"conditions": [dict(zip(fields, each, strict=True)) for each in listed]}


@pytest.mark.parametrize(
    ("before", "after", "lines"),
    [
        ({}, status(Ready="False Waiting soon"), ["condition Ready: none -> False, Waiting: soon"]),
        (
            status(Ready="True Fine all well", Degraded="False Fine all well"),
            status(Ready="True Fine all well", Degraded="True SecretNotFound no Secret x"),
            ["condition Degraded: False -> True, SecretNotFound: no Secret x"],
        ),
        (
            status(Degraded="True SecretNotFound no Secret x"),
            status(Degraded="True SecretNotFound no Secret y"),
            ["condition Degraded: True -> True, SecretNotFound: no Secret y"],
        ),
        (status(Paused="True Annotated by you"), {}, ["condition Paused: True -> none"]),
        (status(Ready="True Fine all well"), status(Ready="True Fine all well"), []),
    ],
)
def test_each_condition_that_changed_is_a_line(before: dict[str, Any], after: dict[str, Any], lines: list[str]) -> None:
    assert [str(change) for change in condition_changes(before, after)] == lines


def test_a_time_or_a_generation_is_no_change() -> None:
    before, after = status(Ready="True Fine well"), status(Ready="True Fine well")
    after["conditions"][0] |= {"lastTransitionTime": "2026-01-01T00:00:00Z", "observedGeneration": 7}
    assert not [*condition_changes(before, after)]


@pytest.mark.parametrize(
    ("kind", "outcome", "action", "text"),
    [
        ("apply", Applied(created=True), "created", "created ConfigMap prod/c-config"),
        ("apply", Applied(), "changed", "changed ConfigMap prod/c-config"),
        (
            "apply",
            Applied(adopted=True),
            "adopted",
            "adopted ConfigMap prod/c-config, which an earlier custom resource of this name left behind",
        ),
        (
            "apply",
            Applied(repair=REPAIR),
            "repaired",
            "repaired data.nats.conf of ConfigMap prod/c-config, changed by an unknown field manager",
        ),
        (
            "apply",
            Applied(repair=Repair(("a", "b"), "argocd", 4)),
            "repaired",
            "repaired a, b of ConfigMap prod/c-config, changed by the field manager argocd (repair 4 in a row)",
        ),
        ("delete", Applied(), "deleted", "deleted ConfigMap prod/c-config"),
        ("annotate", Applied(), "annotated", "annotated ConfigMap prod/c-config"),
        ("set finalizers of", Applied(), "set", "set the finalizers of ConfigMap prod/c-config"),
    ],
)
def test_a_step_that_was_carried_out_says_what_was_done(
    kind: StepKind, outcome: Outcome, action: str, text: str
) -> None:
    line = step_line(kind, CONF, outcome)
    assert line is not None
    assert (line.action, line.text, line.trouble) == (action, text, "")


@pytest.mark.parametrize(
    ("outcome", "text", "is_grave"),
    [
        (
            Taken(None),
            "cannot write ConfigMap prod/c-config: it exists and does not belong to this custom resource",
            True,
        ),
        (Taken(Controller("apps/v1", "Deployment", "web", "u")), "; Deployment web controls it", True),
        (Rejected("quota exceeded", "spec"), "cannot apply ConfigMap prod/c-config: quota exceeded", True),
        (Failed("timeout", 1.0), "failed to apply ConfigMap prod/c-config, will retry: timeout", False),
        (
            HeldBack(SECRETS.key("prod", "s")),
            "ConfigMap prod/c-config waits until Secret prod/s is written",
            False,
        ),
    ],
)
def test_a_step_that_was_not_possible_says_why(outcome: Outcome, text: str, is_grave: bool) -> None:
    line = step_line("apply", CONF, outcome)
    assert line is not None
    assert text in line.text
    assert line.trouble
    assert line.is_grave == is_grave


def test_the_same_trouble_is_one_state_whatever_its_words() -> None:
    def trouble(outcome: Outcome) -> str:
        line = step_line("apply", CONF, outcome)
        assert line is not None
        return line.trouble

    assert trouble(Failed("timeout after 9.8 s", 1.0)) == trouble(Failed("timeout after 9.9 s", 2.0))
    assert trouble(Rejected("used 9 of 10", "spec")) == trouble(Rejected("used 10 of 10", "spec"))
    assert trouble(Rejected("no", "spec")) != trouble(Rejected("no", "data"))
    assert trouble(Taken(None)) != trouble(Taken(Controller("v1", "Pod", "p", "u")))


def test_what_was_not_necessary_or_is_told_by_a_condition_is_no_line() -> None:
    assert step_line("apply", CONF, Unchanged()) is None
    assert step_line("apply", CONF, Postponed(REPAIR, 60.0)) is None


def test_an_answer_is_not_quoted() -> None:
    line = step_line("request", RequestKey("prod", "c", "push the claims of account a"), Answered(b"hunter2"))
    assert line is not None
    assert "push the claims of account a" in line.text
    assert "hunter2" not in line.text


@pytest.mark.parametrize(
    ("reference", "text"),
    [
        (ObjectRef(CONF), "ConfigMap prod/c-config"),
        (LabelledRef("v1", "Pod", "prod", "c"), "each Pod of prod/c"),
        (ListRef("v1", "Pod", "prod"), "each Pod in prod"),
        (ChildrenRef("prod", "uid"), "children"),
        (
            ApiGroupRef(NACK_ACCOUNTS.api_version, "Account"),
            "whether Account of jetstream.nats.io/v1beta2 is served",
        ),
        (HttpRef(PODS.key("prod", "c-0"), "10.0.0.1", 8222, "/varz"), "/varz of Pod prod/c-0"),
    ],
)
def test_what_was_asked_for_is_told_in_few_words(reference: Reference, text: str) -> None:
    assert reference_text(reference) == text
