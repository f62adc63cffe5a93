"""Decides which changes of nats.conf a running server reloads, and which need a restart.

nats-server rejects a whole reload if one changed option cannot be reloaded (server/reload.go, diffOptions). So all
options that are not known to reload in every supported version (2.10 to 2.15), in both directions, enter a digest in
the pod template: if it changes, the pods are restarted.
"""

import hashlib
import json
from collections.abc import Mapping
from types import MappingProxyType

from natsop_core.conf.values import Block, Datetime, Value, Variable
from natsop_core.frozen import frozen

_LENGTH = 16  # hex digits: 64 bits tell a few revisions of one cluster apart


@frozen
class Reloadable:
    """An option that every supported server reloads if it is added, changed or removed. path: `key` or `block.key`.

    options: for a block, the options in it that may change; empty: all of them.
    """

    path: str
    reason: str
    options: tuple[str, ...] = ()


_TLS = ("cert_file", "key_file", "ca_file", "verify", "timeout")
_AUTHORIZATION = ("user", "username", "pass", "password", "token", "timeout", "users")

_NO_CONSTANTS: Mapping[str, str] = MappingProxyType({})

RELOADABLE = (
    Reloadable("debug", "only logging"),
    Reloadable("trace", "only logging"),
    Reloadable("logtime", "only logging"),
    Reloadable("max_traced_msg_len", "only logging"),
    Reloadable("pid_file", "the file is written again"),
    Reloadable("client_advertise", "sent to clients that connect later"),
    Reloadable("server_tags", "sent to the other servers immediately"),
    Reloadable("max_connections", "surplus connections are closed"),
    Reloadable("max_payload", "used from the next message"),
    Reloadable("max_control_line", "used from the next command"),
    Reloadable("ping_interval", "used from the next ping"),
    Reloadable("ping_max", "used from the next ping"),
    Reloadable("write_deadline", "used from the next write"),
    Reloadable("tls", "used for clients that connect later", options=_TLS),
    Reloadable("authorization", "clients that are no longer allowed are disconnected", options=_AUTHORIZATION),
    Reloadable("accounts", "clients without an account or user are disconnected"),
    Reloadable(
        "cluster.name", "a reload reaches all pods within a minute; a rolling restart would split them for longer"
    ),
    Reloadable("cluster.no_advertise", "only changes which servers clients learn"),
    Reloadable("cluster.cluster_advertise", "only changes which address other servers learn"),
    Reloadable("cluster.routes", "routes are connected and disconnected one by one"),
    Reloadable("cluster.connect_retries", "used from the next connection attempt"),
    Reloadable("cluster.ping_interval", "used from the next ping"),
    Reloadable("cluster.tls", "used for routes that connect later", options=_TLS),
    Reloadable("cluster.authorization", "checked when a route connects; all pods reload within a minute"),
    Reloadable("cluster.permissions", "the interest that servers send to each other is updated"),
    Reloadable("cluster.compression", "routes negotiate it again"),
    Reloadable("cluster.pool_size", "the routes are connected again"),
    Reloadable("cluster.accounts", "the routes are connected again"),
    Reloadable(
        "resolver_preload", "loaded by a memory resolver; a full resolver keeps its JWTs until new ones are pushed"
    ),
)
"""A row that is added later changes the digest of every configuration with that option, and restarts its pods once.

A row does not cover the block around its option: adding or removing `cluster` itself needs a restart. tests/server
measures each row with real servers. Not in the table, although some servers reload them: JetStream's limits (2.12.7 and
newer, and only upwards), `jetstream` itself (a server without a quorum hangs when it is disabled), `server_metadata`
(unknown to 2.10), `authorization.default_permissions`, `no_auth_user` (not always), and `verify` in the TLS of other
listeners, which servers silently accept but may ignore (reload.go: "it won't take effect"). `resolver` is not in it
either: every server accepts a reload with another one, but none starts that resolver (server.go).
"""


def restart_digest(tree: Block, constants: Mapping[str, str] = _NO_CONSTANTS) -> str:
    """A short hash of all options that a running server does not reload. Stable across releases and orders of keys.

    Only the path of an include counts: expand the tree first if the content is known. Only the name of a variable
    counts, or its text in `constants`.
    """
    return short_digest(restart_text(tree, constants))


def restart_text(
    tree: Block, constants: Mapping[str, str] = _NO_CONSTANTS, *, without: frozenset[str] = frozenset()
) -> str:
    """The text that is hashed. without: files whose options do not count."""
    kept = _Kept(constants, without).of(tree, _ROWS, ())
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def short_digest(text: str) -> str:
    """A hash that is long enough to distinguish the revisions of one cluster."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


_Path = tuple[str, ...]

_ROWS: Mapping[_Path, Reloadable] = {tuple(row.path.split(".")): row for row in RELOADABLE}
_NO_ROWS: Mapping[_Path, Reloadable] = {}


@frozen
class _Kept:
    """Converts the part of a value that counts to JSON, with a tag for types that JSON lacks."""

    constants: Mapping[str, str]
    without: frozenset[str]

    def of(self, value: Value, rows: Mapping[_Path, Reloadable], path: _Path) -> object:
        """The part of the value that counts. The server ignores the case of option names (opts.go)."""
        match value:
            case str() | int() | float():
                return value
            case Block():
                files = value.files if self.without else {}
                rest = {
                    key: self.of(item, rows, (*path, key.lower()))
                    for key, item in value.items()
                    if _counts(value, key, rows, path) and files.get(key) not in self.without
                }
                return ["block", rest, [include.path for include in value.includes]]
            case tuple():
                return ["list", *(self.of(item, _NO_ROWS, ()) for item in value)]
            case Variable():
                return self.constants.get(value.name, ["variable", value.name])
            case Datetime():
                return ["time", value.text]


def _counts(block: Block, key: str, rows: Mapping[_Path, Reloadable], path: _Path) -> bool:
    """Whether a change of the option needs a restart."""
    around, row = rows.get(path), rows.get((*path, key.lower()))
    if around and key.lower() in around.options:
        return False
    if row is None:
        return True
    value = block[key]
    if not row.options:
        return False
    if not isinstance(value, Block) or value.includes:
        return True
    return any(option.lower() not in row.options for option in value)
