"""nats.conf of a resolved cluster, as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.values import Block, Variable

if TYPE_CHECKING:
    from natsop_core.resolve.types import Cluster, JetStream, Routes

LAME_DUCK_DURATION: Final = "30s"
"""How long a server takes to close its clients' connections; 30 s is the least that nats-server accepts."""

LAME_DUCK_GRACE_PERIOD: Final = "10s"


def server_block(cluster: Cluster) -> Block:
    """The whole configuration; the same text for every server, whose name comes from its environment."""
    return Block(
        port=cluster.port(names.CLIENT_PORT),
        server_name=Variable(names.SERVER_NAME_VARIABLE),
        pid_file=names.PID_FILE,
        lame_duck_duration=LAME_DUCK_DURATION,
        lame_duck_grace_period=LAME_DUCK_GRACE_PERIOD,
        http_port=cluster.port(names.MONITOR_PORT),
        jetstream=_jetstream_block(cluster.jetstream) if cluster.jetstream else None,
        cluster=_cluster_block(cluster.name, cluster.routes) if cluster.routes else None,
    )


def _jetstream_block(jetstream: JetStream) -> Block:
    return Block(
        store_dir=names.DATA_FOLDER,
        max_file_store=jetstream.max_file_bytes,  # 0 switches the store off; left out, it is 75 % of the disk
        max_memory_store=jetstream.max_memory_bytes,  # left out, it is 75 % of the node's memory
    )


def _cluster_block(name: str, routes: Routes) -> Block:
    return Block(name=name, port=routes.port, no_advertise=routes.no_advertise, routes=routes.urls)
