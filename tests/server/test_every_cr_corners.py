"""The corners of the schema by hand, each on every version: what chance finds seldom and people do write."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.property.referred import sound_objects
from tests.server.cases import VERSIONS, case_of, start
from tests.server.changes import ByPlace
from tests.unit.natsop_core.world import Object, cluster_object

TLS: Object = {"enabled": True, "secretName": "tls-a"}
STRICT: Object = {**TLS, "verify": True, "timeout": 1}
CA: Object = {"configMap": {"name": "ca", "key": "ca.crt"}}
LISTENERS = ("leafnodes", "websocket", "mqtt", "gateway")


def config(**blocks: Any) -> Object:
    return {"config": blocks}


def everything(tls: Object, **around: Any) -> Object:
    """A cluster in which all is on, every listener with this TLS."""
    blocks = {name: {"enabled": True, "tls": tls} for name in LISTENERS}
    monitor = {"tlsEnabled": tls.get("enabled", False)}
    both = {"nats": {"tls": tls}, "cluster": {"tls": tls}, "monitor": monitor, "profiling": {"enabled": True}}
    return {"replicas": 3, **config(**blocks, **both, jetstream={"enabled": True}), **around}


def stores(**jetstream: Any) -> Object:
    return config(jetstream={"enabled": True, **jetstream})


CORNERS: dict[str, Object] = {
    "nothing": {},
    "the highest port": config(nats={"port": 65535}),
    "the lowest ports": config(nats={"port": 1}, monitor={"port": 2}, leafnodes={"enabled": True, "port": 3}),
    "a prefix that starts a number": config(serverNamePrefix="10-"),
    "a prefix that starts a word": {"replicas": 3, **config(serverNamePrefix="true.")},
    "a domain with a dot at its end": {
        "replicas": 2,
        **config(cluster={"routeURLs": {"k8sClusterDomain": "K8s.Example.com."}}),
    },
    "everything": everything({}),
    "everything with TLS": everything(TLS),
    "everything with TLS and a CA": everything(TLS, tlsCA=CA),
    "everything with TLS that verifies": everything(STRICT, tlsCA=CA),
    "everything with TLS that verifies without a CA": everything(STRICT),
    "leafnodes and a gateway on one server": config(leafnodes={"enabled": True}, gateway={"enabled": True}),
    "mqtt on one server": config(mqtt={"enabled": True}, jetstream={"enabled": True}),
    "mqtt on a cluster without JetStream": {"replicas": 3, **config(mqtt={"enabled": True})},
    "the memory store alone": stores(fileStore={"enabled": False}, memoryStore={"enabled": True, "maxSize": "1Gi"}),
    "no store at all": stores(fileStore={"enabled": False}),
    "a clustered memory store": {
        "replicas": 3,
        **stores(fileStore={"enabled": False}, memoryStore={"enabled": True, "maxSize": 1}),
    },
    "huge stores": stores(fileStore={"maxSize": 2**63 - 2}, memoryStore={"enabled": True, "maxSize": "7.5Ei"}),
    "stores of no size": stores(fileStore={"maxSize": 0}, memoryStore={"enabled": True, "maxSize": 0}),
    "a volume of an odd size": stores(fileStore={"pvc": {"resources": {"requests": {"storage": "1.5Gi"}}}}),
    "the monitor off": config(monitor={"enabled": False}, profiling={"enabled": True}),
    "timeouts that are none": config(nats={"tls": {**TLS, "timeout": -1}}, leafnodes={"enabled": True}),
}

NAMES = ("c", "a" * 52, "a-0", "e10", "yes", "n1")


@pytest.mark.parametrize("corner", CORNERS)
def test_the_server_starts_in_every_corner(
    threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], tmp_path: Path, corner: str
) -> None:
    start_on_all(cluster_object(CORNERS[corner]), threads, binary_of, tmp_path)


@pytest.mark.parametrize("name", NAMES)
def test_the_server_starts_under_any_name(
    threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], tmp_path: Path, name: str
) -> None:
    start_on_all(cluster_object(everything({}), name=name), threads, binary_of, tmp_path)


def start_on_all(obj: Object, threads: ThreadPoolExecutor, binary_of: Callable[[str], Path], folder: Path) -> None:
    case = case_of(obj, sound_objects(obj["spec"], ByPlace()))
    running = [threads.submit(start, case, binary_of(version), version, folder) for version in VERSIONS]
    for outcome in running:
        outcome.result()
