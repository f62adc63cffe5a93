"""Servers of one cluster with JetStream, as processes of the test."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import httpx2

from natsop_core.conf import Block, write
from tests.testbed.process import Component


def clustered_server(
    program: Path, name: str, hosts: Mapping[str, str], folder: Path, *, jetstream: bool = True
) -> Component:
    """A server, not started. hosts: the addresses of all, by name. Its streams are in a subfolder with its name."""
    store = Block(store_dir=str(folder / name), max_memory_store=2**26, max_file_store=2**28)
    routes = [f"nats://{host}:6222" for host in hosts.values()]
    configuration = Block(
        server_name=name,
        listen=f"{hosts[name]}:4222",
        http=f"{hosts[name]}:8222",
        cluster=Block(name="orders", listen=f"{hosts[name]}:6222", routes=routes),
        jetstream=store if jetstream else False,
    )
    file = folder / f"{name}.conf"
    file.write_text(write(configuration))
    log = folder / f"{name}.log"
    return Component(name, [program, "-c", file], log=log, ready=lambda: _answers(f"http://{hosts[name]}:8222/varz"))


def _answers(url: str) -> bool:
    try:
        return httpx2.get(url, trust_env=False).status_code == 200
    except httpx2.TransportError:
        return False
