"""Which changes of nats.conf a running server takes over by itself, and which need a new start.

nats-server refuses a reload, whole, when one changed option cannot be reloaded (server/reload.go, diffOptions). So what
is not known to reload in every supported version (2.10 to 2.15), in both directions, has a digest of its own: it goes
into the pod template, where a change of it replaces the pods.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from natsop_core.conf.values import Block, Datetime, Value, Variable

_LENGTH = 16  # hex digits: 64 bits tell a few revisions of one cluster apart


@dataclass(frozen=True)
class Reloadable:
    """An option that every supported server reloads: added, changed and removed. The path is `key` or `block.key`.

    options: of a block, which of its options may come, go and change with it; all of them where none is named.
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
    Reloadable("pid_file", "written anew"),
    Reloadable("client_advertise", "told to clients that connect from then on"),
    Reloadable("server_tags", "told to the other servers at once"),
    Reloadable("max_connections", "as many connections are closed as there are too many"),
    Reloadable("max_payload", "holds from the next message on"),
    Reloadable("max_control_line", "holds from the next command on"),
    Reloadable("ping_interval", "holds from the next ping on"),
    Reloadable("ping_max", "holds from the next ping on"),
    Reloadable("write_deadline", "holds from the next write on"),
    Reloadable("tls", "holds for the clients that connect from then on", options=_TLS),
    Reloadable("authorization", "clients that it no longer lets in are closed", options=_AUTHORIZATION),
    Reloadable("accounts", "clients that have no account or no user any more are closed"),
    Reloadable(
        "cluster.name", "a reload reaches all pods within a minute; a rolling restart would part them for longer"
    ),
    Reloadable("cluster.no_advertise", "only what clients are told of other servers"),
    Reloadable("cluster.cluster_advertise", "only what other servers are told"),
    Reloadable("cluster.routes", "routes are dialled and dropped one by one"),
    Reloadable("cluster.connect_retries", "holds from the next dial on"),
    Reloadable("cluster.ping_interval", "holds from the next ping on"),
    Reloadable("cluster.tls", "holds for the routes that connect from then on", options=_TLS),
    Reloadable("cluster.authorization", "checked when a route connects; all pods reload within a minute"),
    Reloadable("cluster.permissions", "the servers' interest in each other is adjusted"),
    Reloadable("cluster.compression", "routes agree on it again"),
    Reloadable("cluster.pool_size", "the routes are arranged anew"),
    Reloadable("cluster.accounts", "the routes are arranged anew"),
    Reloadable(
        "resolver_preload", "taken over by a memory resolver; a full one keeps what it has until told otherwise"
    ),
)
"""A row added later changes the digest of every configuration with that option, and so restarts its pods once.

The block around an option is not covered by its row: adding or removing `cluster` itself needs a restart. Each row is
measured with real servers by tests/server. Not here although some servers reload them: JetStream's limits (2.12.7 and
newer, and only upwards), `jetstream` itself (without a quorum, a server that switches it off hangs), `server_metadata`
(not known to 2.10), `authorization.default_permissions`, `no_auth_user` (not always), and `verify` in the TLS of the
other listeners, which servers take without a word and need not obey (reload.go: "it won't take effect"). Nor is
`resolver`: no server refuses to reload another one, but none starts a resolver that it got by a reload (server.go).
"""


def restart_digest(tree: Block, constants: Mapping[str, str] = _NO_CONSTANTS) -> str:
    """A short hash of what a running server would not reload. Stable across releases of natsop and orders of keys.

    An include that is still in the tree counts with its path alone: expand the tree first when the content is known.
    A variable counts with its name alone, or as the text that `constants` has for it.
    """
    return short_digest(restart_text(tree, constants))


def restart_text(
    tree: Block, constants: Mapping[str, str] = _NO_CONSTANTS, *, without: frozenset[str] = frozenset()
) -> str:
    """What the digest is of. without: files whose options do not count."""
    kept = _Kept(constants, without).of(tree, _ROWS, ())
    return json.dumps(kept, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def short_digest(text: str) -> str:
    """A hash that tells a few revisions of one cluster apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


_Path = tuple[str, ...]

_ROWS: Mapping[_Path, Reloadable] = {tuple(row.path.split(".")): row for row in RELOADABLE}
_NO_ROWS: Mapping[_Path, Reloadable] = {}


@dataclass(frozen=True)
class _Kept:
    """What of a value counts, as JSON, tagged where JSON lacks the type."""

    constants: Mapping[str, str]
    without: frozenset[str]

    def of(self, value: Value, rows: Mapping[_Path, Reloadable], path: _Path) -> object:
        """The server takes option names in any case (opts.go)."""
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
