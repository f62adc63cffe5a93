"""The floor: plain lightkube, and nothing but six server-side applies for each cluster.

Run as a process of its own, it prints what one cluster took, by the clock and of its processor.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from lightkube import AsyncClient
from lightkube.config.kubeconfig import KubeConfig
from lightkube.resources.apps_v1 import StatefulSet
from lightkube.resources.core_v1 import ConfigMap, Service, ServiceAccount
from lightkube.resources.policy_v1 import PodDisruptionBudget
from lightkube.types import PatchType

from natsop_core import inputs_at_hand, read_cluster, render
from natsop_core.api.natscluster import NatsCluster
from tests.bench.clusters import nats_cluster, numbered

RESOURCES: Final = {
    each.__name__: each for each in (ServiceAccount, ConfigMap, Service, PodDisruptionBudget, StatefulSet)
}
AT_ONCE: Final = 4

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Floor:
    """Seconds for one cluster."""

    wall: float
    processor: float


async def run(kubeconfig: Path, namespace: str, clusters: list[str]) -> Floor:
    """Apply all clusters, some at a time, after one that warms up."""
    config = KubeConfig.from_file(kubeconfig)
    client = AsyncClient(config=config, namespace=namespace, field_manager="bare-loop")
    work = [manifests(namespace, name) for name in clusters]
    await _apply(client, work.pop())
    queue = iter(work)

    async def worker() -> None:
        for objects in queue:
            await _apply(client, objects)

    wall, processor = time.perf_counter(), time.process_time()
    await asyncio.gather(*(worker() for _ in range(AT_ONCE)))
    floor = Floor((time.perf_counter() - wall) / len(work), (time.process_time() - processor) / len(work))
    await client.close()
    return floor


def manifests(namespace: str, name: str) -> list[Manifest]:
    """The objects of one cluster as natsop makes them, but nobody's: with the ServiceAccount, six."""
    custom_resource = nats_cluster(namespace, name)
    custom_resource["spec"]["serviceAccount"] = {"enabled": True}
    cluster = read_cluster(custom_resource)
    assert isinstance(cluster, NatsCluster), cluster
    rendered = render(cluster, inputs_at_hand([], datetime.now(UTC))).objects
    assert rendered is not None
    for each in rendered:
        each["metadata"] = {key: value for key, value in each["metadata"].items() if key != "ownerReferences"}
    return list(rendered)


async def _apply(client: AsyncClient, objects: list[Manifest]) -> None:
    for each in objects:
        resource, name = RESOURCES[each["kind"]], each["metadata"]["name"]
        await client.patch(resource, name, each, patch_type=PatchType.APPLY, force=True)


if __name__ == "__main__":
    path, in_namespace, number = sys.argv[1:]
    floor = asyncio.run(run(Path(path), in_namespace, numbered("floor", int(number))))
    print(json.dumps({"wall": floor.wall, "processor": floor.processor}))
