"""The Secrets and ConfigMaps that a NatsCluster refers to, with what they should hold.

What refers to what is read off the custom resource as it was written, not asked of the operator.
"""

from __future__ import annotations

import base64
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from hypothesis import strategies as st

from tests import tokens
from tests.property.certificates import Certificate, certificates
from tests.property.crs import ACCOUNTS, OPERATOR, accepted_crs
from tests.tokens import account_jwt, operator_jwt
from tests.unit.natsop_core.world import NAMESPACE, Object

T = TypeVar("T")

LISTENERS: Final = ("nats", "cluster", "leafnodes", "websocket", "mqtt", "gateway")


Place = tuple[str, str, str]


@dataclass(frozen=True, order=True)
class Use:
    """One key of one object, and what it is used as."""

    kind: str
    name: str
    key: str
    role: str
    optional: bool = False

    @property
    def place(self) -> Place:
        return self.kind, self.name, self.key


def uses(spec: Object) -> Iterator[Use]:
    """Everything that the spec refers to."""
    config = spec.get("config", {})
    for listener in LISTENERS:
        tls = config.get(listener, {}).get("tls", {})
        if "secretName" in tls:
            yield Use("Secret", tls["secretName"], tls.get("cert", "tls.crt"), "certificate")
            yield Use("Secret", tls["secretName"], tls.get("key", "tls.key"), "private key")
    yield from _selected(spec.get("tlsCA", {}), "authority")
    for number, include in enumerate(config.get("includes", [])):
        yield from _selected(include, "only include" if number == 0 else "include")
    if credentials := config.get("cluster", {}).get("routeURLs", {}).get("authSecretRef"):
        yield from (Use("Secret", credentials.get("name", ""), key, key) for key in ("user", "password"))
    yield from _tokens(spec.get("auth", {}).get("jwt", {}))
    if "existingName" in spec.get("configMap", {}):
        yield Use("ConfigMap", spec["configMap"]["existingName"], "nats.conf", "configuration")


def _tokens(jwt: Object) -> Iterator[Use]:
    if "operator" in jwt:
        yield from _selected({"secret": jwt["operator"]}, "operator")
    for account in jwt.get("accounts", []):
        for field, role in (("jwt", "account"), ("userCreds", "credentials")):
            if field in account:
                yield from _selected({"secret": account[field]}, f"{role} {account.get('publicKey')}")


def _selected(source: Object, role: str) -> Iterator[Use]:
    for field, kind in (("secret", "Secret"), ("configMap", "ConfigMap")):
        if field in source:
            selector = source[field]
            yield Use(kind, selector.get("name", ""), selector.get("key", ""), role, selector.get("optional", False))


_ANYWHERE: Final = (
    "# nothing\n",
    "",
    "max_payload: 1000",
    'server_tags: ["a", "ü"]\r\nping_interval: "10s"\n',
    "server_tags: $SERVER_NAME # as its environment says\n",
    "N: 1000\nmax_connections: $N\n",
    "write_deadline = '5s'; max_control_line 8k\ndebug: off\n",
)
_ONCE: Final = (
    *_ANYWHERE,
    'authorization {\n  user: "a\\"b"\n  password: $SERVER_NAME\n}\n',
    "authorization { users = [ {user: a, password: $2a$11$ooo} ] , timeout: 3 }\n",
    "system_account: SYS\naccounts { SYS { users: [{user: s, password: x}] }, A { users: [{user: a, password: b}] } }",
)
"""Files that stand alone or beside files of the other kind, but not two of them in one configuration."""


def existing_configuration(spec: Object) -> str:
    """A configuration of the user's own that listens where the spec says."""
    config = spec.get("config", {})
    monitor, tls = config.get("monitor", {}), config.get("nats", {}).get("tls", {})
    lines = [f"port = {config.get('nats', {}).get('port', 4222)}; server_name: $SERVER_NAME"]
    if tls.get("enabled"):
        files = {"cert_file": tls.get("cert", "tls.crt"), "key_file": tls.get("key", "tls.key")}
        lines.append("tls {")
        lines += [f"  {option}: '/etc/nats-certs/nats/{key}'" for option, key in files.items()]
        lines.append("}")
    if monitor.get("enabled", True):
        lines.append(f"http{'s' if monitor.get('tlsEnabled') else ''}_port: {monitor.get('port', 8222)}")
    return "\n".join(lines)


class Contents(Protocol):
    """Decides what references hold. `place` names the object and its key."""

    def one_of(self, options: Sequence[T], place: str) -> T: ...

    def credential(self, place: str) -> bytes: ...


def sound_objects(spec: Object, contents: Contents, absent: Container[Place] = ()) -> list[Object]:
    """All that the spec refers to, apart from what is `absent`."""
    roles: dict[tuple[str, str], dict[str, list[str]]] = {}
    for use in sorted(set(uses(spec))):
        if use.place not in absent:
            roles.setdefault((use.kind, use.name), {}).setdefault(use.key, []).append(use.role)
    objects = []
    for (kind, name), keys in sorted(roles.items()):
        certificate = contents.one_of(certificates(), f"{kind} {name}")
        data = {
            key: _pem(used_as, certificate) or _text(used_as[-1], spec, contents, f"{kind} {name}.{key}")
            for key, used_as in keys.items()
        }
        objects.append(_object(kind, name, data))
    return objects


def _text(role: str, spec: Object, contents: Contents, place: str) -> bytes:
    alone = "jwt" not in spec.get("auth", {})
    match role.split():
        case ["only", "include"] if alone:
            return contents.one_of(_ONCE, place).encode()
        case ["include"] | ["only", "include"]:
            return contents.one_of(_ANYWHERE, place).encode()
        case ["configuration"]:
            return existing_configuration(spec).encode()
        case ["user"] | ["password"]:
            return contents.credential(place)
        case words:
            return _token(words, spec).encode()


def _token(role: list[str], spec: Object) -> str:
    """What the operator or an account signed."""
    accounts = {each.public_key: each for each in ACCOUNTS}
    match role:
        case ["account", key] if key in accounts:
            return account_jwt(accounts[key], OPERATOR)
        case ["credentials", key] if key in accounts:
            return tokens.credentials(tokens.user(), accounts[key])
    system = spec["auth"]["jwt"].get("systemAccount", "")
    return tokens.decorated("NATS OPERATOR JWT", operator_jwt(OPERATOR, system_account=system))


@dataclass(frozen=True)
class _Drawn:
    draw: st.DrawFn

    def one_of(self, options: Sequence[T], place: str) -> T:
        del place
        return self.draw(st.sampled_from(options))

    def credential(self, place: str) -> bytes:
        del place
        return self.draw(st.binary(min_size=1, max_size=9))


@st.composite
def referred_objects(draw: st.DrawFn, spec: Object) -> list[Object]:
    """All that the spec refers to. Of what is optional, some is not there."""
    everything = set(uses(spec))
    needed = {use.place for use in everything if not use.optional}
    absent = {place for place in sorted({use.place for use in everything} - needed) if draw(st.booleans())}
    return sound_objects(spec, _Drawn(draw), absent)


def _pem(roles: list[str], certificate: Certificate) -> bytes:
    """The certificate first: a server shows the first one in its file."""
    parts = {"certificate": certificate.chain, "private key": certificate.key, "authority": certificate.authority}
    return b"# for tests\n".join(part for role, part in parts.items() if role in roles)


def _object(kind: str, name: str, data: dict[str, bytes]) -> Object:
    metadata = {"name": name, "namespace": NAMESPACE}
    if kind == "Secret":
        return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": _encoded(data)}
    text = {key: value.decode() for key, value in data.items()}
    return {"apiVersion": "v1", "kind": kind, "metadata": metadata, "data": text}


def _encoded(data: dict[str, bytes]) -> dict[str, Any]:
    return {key: base64.b64encode(value).decode() for key, value in data.items()}


@st.composite
def worlds(draw: st.DrawFn) -> tuple[Object, list[Object]]:
    """An accepted NatsCluster, and all that it refers to."""
    obj = draw(accepted_crs)
    return obj, draw(referred_objects(obj["spec"]))
