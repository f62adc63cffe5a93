"""The configuration files for JWT authentication, which are stored in their own Secret.

nats.conf includes auth.conf. It contains the operator's JWT, although nats-server could read it from operator.jwt: so
another operator changes the server's digest of its configuration, and the digest of the part that needs a restart.
operator.jwt is for people and their tools.
"""

from __future__ import annotations

from dataclasses import field
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conf.environment import Environment
from natsop_core.conf.expand import expand
from natsop_core.conf.parser import parse
from natsop_core.conf.values import Block, Include
from natsop_core.conf.writer import write
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = (names.OPERATOR_KEY, names.PRELOAD_KEY, names.AUTH_KEY)
"""The keys of the Secret, which are the names of the files in the pod."""

_OPERATOR, _RESOLVER_PRELOAD = "operator", "resolver_preload"

OPTIONS = frozenset((_OPERATOR, "system_account", "resolver", _RESOLVER_PRELOAD))
"""The options that the files set. No other file of a configuration may set them."""


@frozen
class FullResolver:
    """A resolver that stores accounts on disk, and accepts new ones from users of the system account."""

    allow_delete: bool
    interval: str


@frozen
class Authentication:
    """The checked operator and accounts. JWTs are bare tokens; accounts are by public key.

    operator_file: the unchanged content of the user's Secret. resolver: None for a memory resolver.
    """

    operator_file: bytes = field(repr=False)
    operator: str = field(repr=False)
    system_account: str
    accounts: Mapping[str, str] = field(repr=False)
    resolver: FullResolver | None


def auth_files(authentication: Authentication) -> dict[str, str]:
    """The files by name."""
    preload = Block((_RESOLVER_PRELOAD, Block(*authentication.accounts.items())))
    return {
        names.OPERATOR_KEY: authentication.operator_file.decode("utf-8", "surrogateescape"),
        names.PRELOAD_KEY: write(preload),
        names.AUTH_KEY: write(_auth_block(authentication)),
    }


def preloaded_accounts(files: Mapping[str, str]) -> dict[str, str]:
    """The JWTs of accounts by public key, from existing files.

    Raises ConfError if nats-server cannot read the files (like those of the Go operator, whose include is absolute),
    and KeyError if an option is missing.
    """
    folder = {f"{names.AUTH_FOLDER}/{name}": text for name, text in files.items()}
    file = f"{names.AUTH_FOLDER}/{names.AUTH_KEY}"
    tree = expand(parse(folder[file], file), environment=Environment(), includes=folder, file=file).tree
    preload = tree[_RESOLVER_PRELOAD]
    if _OPERATOR not in tree or not isinstance(preload, Block):
        raise KeyError(_OPERATOR)
    return {key: token for key, token in preload.items() if isinstance(token, str)}


def _auth_block(authentication: Authentication) -> Block:
    resolver = authentication.resolver
    return Block(
        (_OPERATOR, authentication.operator),
        ("system_account", authentication.system_account),
        ("resolver", _resolver_block(resolver) if resolver else "MEMORY"),
        Include(names.PRELOAD_KEY),
    )


def _resolver_block(resolver: FullResolver) -> Block:
    return Block(type="full", dir=names.RESOLVER_FOLDER, allow_delete=resolver.allow_delete, interval=resolver.interval)
