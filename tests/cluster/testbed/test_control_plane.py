"""The lighter start: etcd, API server and controller manager, of a test's own, without root and without namespaces."""

import time

from tests.testbed.control_plane import ControlPlane
from tests.testbed.wait import wait_until

READY_SECONDS = 10
ATTEMPTS = 8


def config_map(name: str) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"key": "value"}}


def seconds_until_ready() -> float:
    started = time.monotonic()
    with ControlPlane():
        return time.monotonic() - started


def test_it_is_ready_within_ten_seconds() -> None:
    """The best of several: other tests may be using the machine."""
    attempts: list[float] = []
    while not attempts or (min(attempts) > READY_SECONDS and len(attempts) < ATTEMPTS):
        attempts.append(seconds_until_ready())
    assert min(attempts) <= READY_SECONDS, f"ready after {attempts} s"


def test_each_component_can_be_restarted_and_the_data_stays(control_plane: ControlPlane) -> None:
    client = control_plane.cluster.client
    client.create(config_map("survivor"))

    control_plane.etcd.restart()
    control_plane.api_server.restart()
    control_plane.controller_manager.restart()

    assert client.get("ConfigMap", "survivor")["data"] == {"key": "value"}


def test_the_audit_log_counts_writes_and_tells_who_made_them(control_plane: ControlPlane) -> None:
    cluster = control_plane.cluster
    mark = cluster.audit.mark()

    cluster.client.create(config_map("watched"))
    cluster.client.get("ConfigMap", "watched")

    [write] = cluster.audit.writes(since=mark, user_agent="natsop-tests")
    assert (write.user, write.verb, write.group, write.resource) == ("admin", "create", "", "configmaps")
    assert (write.namespace, write.name, write.code) == ("default", "watched", 201)


def test_two_at_once_do_not_see_each_other(control_plane: ControlPlane) -> None:
    control_plane.cluster.client.create(config_map("mine"))
    with ControlPlane() as other:
        assert other.address != control_plane.address
        assert other.cluster.client.find("ConfigMap", "mine") is None


def test_the_garbage_collector_works(control_plane: ControlPlane) -> None:
    client = control_plane.cluster.client
    owner = client.create(config_map("owner"))
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"]}
    owned = config_map("owned")
    client.create({**owned, "metadata": {"name": "owned", "ownerReferences": [reference]}})

    client.delete("ConfigMap", "owner")

    wait_until(lambda: client.find("ConfigMap", "owned") is None, what="the owned object goes too")
