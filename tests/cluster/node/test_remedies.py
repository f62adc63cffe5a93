"""The way out of every refusal, on the node: whoever does what its message says gets what they have asked for, and
image, user, server names and data are what they were.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from natsop_core.guards import GUARDS
from natsop_core.names import SERVER_CONTAINER
from tests.cluster.go_servers import needs_go_objects
from tests.cluster.node.advice import Reader
from tests.cluster.node.footprint import footprint
from tests.cluster.node.nats import CLUSTER, READY_WITHIN, condition, monitor, pods_of, wait_until_ready
from tests.cluster.node.remedies import SCENES, Case, Data, Scene
from tests.testbed.client import Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.namespace import PRIVILEGED, Namespace, new_namespace

WHY = {guard.name: guard.why for guard in GUARDS}
REASON = {guard.name: guard.reason for guard in GUARDS}


def scenes() -> list[object]:
    return [
        pytest.param(scene, id=name, marks=[pytest.mark.long, *([needs_go_objects] if scene.is_of_go_program else [])])
        for name, scene in SCENES.items()
    ]


@pytest.fixture
def lenient_workspace(shared_operator: Cluster) -> Iterator[Namespace]:
    """A Namespace in which pods may run as root."""
    with new_namespace(shared_operator, "remedies", pod_security=PRIVILEGED) as namespace:
        yield namespace


def test_every_guard_has_a_case() -> None:
    assert {case.guard for scene in SCENES.values() for case in scene.cases} == {guard.name for guard in GUARDS}


@pytest.mark.parametrize("scene", scenes())
def test_the_advice_of_a_refusal_ends_it_and_leaves_the_servers_what_they_were(
    lenient_workspace: Namespace, scene: Scene
) -> None:
    namespace = lenient_workspace
    data, spec = scene.start(namespace), scene.spec
    for case in scene.cases:
        if case.asked and not case.is_again:
            wait_until_ready(namespace)
            set_back(namespace, case, spec)
        go_on(namespace, case, data)
        runs = [(scene.image, scene.user, f"{case.prefix}{pod}") for pod in pods_of(case.servers)]
        assert traits(namespace, case.servers) == runs, case.guard
        look_after(case, data)
        if case.then:
            case.then(data)
        spec = case.asked[-1] if case.asked else spec


def set_back(namespace: Namespace, case: Case, spec: Manifest) -> None:
    """Ask for it and take that back: the servers notice neither."""
    before = footprint(namespace, spec["replicas"])
    ask_in_vain(namespace, case)
    assert footprint(namespace, spec["replicas"]) == before, case.guard
    ask(namespace, spec)
    wait_until_ready(namespace)
    assert footprint(namespace, spec["replicas"]) == before, case.guard


def go_on(namespace: Namespace, case: Case, data: Data) -> None:
    """Ask for it and do what the message says."""
    message = ask_in_vain(namespace, case)
    if case.data == "restored":
        data.wait_until_whole()
    Reader(namespace, data.back_up, case.claims or {}).follow(message)
    wait_until_ready(namespace)


def look_after(case: Case, data: Data) -> None:
    """Check that the data are as the advice has promised."""
    if case.data == "restored":
        data.restore(case.servers)
    if case.data == "given up":
        data.give_up()
    elif case.data != "out of reach":
        data.wait_until_whole()


def ask_in_vain(namespace: Namespace, case: Case) -> str:
    """The message of the refusal."""
    for spec in case.asked:
        ask(namespace, spec)

    def refused() -> str:
        cluster = namespace.client.get("NatsCluster", CLUSTER)
        found = condition(cluster, "Degraded")
        assert (found["status"], found["reason"]) == ("True", REASON[case.guard]), found
        assert found["observedGeneration"] == cluster["metadata"]["generation"], found
        assert WHY[case.guard] in found["message"], found
        return str(found["message"])

    return namespace.wait_until(refused, READY_WITHIN, f"{case.guard} refuses")


def ask(namespace: Namespace, spec: Manifest) -> None:
    change = [{"op": "replace", "path": "/spec", "value": spec}]
    namespace.client.patch("NatsCluster", CLUSTER, change, patch_type="json")


Traits = tuple[str, str, str]
"""A server's image, user and name."""


def traits(namespace: Namespace, replicas: int) -> list[Traits]:
    return [namespace.wait_until(lambda pod=pod: traits_of(namespace, pod), READY_WITHIN) for pod in pods_of(replicas)]  # type: ignore[misc]


def traits_of(namespace: Namespace, pod: str) -> Traits:
    containers = namespace.client.get("Pod", pod)["spec"]["containers"]
    [image] = [each["image"] for each in containers if each["name"] == SERVER_CONTAINER]
    user = namespace.exec(pod, "id", "-u", container=SERVER_CONTAINER).stdout.strip()
    return image, user, monitor(namespace, pod, "/varz")["server_name"]
