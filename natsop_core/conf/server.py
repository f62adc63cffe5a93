"""Builds the tree of nats.conf from a resolved cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.values import Block, Include, Variable
from natsop_core.listeners import LISTENERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.resolve.types import Cluster, JetStream, Listener, Routes, Tls

LAME_DUCK_DURATION: Final = "30s"
"""How long a server takes to close the connections of its clients; 30 s is the minimum of nats-server."""

LAME_DUCK_GRACE_PERIOD: Final = "10s"

SYSTEM_ACCOUNT: Final = "SYS"
"""The system account for servers that need a named one; naming it needs a restart."""

OWN_SYSTEM_ACCOUNT: Final = "$SYS"
"""The default system account of every server (server accounts.go, DEFAULT_SYSTEM_ACCOUNT)."""

_NAMED: Final = (names.ROUTES_PORT, names.GATEWAY_PORT)
"""The listeners whose blocks have the name of the cluster."""


def server_block(cluster: Cluster) -> Block:
    """The whole configuration. It is the same for all servers; their names come from the environment.

    The included files of the user come last, so that their options win.
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
    )
    entries = (*own.entries, *_listener_blocks(cluster), *_accounts(cluster).entries, *map(Include, includes))
    return Block.read(entries)


def routes_block(routes: Routes) -> Block:
    """The routes and their credentials. With credentials, the content of a Secret."""
    credentials = routes.credentials
    authorization = Block(user=credentials.user, password=credentials.password) if credentials else None
    return Block(authorization=authorization, routes=routes.urls)


def _accounts(cluster: Cluster) -> Block:
    """The accounts. Clients without credentials can still connect: they use the global account (server auth.go)."""
    user, is_named = cluster.system_user, cluster.needs_system_account
    if user is None and not is_named:
        return Block()
    account = Block(users=(Block(nkey=user.public_key),)) if user else Block()
    return Block(
        accounts=Block((SYSTEM_ACCOUNT if is_named else OWN_SYSTEM_ACCOUNT, account)),
        system_account=SYSTEM_ACCOUNT if is_named else None,
    )


def _listener_blocks(cluster: Cluster) -> Iterator[tuple[str, Block]]:
    for row in LISTENERS:
        listener = cluster.listener(row.name)
        if row.block and listener:
            yield row.block, _listener_block(cluster, listener)


def _listener_block(cluster: Cluster, listener: Listener) -> Block:
    common = Block(name=cluster.name if listener.name in _NAMED else None, port=listener.port)
    tls = Block(tls=_tls_block(listener.tls))
    routes = _routes(cluster.routes) if cluster.routes and listener.name == names.ROUTES_PORT else Block()
    return Block.read((*common.entries, *_own_options(cluster, listener).entries, *tls.entries, *routes.entries))


def _own_options(cluster: Cluster, listener: Listener) -> Block:
    """The options that only this listener has."""
    match listener.name:
        case names.ROUTES_PORT if routes := cluster.routes:
            return Block(no_advertise=routes.no_advertise)
        case names.LEAFNODES_PORT:
            return Block(no_advertise=True)
        case names.WEBSOCKET_PORT if not listener.tls:
            return Block(no_tls=True)  # required by nats-server
    return Block()


def _routes(routes: Routes) -> Block:
    """The routes, or an include of the file with routes and credentials."""
    return Block(Include(f"../nats-routes/{names.ROUTES_KEY}")) if routes.credentials else routes_block(routes)


def _jetstream_block(jetstream: JetStream) -> Block:
    return Block(
        store_dir=names.DATA_FOLDER,
        max_file_store=jetstream.max_file_bytes,  # 0 disables the store; without it, 75 % of the disk
        max_memory_store=jetstream.max_memory_bytes,  # without it, 75 % of the node's memory
    )


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
