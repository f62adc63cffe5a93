"""NATS as the tests on the node see it: custom resources to apply, the servers' own words, the nats CLI in a box."""

from __future__ import annotations

import json
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import httpx2

from natsop_core import names
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

CLUSTER: Final = "demo"
BOX: Final = "box"

SMALL: Final = {"requests": {"cpu": "10m"}}
"""Many clusters share a small node."""

READY_WITHIN: Final = 400
"""Seconds for servers to become ready while the node is busy with other tests; on an idle one it takes about 25."""

JETSTREAM: Final = {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": "1Gi"}}}}}

MONITOR_PORT: Final = 8222


def nats_cluster(*, replicas: int = 1, **config: Any) -> Manifest:
    """A NatsCluster; `config` are fields of its spec.config."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "NatsCluster",
        "metadata": {"name": CLUSTER},
        "spec": {"replicas": replicas, "container": {"resources": SMALL}, "config": config},
    }


def nats_box() -> Manifest:
    """A NatsBox for that cluster."""
    return {
        "apiVersion": names.API_VERSION,
        "kind": "NatsBox",
        "metadata": {"name": BOX},
        "spec": {"clusterRef": {"name": CLUSTER}, "resources": SMALL},
    }


def pods_of(replicas: int) -> list[str]:
    return [names.pod(CLUSTER, ordinal) for ordinal in range(replicas)]


def address_of(namespace: Namespace, pod: str) -> str:
    """The URL of one pod's server, by its name in the DNS."""
    return f"nats://{pod}.{names.headless_host(CLUSTER, namespace.name, 'cluster.local')}:4222"


def start(namespace: Namespace, cluster: Manifest) -> Box:
    """Create the cluster and a box for it, and wait until both are Ready."""
    for manifest in (cluster, nats_box()):
        namespace.client.create(manifest)
    wait_until_ready(namespace)
    namespace.wait_for_condition("NatsBox", BOX, "Ready", timeout=READY_WITHIN)
    return box_in(namespace)


def wait_until_ready(namespace: Namespace) -> Manifest:
    """Wait until the cluster is Ready as it stands now, and return it."""
    return _wait_for(namespace, "Ready")


def wait_until_loaded(namespace: Namespace) -> None:
    """Wait until all servers have told that they run the configuration; a busy one may let Ready not wait for it."""
    _wait_for(namespace, "ConfigurationLoaded")


def _wait_for(namespace: Namespace, type_: str) -> Manifest:
    def seen() -> Manifest:
        cluster = namespace.client.get("NatsCluster", CLUSTER)
        assert condition(cluster, type_)["status"] == "True", cluster["status"]
        assert condition(cluster, type_)["observedGeneration"] == cluster["metadata"]["generation"], cluster["status"]
        return cluster

    return namespace.wait_until(seen, READY_WITHIN, f"NatsCluster {CLUSTER} is {type_}")


def condition(resource: Manifest, type_: str) -> Manifest:
    """The condition of that type; a failed assertion when there is none."""
    conditions = resource.get("status", {}).get("conditions", [])
    found = [each for each in conditions if each["type"] == type_]
    assert found, f"no condition {type_} among {conditions}"
    first: Manifest = found[0]
    return first


def edit(namespace: Namespace, **spec: Any) -> None:
    """Change fields of the cluster's spec, as `kubectl edit` would."""
    namespace.client.patch("NatsCluster", CLUSTER, {"spec": spec})


def everything_of(namespace: Namespace, name: str) -> set[str]:
    """The names of all objects, of whatever kind the API server knows, that bear the label of this custom resource."""
    kinds = namespace.kubectl("api-resources", "--namespaced", "--verbs=list", "--output=name").stdout.split()
    selector = f"--selector={names.CLUSTER_LABEL}={name}"
    return set(namespace.kubectl("get", ",".join(kinds), selector, "--output=name").stdout.split())


def monitor(namespace: Namespace, pod: str, path: str) -> Any:
    """What a server's monitor port answers. That it does not answer yet is a failed assertion: waits go on."""
    try:
        answer = httpx2.get(f"http://{namespace.pod_address(pod)}:{MONITOR_PORT}{path}", timeout=30, trust_env=False)
    except httpx2.TransportError as error:
        raise AssertionError(f"{pod} does not answer: {error!r}") from error
    return answer.json()


def wait_until_routed(namespace: Namespace, pods: Sequence[str]) -> None:
    """Wait until each pod's server has routes to all the others and to nobody else: ready ones may still seek them."""

    def routed() -> bool:
        for pod in pods:
            routes = {route["remote_name"] for route in monitor(namespace, pod, "/routez")["routes"]}
            assert routes == {*pods} - {pod}, f"{pod} has routes to {routes}"
        return True

    namespace.wait_until(routed, READY_WITHIN, f"routes between {pods}")


def known_subjects(namespace: Namespace, pod: str) -> set[str]:
    """The subjects that the pod's server passes messages of on: to its own clients and to those of other servers."""
    own = monitor(namespace, pod, "/subsz?subs=1&limit=10000")["subscriptions_list"]
    routes = monitor(namespace, pod, "/routez?subs=1")["routes"]
    return {each["subject"] for each in own}.union(*(route.get("subscriptions_list", ()) for route in routes))


def uids(namespace: Namespace, pods: Sequence[str]) -> list[str]:
    """The pods' UIDs: others as soon as a pod was made anew."""
    return [namespace.client.get("Pod", pod)["metadata"]["uid"] for pod in pods]


def restarts(namespace: Namespace, pods: Sequence[str]) -> int:
    """How often containers of the pods were started again."""
    statuses = [namespace.client.get("Pod", pod)["status"]["containerStatuses"] for pod in pods]
    return sum(container["restartCount"] for containers in statuses for container in containers)


def box_in(namespace: Namespace) -> Box:
    """The box's pod, once there is one."""
    labels = f"app.kubernetes.io/name=nats-box,app.kubernetes.io/instance={BOX}"
    pods = namespace.wait_until(lambda: namespace.client.list("Pod", labels=labels), READY_WITHIN, "the box has a pod")
    return Box(namespace, pods[0]["metadata"]["name"])


@dataclass(frozen=True)
class Box:
    """A nats-box pod to run the nats CLI in."""

    namespace: Namespace
    pod: str

    def run(self, *argv: str) -> str:
        return self.namespace.exec(self.pod, *argv).stdout

    def nats(self, *argv: str) -> str:
        """Run the nats CLI with the context that is selected, and more patience than its own for a busy node."""
        return self.run("nats", "--timeout=30s", *argv)

    def subscribe(self, subject: str, *options: str, known_to: str) -> Future[str]:
        """Have one message of the subject received in the background; returns when the pod knows of the interest."""
        executor = ThreadPoolExecutor(1)
        message = executor.submit(self.nats, "sub", subject, "--raw", "--count=1", "--wait=50s", *options)
        executor.shutdown(wait=False)

        def interest() -> bool:
            if message.done():
                raise RuntimeError(f"nats sub has ended early: {message.result()!r}")
            return subject in known_subjects(self.namespace, known_to)

        self.namespace.wait_until(interest, what=f"{known_to} knows of a subscription to {subject}")
        return message


@dataclass(frozen=True)
class Stream:
    """A file stream in JetStream, and what it holds."""

    box: Box
    name: str = "ORDERS"

    def add(self, *, replicas: int) -> None:
        """Once the servers can: ready ones may still be about to elect the leader who is asked for it."""
        options = (f"--subjects={self.name}.>", "--storage=file", f"--replicas={replicas}", "--defaults")

        def added() -> bool:  # the same stream once more is no error
            self.box.nats("stream", "add", self.name, *options)
            return True

        self.box.namespace.wait_until(added, READY_WITHIN, f"stream {self.name} is added")

    def publish(self, count: int) -> list[str]:
        """Publish that many messages, each acknowledged by the stream; what they say."""
        self.box.nats("pub", f"{self.name}.new", "order {{Count}}", f"--count={count}", "--jetstream")
        return [f"order {number}" for number in range(1, count + 1)]

    def messages(self) -> list[str]:
        """What the stream holds, read back message by message."""
        options = (f"--stream={self.name}", "--direct", "--all", "--terminate-at-end", "--raw")
        return self.box.nats("sub", *options).splitlines()

    def wait_until_holds(self, messages: list[str]) -> None:
        """Wait until exactly these can be read; any replica may answer, also one that is about to be told the last."""

        def read() -> bool:
            found = self.messages()
            assert found == messages, f"{found} instead of {messages}"
            return True

        self.box.namespace.wait_until(read, READY_WITHIN, f"stream {self.name} holds {len(messages)} messages")

    def wait_until_current(self, *, replicas: int) -> None:
        """Wait until the stream has a leader and every other replica is as far as the leader is."""

        def current() -> bool:
            peers = json.loads(self.box.nats("stream", "info", self.name, "--json"))["cluster"]
            followers = [each for each in peers.get("replicas", ()) if each["current"] and not each.get("offline")]
            assert peers.get("leader") and len(followers) == replicas - 1, peers
            return True

        self.box.namespace.wait_until(current, READY_WITHIN, f"stream {self.name} has {replicas} current replicas")
