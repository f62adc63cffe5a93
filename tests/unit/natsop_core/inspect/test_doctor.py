"""`natsop doctor`: each check finds what it is for."""

from __future__ import annotations

from typing import Any

import pytest

from natsop_core.crd import custom_resource_definitions
from natsop_core.inspect.check import Check
from natsop_core.inspect.doctor import checks
from natsop_core.inspect.screen import WIDTH, checks_screen
from tests.unit.natsop_core.inspect.answers import TARGET, World, ask, condition, is_ready, jsz, resource, stream
from tests.unit.natsop_core.trio import NAMES

DEFINITIONS = "apis/apiextensions.k8s.io/v1/customresourcedefinitions"
OPERATOR_PODS = "api/v1/pods"
LEASES = "apis/coordination.k8s.io/v1/namespaces/nats-operator-system/leases"
REVIEWS = "apis/authorization.k8s.io/v1/subjectaccessreviews"
CLAIMS = "api/v1/namespaces/prod/persistentvolumeclaims"


def operator_pod(name: str = "operator-0") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "nats-operator-system"}
    return is_ready({"metadata": metadata, "spec": {"serviceAccountName": "nats-operator"}, "status": {}})


def lease(holder: str = "operator-0_1", renewed: str = "2026-01-02T03:04:00Z") -> dict[str, Any]:
    return {"spec": {"holderIdentity": holder, "renewTime": renewed, "leaseDurationSeconds": 15}}


def healthy(**changes: Any) -> World:
    """All that the checks look at, with these changes of what the API server has."""
    objects: dict[str, Any] = {
        f"{DEFINITIONS}/{each['metadata']['name']}": each for each in custom_resource_definitions()
    }
    objects |= {
        OPERATOR_PODS: {"items": [operator_pod()]},
        LEASES: {"items": [lease()]},
        REVIEWS: {"status": {"allowed": True}},
        CLAIMS: {"items": [{"metadata": {"name": "jetstream-c-0"}, "status": {"phase": "Bound"}}]},
    }
    objects |= changes.pop("objects", {})
    return World(objects={path: each for path, each in objects.items() if each is not None}, **changes)


def made(world: World) -> dict[str, Check]:
    found, view = ask(world, lambda view: checks(TARGET, "prod", view))
    screen = checks_screen([each.as_dict() for each in found], view.failures)
    assert max(map(len, screen.splitlines())) <= WIDTH
    return {each.check.removeprefix("NatsCluster prod/c, "): each for each in found}


def test_a_healthy_cluster_passes_every_check() -> None:
    found = made(healthy())
    assert {name: each for name, each in found.items() if each.outcome != "ok"} == {}
    assert {
        "operator",
        "leader",
        "rights",
        "NACK",
        "quorum",
        "volumes",
        "meta group",
        "streams",
        "settled",
    } <= found.keys()


NATSBOXES = f"{DEFINITIONS}/natsboxes.nats.crewlet.cloud"


@pytest.mark.parametrize(
    ("objects", "check", "outcome", "words"),
    [
        ({NATSBOXES: None}, "CRD natsboxes.nats.crewlet.cloud", "problem", "Not installed"),
        ({NATSBOXES: {"spec": {}}}, "CRD natsboxes.nats.crewlet.cloud", "warning", "from another version of natsop"),
        ({OPERATOR_PODS: {"items": []}}, "operator", "warning", "No namespace has a pod with the label"),
        ({LEASES: {"items": [lease(renewed="2026-01-02T03:00:00Z")]}}, "leader", "problem", "not renewed"),
        (
            {OPERATOR_PODS: {"items": [operator_pod("a"), operator_pod("b")]}, LEASES: {"items": []}},
            "leader",
            "problem",
            "2 replicas, but none of them holds a Lease",
        ),
        ({REVIEWS: {"status": {"allowed": False}}}, "rights", "problem", "lacks these rights in namespace prod"),
        (
            {CLAIMS: {"items": [{"metadata": {"name": "jetstream-c-0"}, "status": {"phase": "Pending"}}]}},
            "volumes",
            "problem",
            "jetstream-c-0",
        ),
    ],
    ids=["no CRD", "old CRD", "no operator", "stale Lease", "two without a Lease", "no right", "unbound claim"],
)
def test_each_check_finds_what_it_is_for_and_says_what_to_do(
    objects: dict[str, Any], check: str, outcome: str, words: str
) -> None:
    found = made(healthy(objects=objects))[check]
    assert (found.outcome, words in found.message) == (outcome, True), found
    assert found.remedy


@pytest.mark.parametrize(
    ("refused", "check"),
    [
        ("customresourcedefinitions", "CRD natsboxes.nats.crewlet.cloud"),
        ("api/v1/pods", "operator"),
        ("leases", "leader"),
        ("subjectaccessreviews", "rights"),
        ("/proxy/", "servers"),
        ("/statefulsets/", "quorum"),
    ],
)
def test_what_may_not_be_read_is_unknown_and_no_problem(refused: str, check: str) -> None:
    found = made(healthy(refused=(refused,)))
    assert found[check].outcome == "unknown"
    assert not [each for each in found.values() if each.outcome == "problem"]


def test_what_the_status_says_is_told_with_its_remedy() -> None:
    wrong = condition("Degraded", "True", "SecretNotFound", "Secret s does not exist.")
    found = made(healthy(cr=resource(wrong)))["SecretNotFound"]
    assert (found.outcome, found.message, found.remedy != "") == ("problem", "Secret s does not exist.", True)


@pytest.mark.parametrize(
    ("block", "listener"),
    [
        ("cluster", "routes"),
        ("leaf", "leaf nodes"),
        ("websocket", "websockets"),
        ("mqtt", "MQTT"),
        ("gateway", "gateways"),
    ],
)
def test_a_certificate_in_use_that_expires_soon_is_found(block: str, listener: str) -> None:
    varz = {"c-1": {block: {"tls_cert_not_after": "2026-01-05T00:00:00Z"}}}
    found = made(healthy(varz=varz))["certificates in use"]
    assert (found.outcome, f"The certificate of c-1 for {listener} expires at 2026-01-05" in found.message) == (
        "problem",
        True,
    )


def test_a_certificate_in_use_that_is_valid_for_long_is_no_problem() -> None:
    later = {"c-1": {"tls_cert_not_after": "2026-06-05T00:00:00Z"}}
    assert made(healthy(varz=later))["certificates in use"].outcome == "ok"


@pytest.mark.parametrize(("time", "outcome"), [("2026-01-02T03:04:06Z", "ok"), ("2026-01-02T03:05:05Z", "warning")])
def test_clocks_that_are_apart_are_found(time: str, outcome: str) -> None:
    varz = {"c-0": {"now": "2026-01-02T03:04:05Z"}, "c-1": {"now": time}}
    assert made(healthy(varz=varz))["clocks"].outcome == outcome


def test_a_cluster_that_is_not_settled_is_warned_of() -> None:
    found = made(healthy(jsz=jsz(stream(lag=4112))))["settled"]
    assert (found.outcome, found.message) == ("warning", "Not settled: c-2 is 4,112 messages behind in stream ORDERS.")
    assert found.remedy


def test_a_namespace_without_resources_is_said_to_have_none() -> None:
    lists: dict[str, Any] = {
        f"apis/nats.crewlet.cloud/v1alpha1/namespaces/prod/{kind}": {"items": []} for kind in ("natsclusters",)
    }
    found, _ = ask(healthy(objects=lists), lambda view: checks(None, "prod", view))
    assert found[-1].message == "There is no NatsCluster or NatsBox in namespace prod."


def test_without_a_name_all_resources_of_the_namespace_are_checked() -> None:
    path = "apis/nats.crewlet.cloud/v1alpha1/namespaces/prod/natsclusters"
    found, _ = ask(healthy(objects={path: {"items": [resource()]}}), lambda view: checks(None, "prod", view))
    assert "NatsCluster prod/c" in [each.check for each in found]


def test_without_a_name_a_cluster_without_jetstream_takes_no_more_rounds_than_there_are() -> None:
    path = "apis/nats.crewlet.cloud/v1alpha1/namespaces/prod/natsclusters"
    off = {"server_id": "NDA", "disabled": True}
    routes = {name: {"routes": [{"remote_name": each} for each in NAMES if each != name]} for name in NAMES}
    world = healthy(objects={path: {"items": [resource()]}}, jsz=off, routes=routes)
    found, _ = ask(world, lambda view: checks(None, "prod", view))
    assert ("NatsCluster prod/c, settled", "ok") in [(each.check, each.outcome) for each in found]


def test_the_operator_s_rights_are_asked_for_its_own_account() -> None:
    world = healthy()
    made(world)
    bodies = [request.body for request in world.asked if request.path == REVIEWS]
    assert len(bodies) > 40
    assert all("system:serviceaccount:nats-operator-system:nats-operator" in body for body in bodies)
