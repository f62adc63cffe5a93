"""nats.conf of a resolved cluster, as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.values import Block, Include, Variable

if TYPE_CHECKING:
    from natsop_core.resolve.types import Cluster, JetStream, Listener, Routes, Tls

LAME_DUCK_DURATION: Final = "30s"
"""How long a server takes to close its clients' connections; 30 s is the least that nats-server accepts."""

LAME_DUCK_GRACE_PERIOD: Final = "10s"

SYSTEM_ACCOUNT: Final = "SYS"


def server_block(cluster: Cluster) -> Block:
    """The whole configuration; the same text for every server, whose name comes from its environment.

    The user's includes come last, so that what they define counts.
    """
    includes = [f"../nats-auth/{names.AUTH_KEY}"] if cluster.auth else []
    includes += [f"../nats-extra/{file.name}" for file in cluster.includes]
    client = cluster.listener(names.CLIENT_PORT)
    monitor = cluster.listener(names.MONITOR_PORT)
    own = Block(
        port=client.port if client else None,
        server_name=Variable(names.SERVER_NAME_VARIABLE),
        pid_file=names.PID_FILE,
        lame_duck_duration=LAME_DUCK_DURATION,
        lame_duck_grace_period=LAME_DUCK_GRACE_PERIOD,
        http_port=monitor.port if monitor and not monitor.tls else None,
        https_port=monitor.port if monitor and monitor.tls else None,
        prof_port=cluster.port(names.PROFILING_PORT),
        tls=_tls_block(client.tls) if client else None,
        jetstream=_jetstream_block(cluster.jetstream) if cluster.jetstream else None,
        cluster=_cluster_block(cluster, cluster.routes) if cluster.routes else None,
        leafnodes=_listener_block(cluster.listener(names.LEAFNODES_PORT), no_advertise=True),
        websocket=_websocket_block(cluster.listener(names.WEBSOCKET_PORT)),
        mqtt=_listener_block(cluster.listener(names.MQTT_PORT)),
        gateway=_listener_block(cluster.listener(names.GATEWAY_PORT), name=cluster.name),
        accounts=Block((SYSTEM_ACCOUNT, Block())) if cluster.needs_system_account else None,
        system_account=SYSTEM_ACCOUNT if cluster.needs_system_account else None,
    )
    return own | Block(*map(Include, includes))


def routes_block(routes: Routes) -> Block:
    """What lets the servers in and where they find each other; with credentials, the content of a Secret."""
    credentials = routes.credentials
    authorization = Block(user=credentials.user, password=credentials.password) if credentials else None
    return Block(authorization=authorization, routes=routes.urls)


def _cluster_block(cluster: Cluster, routes: Routes) -> Block:
    listener = cluster.listener(names.ROUTES_PORT)
    block = Block(
        name=cluster.name,
        port=listener.port if listener else None,
        no_advertise=routes.no_advertise,
        tls=_tls_block(listener.tls) if listener else None,
    )
    if routes.credentials:
        return block | Block(Include(f"../nats-routes/{names.ROUTES_KEY}"))
    return block | routes_block(routes)


def _jetstream_block(jetstream: JetStream) -> Block:
    return Block(
        store_dir=names.DATA_FOLDER,
        max_file_store=jetstream.max_file_bytes,  # 0 switches the store off; left out, it is 75 % of the disk
        max_memory_store=jetstream.max_memory_bytes,  # left out, it is 75 % of the node's memory
    )


def _listener_block(
    listener: Listener | None, *, name: str | None = None, no_advertise: bool | None = None
) -> Block | None:
    if listener is None:
        return None
    return Block(name=name, port=listener.port, no_advertise=no_advertise, tls=_tls_block(listener.tls))


def _websocket_block(listener: Listener | None) -> Block | None:
    """The server wants to be told when a websocket listener has no TLS."""
    if listener is None:
        return None
    return Block(port=listener.port, no_tls=None if listener.tls else True, tls=_tls_block(listener.tls))


def _tls_block(tls: Tls | None) -> Block | None:
    if tls is None:
        return None
    return Block(
        cert_file=tls.cert_file,
        key_file=tls.key_file,
        ca_file=tls.ca_file or None,
        verify=tls.verify or None,
        timeout=tls.timeout,
    )
