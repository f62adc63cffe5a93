"""Configuration that users write, on the node: what servers must not get reaches none, all else arrives."""

from __future__ import annotations

from typing import Final

from tests.cluster.node.nats import (
    CLUSTER,
    JETSTREAM,
    READY_WITHIN,
    Stream,
    condition,
    edit,
    monitor,
    nats_cluster,
    pods_of,
    restarts,
    start,
    uids,
    wait_until_ready,
)
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

FILE: Final = "a.conf"
LOGIN: Final[Manifest] = {
    "apiVersion": "v1",
    "kind": "Secret",
    "metadata": {"name": "login"},
    "stringData": {"password": "pw"},
}
USERS: Final = "authorization { users: [ {user: app, password: $NATS_PASSWORD} ] }\n"
VARIABLE: Final = {
    "env": [{"name": "NATS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}]
}
INCLUDES: Final = [{"name": FILE, "configMap": {"name": "mine", "key": FILE}}]
OWN: Final = """\
port: 4222
http: 8222
server_name: $POD_NAME
jetstream { store_dir: "/data", max_file_store: 100MB, max_memory_store: 1MB }
include ./limits.conf
"""


def config_map(**texts: str) -> Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "mine"}, "data": texts}


def write(namespace: Namespace, text: str, key: str = FILE) -> None:
    namespace.client.patch("ConfigMap", "mine", {"data": {key: text}})


def wait_until_refused(namespace: Namespace, reason: str, words: str) -> None:
    def seen() -> bool:
        degraded = condition(namespace.client.get("NatsCluster", CLUSTER), "Degraded")
        assert (degraded["status"], degraded["reason"]) == ("True", reason), degraded
        assert words in degraded["message"], degraded
        return True

    namespace.wait_until(seen, READY_WITHIN, f"{reason} says {words}")


def wait_until_every_server_has(namespace: Namespace, replicas: int, option: str, value: int) -> None:
    def seen() -> bool:
        found = {pod: monitor(namespace, pod, "/varz").get(option) for pod in pods_of(replicas)}
        assert set(found.values()) == {value}, found
        return True

    namespace.wait_until(seen, READY_WITHIN, f"every server has {option} {value}")


def test_an_include_with_a_password_from_a_secret_is_followed(workspace: Namespace) -> None:
    workspace.client.create(LOGIN)
    workspace.client.create(config_map(**{FILE: f"{USERS}max_subscriptions: 100\n"}))
    cluster = nats_cluster(replicas=2, includes=INCLUDES)
    cluster["spec"]["container"] |= VARIABLE
    workspace.client.create(cluster)
    wait_until_ready(workspace)

    write(workspace, f"{USERS}max_subscriptions: 200\n")  # no server reloads that
    wait_until_every_server_has(workspace, 2, "max_subscriptions", 200)
    wait_until_ready(workspace)
    before = uids(workspace, pods_of(2))

    edit(workspace, replicas=3)
    wait_until_ready(workspace)
    wait_until_every_server_has(workspace, 3, "max_subscriptions", 200)
    assert uids(workspace, pods_of(2)) == before, "a scale must not roll the pods"

    before = uids(workspace, pods_of(3))
    write(workspace, f"{USERS.replace('PASSWORD', 'PASSWORT')}max_subscriptions: 300\n")
    wait_until_refused(workspace, "InvalidInclude", f"/etc/nats-extra/{FILE}:1:48: this variable is neither")
    workspace.client.delete("Secret", "login")
    write(workspace, f"{USERS}max_subscriptions: 300\n")
    wait_until_refused(workspace, "SecretNotFound", "Secret login, which spec.container.env[NATS_PASSWORD] refers to")
    assert uids(workspace, pods_of(3)) == before
    assert restarts(workspace, pods_of(3)) == 0
    wait_until_every_server_has(workspace, 3, "max_subscriptions", 200)

    workspace.client.create(LOGIN)
    wait_until_every_server_has(workspace, 3, "max_subscriptions", 300)
    wait_until_ready(workspace)


def test_a_broken_edit_of_the_users_own_nats_conf_reaches_no_server(workspace: Namespace) -> None:
    workspace.client.create(config_map(**{"nats.conf": OWN, "limits.conf": "max_payload: 1000\n"}))
    cluster = nats_cluster(jetstream=JETSTREAM)
    cluster["spec"]["configMap"] = {"existingName": "mine"}
    stream = Stream(start(workspace, cluster))
    stream.add(replicas=1)
    messages = stream.publish(3)
    before = uids(workspace, pods_of(1))

    write(workspace, OWN.replace("1MB }", "1MB"), "nats.conf")
    wait_until_refused(workspace, "InvalidConfig", "ConfigMap mine cannot be used: /etc/nats-config/nats.conf:4:11:")
    assert uids(workspace, pods_of(1)) == before
    stream.wait_until_holds(messages)

    write(workspace, OWN, "nats.conf")
    write(workspace, "max_payload: 2000\n", "limits.conf")
    wait_until_every_server_has(workspace, 1, "max_payload", 2000)
    wait_until_ready(workspace)
    assert uids(workspace, pods_of(1)) == before
    assert restarts(workspace, pods_of(1)) == 0
    stream.wait_until_holds(messages)


def test_an_include_cannot_take_names_routes_or_folders_from_servers_with_streams(workspace: Namespace) -> None:
    workspace.client.create(config_map(**{FILE: "max_payload: 1000\n"}))
    stream = Stream(start(workspace, nats_cluster(replicas=3, jetstream=JETSTREAM, includes=INCLUDES)))
    stream.add(replicas=3)
    messages = stream.publish(3)
    before = uids(workspace, pods_of(3))

    for text, said in {
        "jetstream { domain: x }": "must not set jetstream while JetStream is on",
        f"cluster {{ name: {CLUSTER}, port: 6222 }}": "must not set cluster while JetStream is on",
        "server_name: mine": "must not set server_name while JetStream is on",
        "Port: 4333": "Port sets the same option as port",
        "max_paylaod: 1000": "knows the option max_paylaod",
    }.items():
        write(workspace, f"{text}\nmax_subscriptions: 1000\n")
        wait_until_refused(workspace, "InvalidInclude", f"/etc/nats-extra/{FILE}:1:1: ")
        wait_until_refused(workspace, "InvalidInclude", said)

    assert uids(workspace, pods_of(3)) == before
    assert restarts(workspace, pods_of(3)) == 0
    stream.wait_until_holds(messages)
    write(workspace, "max_payload: 2000\n")
    wait_until_every_server_has(workspace, 3, "max_payload", 2000)
    wait_until_ready(workspace)
    assert uids(workspace, pods_of(3)) == before
