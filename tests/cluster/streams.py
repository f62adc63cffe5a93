"""Streams on every server of a cluster: whoever takes a server away takes one of them away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from tests.cluster.nats import CLUSTER, READY_WITHIN, Box, Stream, monitor, pods_of
from tests.testbed.namespace import Namespace

MESSAGES = 5
ENOUGH = 6
"""Streams of one replica for each server until each has one: the servers choose."""


@dataclass(frozen=True)
class Streams:
    """A stream that several servers have, one for each server that it alone has, and their messages."""

    box: Box
    messages: dict[Stream, list[str]] = field(default_factory=dict)
    places: set[str] = field(default_factory=set)

    def spread_over(self, replicas: int) -> None:
        """Add streams until each of so many servers has one."""
        self._add(Stream(self.box, f"SHARED{replicas}"), min(replicas, 3))
        for number in range(ENOUGH * replicas):
            if self.places >= {*pods_of(replicas)}:
                return
            stream = Stream(self.box, f"ALONE{replicas}OF{number}")
            self._add(stream, 1)
            self.places.add(place_of(stream))
        raise AssertionError(f"the streams lie on {self.places} only")

    def _add(self, stream: Stream, replicas: int) -> None:
        stream.add(replicas=replicas)
        self.messages[stream] = stream.publish(MESSAGES)

    def wait_until_whole(self) -> None:
        for stream, messages in self.messages.items():
            stream.wait_until_holds(messages)


def place_of(stream: Stream) -> str:
    """The server that leads the stream; a lone one names none."""
    info = json.loads(stream.box.nats("stream", "info", stream.name, "--json"))
    return str(info.get("cluster", {}).get("leader") or f"{CLUSTER}-0")


def wait_until_meta_group_has(namespace: Namespace, replicas: int) -> None:
    """Wait until all servers say that so many are in the meta group; a lone one has none."""
    if replicas == 1:
        return

    def has() -> bool:
        groups = {pod: monitor(namespace, pod, "/jsz")["meta_cluster"] for pod in pods_of(replicas)}
        assert {each["cluster_size"] for each in groups.values()} == {replicas}, groups
        assert len({each.get("leader") for each in groups.values()} - {None}) == 1, groups
        return True

    namespace.wait_until(has, READY_WITHIN, f"the meta group has {replicas} servers and a leader")
