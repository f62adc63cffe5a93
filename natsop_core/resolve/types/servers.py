"""What the servers of a cluster are configured with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from natsop_core.conf.auth import Authentication
    from natsop_core.resolve.types.pods import Scratch, VolumeClaim


@dataclass(frozen=True, slots=True)
class Tls:
    """A listener's TLS, as paths inside the pod; `ca_file` is empty without a CA, `timeout` None for the default."""

    cert_file: str
    key_file: str
    ca_file: str
    verify: bool
    timeout: int | None


@dataclass(frozen=True, slots=True)
class Listener:
    """A port that the servers listen on; those that are published are reachable through the client Service."""

    name: str
    port: int
    app_protocol: str
    is_published: bool = False
    tls: Tls | None = None


@dataclass(frozen=True, slots=True)
class RouteCredentials:
    """What a server must know to be let in by the others. Secret."""

    user: str = field(repr=False)
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Routes:
    """How the servers of a cluster find each other. `urls` has one entry per server, with the credentials in it.

    credentials: user and password, or None; they stand in a Secret of their own, never in the ConfigMap.
    """

    no_advertise: bool
    urls: tuple[str, ...] = field(repr=False)
    credentials: RouteCredentials | None = None


@dataclass(frozen=True, slots=True)
class JetStream:
    """JetStream's stores, in bytes (0: that store is off), and the volume under the file store's folder."""

    max_file_bytes: int
    max_memory_bytes: int
    volume: VolumeClaim | Scratch


@dataclass(frozen=True, slots=True)
class IncludedFile:
    """A file of the user's own, under the includes' folder. is_secret: it comes from a Secret."""

    name: str
    text: str = field(repr=False)
    is_secret: bool


@dataclass(frozen=True, slots=True)
class ExistingConfig:
    """A ConfigMap of the user's own in place of the rendered one. texts: what it holds, nats.conf among it.

    included: the other keys that nats.conf includes.
    """

    name: str
    texts: Mapping[str, str] = field(repr=False)
    included: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Salt:
    """What makes a digest of something secret useless to whoever does not know it.

    is_ours: it is kept, or will be. Otherwise somebody else holds the name of the Secret for it.
    """

    value: str = field(repr=False)
    is_ours: bool


@dataclass(frozen=True, slots=True)
class SystemUser:
    """A user of the system account. seed: the private key, as the Secret for it has it, or will.

    is_ours: that Secret is, or will be. Otherwise nobody has the private key.
    """

    public_key: str
    seed: str = field(repr=False)
    is_ours: bool


@dataclass(frozen=True, slots=True)
class ResolverAccounts:
    """The accounts that full resolvers are to have.

    tokens: their JWTs by public key. names: what the spec calls them, by public key. removed: public keys of accounts
    that were removed from the spec and may still be there. allow_delete: whether the servers let accounts be deleted.
    """

    tokens: Mapping[str, str] = field(repr=False)
    names: Mapping[str, str]
    removed: tuple[str, ...]
    allow_delete: bool


@dataclass(frozen=True, slots=True)
class Auth:
    """Decentralized authentication, checked. `volume`: where a full resolver keeps accounts.

    content: what to write into the managed Secret; or the files by name that are in there, where it stays as it is.
    accounts: what full resolvers are to have; None for others. system_creds: the text of the .creds file of a user of
    the system account, for the operator; empty where there is none.
    """

    content: Authentication | Mapping[str, str] = field(repr=False)
    volume: VolumeClaim | None
    accounts: ResolverAccounts | None = None
    system_creds: str = field(default="", repr=False)
