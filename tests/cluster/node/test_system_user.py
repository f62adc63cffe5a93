"""The system user on the node: it comes and goes without a restart, and nobody else becomes more or less by it."""

from __future__ import annotations

import base64
from typing import Final

from natsop_core import names
from tests.cluster.node.nats import (
    BOX,
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    Box,
    Stream,
    condition,
    edit,
    nats_cluster,
    pods_of,
    restarts,
    start,
    uids,
    wait_until_loaded,
    wait_until_ready,
)
from tests.cluster.node.public import assert_nowhere
from tests.testbed.errors import CommandError
from tests.testbed.namespace import Namespace

SERVERS: Final = 3
SYSTEM: Final = names.system_secret(CLUSTER)
UNASKED: Final = ("--user=somebody", "--password=something")
"""Credentials that no server asks for."""


def test_a_system_user_comes_and_goes_without_a_restart(workspace: Namespace) -> None:
    box = start(workspace, nats_cluster(replicas=SERVERS, jetstream=JETSTREAM))
    stream = Stream(box)
    stream.add(replicas=SERVERS)
    messages = stream.publish(5)
    before = uids(workspace, pods_of(SERVERS))
    box.nats(*UNASKED, "pub", "any", "thing")

    switch(workspace, on=True)
    workspace.client.patch("NatsBox", BOX, {"spec": {"clusterRef": {"name": CLUSTER, "systemContext": True}}})
    box = box_with_system_context(workspace)
    wait_until_counted(workspace, box)
    assert servers_that_answer(box, "default") == 0, "a client without the key is none of the system account"
    stream = Stream(box)
    messages += stream.publish(5)
    stream.wait_until_holds(messages)
    assert "authorization violation" in refused(box, *UNASKED, "pub", "any", "thing").lower()

    first = seed(workspace)
    workspace.client.delete("Secret", SYSTEM)
    workspace.wait_until(lambda: seed(workspace) != first, READY_WITHIN, "the Secret is there again, with another key")
    second = seed(workspace)
    wait_until_loaded(workspace)
    wait_until_counted(workspace, box)

    switch(workspace, on=False)
    assert workspace.client.find("Secret", SYSTEM) is None
    assert "nkeys not supported" in refused(box, "--context=system", "pub", "any", "thing")
    box.nats(*UNASKED, "pub", "any", "thing")
    Stream(box).wait_until_holds(messages)
    assert_nowhere(workspace, (first, second))
    assert uids(workspace, pods_of(SERVERS)) == before
    assert restarts(workspace, pods_of(SERVERS)) == 0


def test_where_accounts_are_the_user_s_own_there_is_no_system_user(workspace: Namespace) -> None:
    own = {"accounts.conf": "accounts { MINE: { users: [ { user: u, password: p } ] } }\n"}
    workspace.client.create({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own"}, "data": own})
    include = {"name": "accounts.conf", "configMap": {"name": "own", "key": "accounts.conf"}}
    cluster = nats_cluster(includes=[include])
    cluster["spec"]["auth"] = {"systemUser": {"enabled": True}}
    workspace.client.create(cluster)
    ready = wait_until_ready(workspace)
    assert condition(ready, "FieldsIgnored")["status"] == "True"
    assert workspace.client.find("Secret", SYSTEM) is None


def switch(namespace: Namespace, *, on: bool) -> None:
    edit(namespace, auth={"systemUser": {"enabled": on}})
    wait_until_ready(namespace)
    wait_until_loaded(namespace)


def box_with_system_context(namespace: Namespace) -> Box:
    """The box's pod that has the context; the earlier one goes."""

    def ready() -> Box:
        namespace.wait_for_condition("NatsBox", BOX, "Ready", timeout=READY_WITHIN)
        labels = f"app.kubernetes.io/name=nats-box,app.kubernetes.io/instance={BOX}"
        pods = [each["metadata"]["name"] for each in namespace.client.list("Pod", labels=labels)]
        assert len(pods) == 1, pods
        box = Box(namespace, pods[0])
        assert "system" in box.nats("context", "ls", "--names").split()
        return box

    return namespace.wait_until(ready, READY_WITHIN, "the box has a context named system")


def wait_until_counted(namespace: Namespace, box: Box) -> None:
    """Wait until the system context is answered by all servers: the kubelet brings another key after a while."""

    def counted() -> bool:
        assert servers_that_answer(box, "system") == SERVERS
        return True

    namespace.wait_until(counted, READY_WITHIN, "all servers answer the system user")


def servers_that_answer(box: Box, context: str) -> int:
    """How many servers tell whoever connects with the context of themselves."""
    request = ("req", "$SYS.REQ.SERVER.PING.IDZ", "", "--replies=0", "--reply-timeout=2s", "--raw")
    try:
        said = box.run("nats", "--timeout=10s", f"--context={context}", *request)
    except CommandError as error:
        said = str(error)
    return sum('"id"' in line or '"server_id"' in line for line in said.splitlines())


def refused(box: Box, *argv: str) -> str:
    """What the nats CLI says when it fails."""
    try:
        said = box.run("nats", "--timeout=10s", *argv)
    except CommandError as error:
        return str(error)
    raise AssertionError(f"nats {argv} was let in: {said}")


def seed(namespace: Namespace) -> str:
    secret = namespace.client.get("Secret", SYSTEM)
    return base64.b64decode(secret["data"][names.SYSTEM_USER_KEY]).decode()
