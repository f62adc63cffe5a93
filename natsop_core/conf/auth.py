"""The files of decentralized authentication, which stand in a Secret of their own.

auth.conf is what nats.conf includes. It holds the operator's JWT itself, although nats-server could read it from
operator.jwt beside it: so a new operator changes the server's own digest of its configuration, and the part of it
that needs a restart. operator.jwt is there for people and their tools.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conf.environment import Environment
from natsop_core.conf.expand import expand
from natsop_core.conf.parser import parse
from natsop_core.conf.values import Block, Include
from natsop_core.conf.writer import write

if TYPE_CHECKING:
    from collections.abc import Mapping

FILES = (names.OPERATOR_KEY, names.PRELOAD_KEY, names.AUTH_KEY)
"""What the Secret holds: its keys are the names of the files in the pod."""

_OPERATOR, _RESOLVER_PRELOAD = "operator", "resolver_preload"

OPTIONS = frozenset((_OPERATOR, "system_account", "resolver", _RESOLVER_PRELOAD))
"""What the files say: no other file of a configuration may."""


@dataclass(frozen=True, slots=True)
class FullResolver:
    """A resolver that keeps accounts on disk, and takes new ones from whoever has the system account."""

    allow_delete: bool
    interval: str


@dataclass(frozen=True, slots=True)
class Authentication:
    """Who may sign accounts and which accounts there are, checked: JWTs as bare tokens, accounts by public key.

    operator_file: what the user's Secret holds, byte for byte. resolver: None keeps the accounts in memory.
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
    """The accounts' tokens by public key, in files that were written before.

    Raises ConfError where nats-server could not read them, as those of the Go operator, whose include is absolute, and
    KeyError where they do not hold what ours do.
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
