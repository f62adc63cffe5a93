"""Streams on every server of a cluster: whoever takes a server away takes one of them away."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial

from tests.cluster.node.nats import CLUSTER, READY_WITHIN, Box, Stream, monitor, pods_of
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
        self.add(f"SHARED{replicas}", min(replicas, 3))
        for number in range(ENOUGH * replicas):
            if self.places >= {*pods_of(replicas)}:
                return
            self.places.add(place_of(self.add(f"ALONE{replicas}OF{number}", 1)))
        raise AssertionError(f"the streams lie on {self.places} only")

    def add(self, name: str, replicas: int) -> Stream:
        """Add a stream with messages."""
        stream = Stream(self.box, name)
        stream.add(replicas=replicas)
        self.messages[stream] = stream.publish(MESSAGES)
        return stream

    def back_up(self) -> None:
        """Keep a copy of all streams in the box, by the nats CLI."""
        for stream in self.messages:
            self.box.run("rm", "-rf", _copy_of(stream))
            self.box.nats("stream", "backup", stream.name, _copy_of(stream), "--no-progress")

    def restore(self, replicas: int) -> None:
        """Put the copies in the place of what is left of the streams, on that many servers."""
        for stream in self.messages:
            self.box.namespace.wait_until(partial(_restored, stream, replicas), READY_WITHIN, f"{stream.name} is back")

    def give_up(self) -> None:
        """Check that the servers have none of them any more."""
        left = self.box.nats("stream", "ls", "--names").split()
        assert not {stream.name for stream in self.messages} & {*left}, left

    def wait_until_whole(self) -> None:
        for stream, messages in self.messages.items():
            stream.wait_until_holds(messages)


def _copy_of(stream: Stream) -> str:
    return f"/tmp/{stream.name}"


def _restored(stream: Stream, replicas: int) -> bool:
    if stream.name in stream.box.nats("stream", "ls", "--names").split():
        stream.box.nats("stream", "rm", "--force", stream.name)
    stream.box.nats("stream", "restore", _copy_of(stream), "--no-progress", f"--replicas={min(replicas, 3)}")
    return True


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
