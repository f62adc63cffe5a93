"""Several operators in one cluster: those that work in the namespace are checked, and the others are left out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from natsop_core.crd import custom_resource_definitions
from natsop_core.inspect.bundle import bundle
from natsop_core.inspect.check import Check
from natsop_core.inspect.doctor import checks
from natsop_core.inspect.view import Reply, Request
from tests.unit.natsop_core.inspect.answers import TARGET, World, ask, is_ready, said

REVIEWS = "apis/authorization.k8s.io/v1/subjectaccessreviews"
FRESH, STALE = "2026-01-02T03:04:00Z", "2026-01-02T03:00:00Z"


def pod(
    namespace: str,
    name: str = "op-0",
    *,
    ready: bool = True,
    release: str = "op",
    args: str | list[str] = "",
    env: Any = (),
    phase: str = "Running",
) -> Any:
    words = args.split() if isinstance(args, str) else args
    metadata = {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/instance": release}}
    spec = {"serviceAccountName": "op", "containers": [{"name": "manager", "args": ["run", *words], "env": list(env)}]}
    status = {"phase": phase, "containerStatuses": [{"name": "manager", "restartCount": 0}]}
    made = {"metadata": metadata, "spec": spec, "status": status}
    return is_ready(made) if ready else made


def lease(holder: str, renewed: str = FRESH) -> Any:
    return {"spec": {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}}


@dataclass
class Operators(World):
    """lacks: by namespace of an operator, the resources that it may not use in `prod`; `*` means all."""

    lacks: Mapping[str, str] = field(default_factory=dict)

    def answer(self, request: Request) -> Reply:
        if request.path != REVIEWS or REVIEWS in self.refused:
            return super().answer(request)
        self.asked.append(request)
        spec = json.loads(request.body)["spec"]
        lacking = self.lacks.get(spec["user"].split(":")[2], "")
        return said({"status": {"allowed": lacking not in ("*", spec["resourceAttributes"]["resource"])}})


def operators(*pods: Any, leases: Mapping[str, Any] | None = None, **changes: Any) -> Operators:
    definitions = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    logs = {
        f"api/v1/namespaces/{each['metadata']['namespace']}/pods/{each['metadata']['name']}/log": "" for each in pods
    }
    objects = {
        **{f"{definitions}/{each['metadata']['name']}": each for each in custom_resource_definitions()},
        "api/v1/pods": {"items": list(pods)},
        **{
            f"apis/coordination.k8s.io/v1/namespaces/{namespace}/leases": {"items": [each]}
            for namespace, each in (leases or {}).items()
        },
        **logs,
    }
    return Operators(objects=objects, **changes)


def made(world: World) -> dict[str, Check]:
    found, _ = ask(world, lambda view: checks(TARGET, "prod", view))
    return {each.check: each for each in found}


TWO = (
    pod("theirs", "op-9", ready=False),
    pod("ours", args="--leader-elect"),
    pod("ours", "op-1", args="--leader-elect"),
)
LEASES = {"ours": lease("op-1_x"), "theirs": lease("op-9_x", STALE)}


def test_only_the_operator_with_rights_in_the_namespace_is_checked() -> None:
    found = made(operators(*TWO, leases=LEASES, lacks={"theirs": "*"}))
    assert [each for each in found.values() if each.outcome != "ok"] == []
    assert found["operator"].message == "2 of 2 pods are ready: ours/op-0, ours/op-1."
    assert found["leader"].message == "op-1_x leads."


def test_the_others_cost_one_access_review_each() -> None:
    world = operators(*TWO, leases=LEASES, lacks={"theirs": "*"})
    made(world)
    users = [json.loads(request.body)["spec"]["user"] for request in world.asked if request.path == REVIEWS]
    assert users.count("system:serviceaccount:theirs:op") == 1
    assert users.count("system:serviceaccount:ours:op") > 40


def test_the_operator_with_all_rights_is_preferred_to_one_that_lacks_some() -> None:
    found = made(operators(pod("a"), pod("b"), lacks={"a": "statefulsets"}))
    assert found["operator"].message == "1 of 1 pods are ready: b/op-0."
    assert found["rights"].outcome == "ok"


def test_the_rights_that_the_only_one_at_work_lacks_are_named() -> None:
    found = made(operators(pod("a"), pod("b"), lacks={"a": "*", "b": "statefulsets"}))
    assert found["rights"].outcome == "problem"
    assert (
        "ServiceAccount b/op lacks these rights in namespace prod: create statefulsets.apps" in found["rights"].message
    )


def test_a_namespace_that_no_operator_serves_is_a_problem_with_a_remedy() -> None:
    found = made(operators(*(pod(name) for name in "abcd"), lacks=dict.fromkeys("abcd", "*")))
    assert found["operator"].outcome == "problem"
    assert found["operator"].message.startswith("No operator works in namespace prod.")
    assert found["operator"].message.endswith(": a/op, b/op, c/op and 1 more.")
    assert "watchNamespaces" in found["operator"].remedy
    assert not {"leader", "rights"} & found.keys()


@pytest.mark.parametrize("args", ["--namespaces=staging,test", "--namespaces staging", "--namespaces=prod2"])
def test_an_operator_that_watches_other_namespaces_is_left_out_whatever_its_rights(args: str) -> None:
    found = made(operators(pod("a", args=args), pod("b", args="--namespaces=test,prod")))
    assert found["operator"].message == "1 of 1 pods are ready: b/op-0."
    assert "other operators" not in found


def test_a_container_without_arguments_sets_no_options() -> None:
    sidecar = {"name": "sidecar"}
    started = pod("a")
    started["spec"]["containers"] = [sidecar, *started["spec"]["containers"]]
    bare = pod("a", "op-1")
    bare["spec"]["containers"] = [sidecar]
    assert made(operators(started, bare))["operator"].message == "2 of 2 pods are ready: a/op-0, a/op-1."


@pytest.mark.parametrize(
    ("args", "env"),
    [
        ("--namespaces=staging", ()),
        (["--namespaces", "staging, test"], ()),
        ("", [{"name": "NATSOP_NAMESPACES", "value": "staging"}]),
        ("--namespaces=$(WHERE)", [{"name": "WHERE", "value": "staging"}]),
        ("--namespaces=$(WHERE)", [{"name": "WHERE", "valueFrom": {"fieldRef": {"fieldPath": "metadata.namespace"}}}]),
    ],
    ids=["one word", "two words", "variable", "reference", "its own namespace"],
)
def test_the_only_operator_is_a_problem_if_it_watches_other_namespaces(args: Any, env: Any) -> None:
    found = made(operators(pod("a", args=args, env=env)))
    assert found["operator"].outcome == "problem"
    assert found["operator"].message.startswith("No operator works in namespace prod.")


@pytest.mark.parametrize(
    ("args", "env"),
    [
        (["--namespaces", "staging, prod"], ()),
        ("", ()),
        ("--namespaces=staging --namespaces=prod", ()),
        ("--namespaces=prod", [{"name": "NATSOP_NAMESPACES", "value": "staging"}]),
        ("", [{"name": "NATSOP_NAMESPACES", "value": " staging , prod "}]),
        ("", [{"name": "NATSOP_NAMESPACES", "value": ""}]),
        ("", [{"name": "NATSOP_NAMESPACES", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]),
        ("--namespaces=$(WHERE)", [{"name": "WHERE", "valueFrom": {"configMapKeyRef": {"name": "c", "key": "k"}}}]),
    ],
    ids=[
        "spaces",
        "no option",
        "the last counts",
        "argument first",
        "variable",
        "empty",
        "unknown",
        "unknown reference",
    ],
)
def test_the_only_operator_is_checked_if_it_watches_the_namespace_or_that_is_unknown(args: Any, env: Any) -> None:
    found = made(operators(pod("a", args=args, env=env)))
    assert found["operator"].message == "1 of 1 pods are ready: a/op-0."


def test_whose_rights_may_not_be_asked_is_unknown_and_no_problem() -> None:
    found = made(operators(pod("a"), pod("b"), refused=(REVIEWS,)))
    assert found["operator"].outcome == "unknown"
    assert (
        "Which of these operators works in namespace prod is unknown: a/op, b/op. Not allowed"
        in found["operator"].message
    )
    assert not [each for each in found.values() if each.outcome == "problem"]


ELECTED = "--leader-elect"
OFF = "--leader-elect false"
WITHOUT = "--leader-elect --no-leader-elect"
VARIABLE = ({"name": "NATSOP_LEADER_ELECT", "value": "true"},)


@pytest.mark.parametrize(
    ("first", "second", "leases", "fight"),
    [
        (pod("a"), pod("b"), {}, True),
        (pod("a", args=ELECTED), pod("b", args=ELECTED), {"a": lease("op-0_x"), "b": lease("op-0_y")}, True),
        (pod("a"), pod("b", ready=False), {}, False),
        (pod("a", args=ELECTED), pod("b", args=ELECTED), {"a": lease("op-0_x"), "b": lease("op-0_y", STALE)}, False),
        (pod("a", args=ELECTED), pod("a", "theirs-0", release="theirs", args=ELECTED), {"a": lease("op-0_x")}, False),
        (pod("a", args=OFF), pod("b", args=OFF), {"a": lease("op-0_x"), "b": lease("op-0_y", STALE)}, True),
        (pod("a", args=WITHOUT), pod("b", args=WITHOUT), {}, True),
        (pod("a", env=VARIABLE), pod("b", env=VARIABLE), {"a": lease("op-0_x"), "b": lease("op-0_y", STALE)}, False),
    ],
    ids=[
        "both without election",
        "two Leases",
        "one not ready",
        "one Lease is stale",
        "both wait for one Lease",
        "election is off",
        "election is off by another name",
        "election by a variable",
    ],
)
def test_two_operators_in_one_namespace_are_a_warning_if_both_are_at_work(
    first: Any, second: Any, leases: Mapping[str, Any], *, fight: bool
) -> None:
    found = made(operators(second, first, leases=leases))
    assert found["operator"].message.startswith("1 of 1 pods are ready: a/op-0")
    if not fight:
        assert "other operators" not in found
        return
    assert found["other operators"].outcome == "warning"
    assert "a/op, b/op" in found["other operators"].message
    assert found["other operators"].remedy


@pytest.mark.parametrize("phase", ["Failed", "Succeeded"])
def test_pods_that_are_finished_are_no_replicas(phase: str) -> None:
    evicted = pod("a", "evicted", ready=False, phase=phase)
    found = made(operators(evicted, pod("a"), leases={}))
    assert found["operator"].message == "1 of 1 pods are ready: a/op-0."
    assert found["leader"].message == "There is one replica, without leader election."


def test_an_operator_whose_pods_are_all_finished_is_a_problem() -> None:
    found = made(operators(pod("a", "evicted", ready=False, phase="Failed")))
    assert found["operator"].outcome == "problem"
    assert found["operator"].message == "No pod is ready: a/evicted."


@pytest.mark.parametrize(
    ("changes", "logs"),
    [
        ({"lacks": {"theirs": "*"}}, ["op-0", "op-1"]),
        ({"lacks": {"theirs": "*", "ours": "*"}}, ["op-0", "op-1", "op-9"]),
        ({"refused": (REVIEWS,)}, ["op-0", "op-1", "op-9"]),
    ],
    ids=["one serves it", "none serves it", "unknown"],
)
def test_a_report_has_the_logs_of_the_operators_that_work_in_the_namespace(
    changes: dict[str, Any], logs: list[str]
) -> None:
    world = operators(*TWO, leases=LEASES, **changes)
    files, _ = ask(world, lambda view: bundle(TARGET, view, "0.1.0"))
    assert files is not None
    assert sorted(each for each in files if each.startswith("logs/operator/")) == [
        f"logs/operator/{name}-manager.log" for name in logs
    ]
    asked = {request.path.split("/pods/")[1].split("/")[0] for request in world.asked if "/log?" in request.path}
    assert asked & {"op-0", "op-1", "op-9"} == set(logs)
