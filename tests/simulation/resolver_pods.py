"""Pods whose servers have full resolvers: what they answer over HTTP, and what a push does to them."""

from __future__ import annotations

import json
from typing import Any, Final

import httpx2

from natsop_core import actions
from natsop_core.inputs import HttpAnswer
from natsop_core.kinds import PODS
from natsop_core.resolver_requests import UPDATE
from tests.simulation.api_server.server import Request
from tests.simulation.controllers import path_of
from tests.simulation.people import People
from tests.simulation.world import World
from tests.testbed.client import Manifest
from tests.unit.natsop_core.resolver_world import FakeServer
from tests.unit.natsop_core.world import pod

SERVERS: Final = 3


class ResolverPods(httpx2.AsyncBaseTransport):
    """The pod network with the servers of one cluster. pushed: the tokens that arrived."""

    def __init__(self) -> None:
        self.servers = {f"10.0.0.{number}": FakeServer(version="2.10.26") for number in range(SERVERS)}
        self.pushed: list[str] = []

    def run(self, world: World, people: People, stateful_set: Manifest) -> None:
        """Make the StatefulSet's pods, which run at once."""
        for number, ip in enumerate(self.servers):
            made = _pod(stateful_set["metadata"], number, ip)
            people.create(made)
            world.send(
                Request(
                    method="PATCH",
                    path=path_of(PODS, people.namespace, made["metadata"]["name"], "/status"),
                    query={"fieldManager": "kubelet"},
                    content_type="application/merge-patch+json",
                    body=json.dumps({"status": made["status"]}),
                    user="kubelet",
                )
            )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = self.servers[request.url.host].answer(request.url.raw_path.decode())
        if not isinstance(answer, HttpAnswer):
            raise httpx2.ConnectError(answer.reason)
        return httpx2.Response(answer.status, stream=httpx2.ByteStream(answer.body))

    def take(self, request: actions.Request) -> bytes:
        """Carry out a push, as the servers do: the one that hears of it tells the others."""
        assert request.subject == UPDATE
        self.pushed.append(request.payload.decode())
        for server in self.servers.values():
            server.store(self.pushed[-1])
        return b'{"data": {"code": 200}}'


def _pod(stateful_set: Manifest, number: int, ip: str) -> Manifest:
    name = f"{stateful_set['name']}-{number}"
    made: dict[str, Any] = pod(name, ip=ip)
    [owner] = made["metadata"]["ownerReferences"]
    owners = [{**owner, "uid": stateful_set["uid"]}]
    return {**made, "metadata": {"name": name, "labels": made["metadata"]["labels"], "ownerReferences": owners}}
