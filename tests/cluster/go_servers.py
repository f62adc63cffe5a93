"""Servers of the Go program that run on the node, as root: what it made for a NatsCluster that is gone by now.

The NatsCluster that a test creates then takes them over. No operator of ours touches them before that.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import pytest

from natsop_core import names
from tests.cluster.go_objects import FOLDER, put_orphans, recorded
from tests.cluster.node.nats import BOX, CLUSTER, READY_WITHIN, SMALL, Box, box_in, nats_box, pods_of
from tests.testbed.client import Manifest
from tests.testbed.namespace import Namespace

IMAGE: Final = "nats:2.12.6-alpine"
ROOT: Final = "0"

_CLAIM_SIZE: Final = "1Gi"
_WORDS: Final = {
    '"500m"': '"10m"',
    '"2Gi"': '"16Mi"',
    '"100Gi"': f'"{_CLAIM_SIZE}"',
    "config-reloader:0.21.1": "config-reloader:0.23.0",  # which the node has
}

needs_go_objects = pytest.mark.skipif(not FOLDER.exists(), reason=f"the Go program's objects are not at {FOLDER}")


@dataclass(frozen=True)
class GoServers:
    """What the Go program was asked for. file: of its recorded objects. nats_conf: if not the one that it wrote."""

    file: str
    name: str
    spec: Manifest
    nats_conf: str = ""

    def run(self, namespace: Namespace) -> Box:
        """Create what the Go program made, wait until all servers are ready, and give a box that reaches them."""
        put_orphans(namespace.client, self._objects(namespace.name))
        for pod in pods_of(self.replicas):
            namespace.wait_for_condition("Pod", pod, "Ready", timeout=READY_WITHIN)
        url = f"nats://{CLUSTER}.{namespace.name}.svc:4222"
        box = {"contexts": {"default": {"url": url}}, "resources": SMALL}
        namespace.client.create({**nats_box(), "spec": box})
        namespace.wait_for_condition("NatsBox", BOX, "Ready", timeout=READY_WITHIN)
        return box_in(namespace)

    @property
    def replicas(self) -> int:
        return int(self.spec["replicas"])

    def _objects(self, namespace: str) -> list[Manifest]:
        text = json.dumps(recorded(self.file))
        places = {self.name: CLUSTER, ".default.svc": f".{namespace}.svc", '"default"': f'"{namespace}"'}
        for old, new in {**places, **_WORDS}.items():
            text = text.replace(old, new)
        objects: list[Manifest] = [each for each in json.loads(text) if each["kind"] not in _OF_THE_BOX]
        for each in objects:
            if each["kind"] == "StatefulSet":
                each["spec"]["replicas"] = self.replicas
            if each["kind"] == "ConfigMap" and self.nats_conf:
                each["data"][names.CONFIG_KEY] = self.nats_conf
        return objects


_OF_THE_BOX: Final = ("Secret", "Deployment")
_STREAMS: Final[Manifest] = {
    "jetstream": {"enabled": True, "fileStore": {"pvc": {"resources": {"requests": {"storage": _CLAIM_SIZE}}}}}
}
_CONTAINER: Final[Manifest] = {"resources": {"requests": {"cpu": "10m", "memory": "16Mi"}}}

TRIO: Final = GoServers("quick-start", "my-nats", {"replicas": 3, "config": _STREAMS, "container": _CONTAINER})
"""Three servers with streams on claims."""

SOLO: Final = GoServers("minimal", "solo", {"replicas": 1, "container": {"resources": SMALL}})
"""One server without JetStream."""

OUTSIDE: Final = GoServers(
    "quick-start",
    "my-nats",
    {"replicas": 1, "config": _STREAMS, "container": _CONTAINER},
    "http_port: 8222\njetstream {\n  max_memory_store: 1Gi\n}\nport: 4222\nserver_name: $SERVER_NAME\n",
)
"""One server with streams in its container, which the Go program makes where a memory store has a size."""
