"""The resolved settings of the servers of a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.conf.auth import Authentication
    from natsop_core.resolve.types.pods import Scratch, VolumeClaim


@frozen
class Tls:
    """The TLS settings of a listener, with paths in the pod. ca_file: may be empty. timeout: None for the default."""

    cert_file: str
    key_file: str
    ca_file: str
    verify: bool
    timeout: int | None


@frozen
class Listener:
    """A port that the servers listen on. is_published: the client Service has it."""

    name: str
    port: int
    app_protocol: str
    is_published: bool = False
    tls: Tls | None = None


@frozen
class RouteCredentials:
    """The credentials for routes between the servers. Secret."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@frozen
class Routes:
    """The routes between the servers. urls: one entry per server, including the credentials.

    credentials: user and password, or None. They are stored in their own Secret, never in the ConfigMap.
    """

    no_advertise: bool
    urls: tuple[str, ...] = field(repr=False)
    credentials: RouteCredentials | None = None


@frozen
class JetStream:
    """The JetStream stores, in bytes (0: the store is off), and the volume of the file store."""

    max_file_bytes: int
    max_memory_bytes: int
    volume: VolumeClaim | Scratch


@frozen
class IncludedFile:
    """An included file of the user. is_secret: it comes from a Secret."""

    name: str
    text: str = field(repr=False)
    is_secret: bool


@frozen
class ExistingConfig:
    """The user's own ConfigMap, which replaces the rendered one. texts: its content, including nats.conf.

    included: the other keys that nats.conf includes.
    """

    name: str
    texts: Mapping[str, str] = field(repr=False)
    included: tuple[str, ...] = ()


@frozen
class Salt:
    """The salt for digests of secret values, which prevents guessing these values from their digests.

    is_ours: it is stored, or will be. Otherwise the name of its Secret belongs to someone else.
    """

    value: str = field(repr=False)
    is_ours: bool


@frozen
class SystemUser:
    """A user of the system account. seed: the private key, which is or will be stored in its Secret.

    is_ours: that Secret is ours, or will be. Otherwise nobody has the private key.
    """

    public_key: str
    seed: str = field(repr=False)
    is_ours: bool


@frozen
class ResolverAccounts:
    """The accounts that full resolvers should have.

    tokens: their JWTs by public key. names: their names in the spec, by public key. removed: public keys of accounts
    that were removed from the spec and may still exist. allow_delete: whether the servers allow deleting accounts.
    """

    tokens: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str]
    removed: tuple[str, ...]
    allow_delete: bool


@frozen
class Auth:
    """The checked JWT authentication. volume: that of a full resolver.

    content: the content to write into the managed Secret; or its existing files by name, if it must not change.
    accounts: the accounts for full resolvers; None for other resolvers. system_creds: the text of the .creds file of a
    system account user, for the operator; empty if there is none.
    """

    content: Authentication | Mapping[str, str] = field(repr=False)
    volume: VolumeClaim | None
    accounts: ResolverAccounts | None = None
    system_creds: str = field(default="", repr=False)
