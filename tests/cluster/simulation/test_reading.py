"""Lists and watches of the API server in memory are held to those of the real one: a reflector lives on them."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping

import httpx2
import pytest

from natsop_core.kinds import CLUSTERS, CONFIG_MAPS, ApiResource
from tests.simulation.reading import InMemory, Reader
from tests.testbed.client import Client, Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.wait import wait_until


class RealSide:
    """A real API server and its etcd."""

    def __init__(self, plane: ControlPlane) -> None:
        self._client: Client = plane.cluster.client
        self._etcd = f"http://{plane.address}:2379"

    def write(self, method: str, path: str, body: Manifest | None) -> None:
        content_type = "application/merge-patch+json" if method == "PATCH" else "application/json"
        self._client.request(method, path, body=body, content_type=content_type)

    def read(self, path: str, query: Mapping[str, str], accept: str) -> tuple[int, str]:
        return self._client.text(path, query=dict(query), accept=accept)

    def compact(self, is_done: Callable[[], bool]) -> None:
        """As the API server does it every five minutes; its cache hears of it every 15 seconds."""
        status = httpx2.post(f"{self._etcd}/v3/maintenance/status", json={}, trust_env=False).json()
        revision = status["header"]["revision"]
        self._etcd_does("compaction", revision=revision, physical=True)
        self._etcd_does("put", key=_encoded("compact_rev_key"), value=_encoded(revision))
        wait_until(is_done, 60, "the API server's cache has forgotten what is compacted")

    def _etcd_does(self, what: str, **arguments: object) -> None:
        httpx2.post(f"{self._etcd}/v3/kv/{what}", json=arguments, trust_env=False).raise_for_status()


def _encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("resource", [CONFIG_MAPS, CLUSTERS], ids=lambda resource: resource.plural)
def test_lists_and_watches_tell_what_the_real_ones_tell(quiet_plane: ControlPlane, resource: ApiResource) -> None:
    namespace = f"reading-{resource.plural}"
    quiet_plane.cluster.client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})

    truth = Reader(RealSide(quiet_plane), resource, namespace).run()
    told = Reader(InMemory(), resource, namespace).run()

    lies = [f"{name}: {told[name]}, in truth {truth[name]}" for name in truth if told[name] != truth[name]]
    assert not lies, "\n".join(lies)
