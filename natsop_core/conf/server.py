"""nats.conf of a resolved cluster, as a tree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.values import Block, Include, Variable
from natsop_core.listeners import LISTENERS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.resolve.types import Cluster, JetStream, Listener, Routes, Tls

LAME_DUCK_DURATION: Final = "30s"
"""How long a server takes to close its clients' connections; 30 s is the least that nats-server accepts."""

LAME_DUCK_GRACE_PERIOD: Final = "10s"

SYSTEM_ACCOUNT: Final = "SYS"
"""Of a server that has to be told which account is the system account; that is not reloaded."""

OWN_SYSTEM_ACCOUNT: Final = "$SYS"
"""The system account that every server has (server accounts.go, DEFAULT_SYSTEM_ACCOUNT)."""

_NAMED: Final = (names.ROUTES_PORT, names.GATEWAY_PORT)
"""Whose blocks say what the cluster is called."""


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
    )
    entries = (*own.entries, *_listener_blocks(cluster), *_accounts(cluster).entries, *map(Include, includes))
    return Block.read(entries)


def routes_block(routes: Routes) -> Block:
    """What lets the servers in and where they find each other; with credentials, the content of a Secret."""
    credentials = routes.credentials
    authorization = Block(user=credentials.user, password=credentials.password) if credentials else None
    return Block(authorization=authorization, routes=routes.urls)


def _accounts(cluster: Cluster) -> Block:
    """Clients without credentials are let in as before: they belong to the global account (server auth.go)."""
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
    """What only this listener has."""
    match listener.name:
        case names.ROUTES_PORT if routes := cluster.routes:
            return Block(no_advertise=routes.no_advertise)
        case names.LEAFNODES_PORT:
            return Block(no_advertise=True)
        case names.WEBSOCKET_PORT if not listener.tls:
            return Block(no_tls=True)  # the server wants to be told
    return Block()


def _routes(routes: Routes) -> Block:
    """With credentials they stand in a Secret."""
    return Block(Include(f"../nats-routes/{names.ROUTES_KEY}")) if routes.credentials else routes_block(routes)


def _jetstream_block(jetstream: JetStream) -> Block:
    return Block(
        store_dir=names.DATA_FOLDER,
        max_file_store=jetstream.max_file_bytes,  # 0 switches the store off; left out, it is 75 % of the disk
        max_memory_store=jetstream.max_memory_bytes,  # left out, it is 75 % of the node's memory
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
