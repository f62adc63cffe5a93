"""The clusters that are measured: three servers with JetStream, all else by default; and what else is made in bulk."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from natsop_core import names
from natsop_core.kinds import CLUSTERS, CREATED
from tests.testbed.client import Client

T = TypeVar("T")
Manifest = dict[str, Any]

AT_ONCE: Final = 4
"""Requests that a person's tools have under way."""


def nats_cluster(namespace: str, name: str) -> Manifest:
    return {
        "apiVersion": names.API_VERSION,
        "kind": names.CLUSTER_KIND,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {
            "replicas": 3,
            "config": {
                "jetstream": {
                    "enabled": True,
                    "fileStore": {"pvc": {"resources": {"requests": {"storage": "10Gi"}}}},
                }
            },
        },
    }


def secret(namespace: str, name: str) -> Manifest:
    """One that has nothing to do with NATS, of a usual size."""
    metadata = {"name": name, "namespace": namespace, "labels": {"app": "something-else"}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {"password": "x" * 1000}}


def numbered(prefix: str, number: int) -> list[str]:
    return [f"{prefix}-{each:05}" for each in range(number)]


def create_namespace(client: Client, name: str) -> None:
    client.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})


def create_all(client: Client, manifests: Iterable[Manifest]) -> None:
    """Create them, several at a time."""
    at_once(client.create, manifests)


def delete_all(client: Client, namespace: str) -> None:
    """Delete the custom resources, then their children, which no garbage collector deletes here."""
    for resource in (CLUSTERS, *CREATED):
        client.delete_all(f"{resource.kind}.{resource.group}" if resource.group else resource.kind, namespace=namespace)


def at_once(work: Callable[[Manifest], T], manifests: Iterable[Manifest]) -> list[T]:
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(work, manifests))
