"""NATS identities for tests: operators, accounts and users with real keys, and the JWTs that they sign.

Made by the nkeys package, which the operator itself does not use. The same name gives the same key in every run.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import nkeys

_PREFIXES = {
    "operator": nkeys.PREFIX_BYTE_OPERATOR,
    "account": nkeys.PREFIX_BYTE_ACCOUNT,
    "user": nkeys.PREFIX_BYTE_USER,
}
ISSUED = 1_750_000_000

UNLIMITED = {
    "subs": -1,
    "data": -1,
    "payload": -1,
    "imports": -1,
    "exports": -1,
    "wildcards": True,
    "conn": -1,
    "leaf": -1,
}
JETSTREAM = {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}


@dataclass(frozen=True)
class Identity:
    """Somebody with a key of their own."""

    type: str
    name: str

    @cached_property
    def keys(self) -> Any:
        return nkeys.from_seed(self.seed.encode())

    @property
    def seed(self) -> str:
        raw = hashlib.sha256(f"{self.type} {self.name}".encode()).digest()
        seed: bytes = nkeys.encode_seed(raw, _PREFIXES[self.type])
        return seed.decode()

    @property
    def public_key(self) -> str:
        key: bytes = self.keys.public_key
        return key.decode()

    def sign(self, claims: dict[str, Any], *, version: int = 2) -> str:
        """The token of these claims; version 1 signs them without the header."""
        header = {"typ": "JWT", "alg": "ed25519-nkey" if version > 1 else "ed25519"}
        head, body = (part(json.dumps(each, separators=(",", ":")).encode()) for each in (header, claims))
        signed = f"{head}.{body}" if version > 1 else body
        return f"{head}.{body}.{part(self.keys.sign(signed.encode()))}"


def part(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def operator(name: str = "operator") -> Identity:
    return Identity("operator", name)


def account(name: str = "app") -> Identity:
    return Identity("account", name)


def user(name: str = "user") -> Identity:
    return Identity("user", name)


def operator_jwt(who: Identity, *, by: Identity | None = None, expires: int = 0, **nats: Any) -> str:
    return _token(who, by or who, expires, nats)


def account_jwt(
    who: Identity, by: Identity, *, jetstream: bool = False, expires: int = 0, issued: int = ISSUED, **nats: Any
) -> str:
    limits = {**UNLIMITED, **(JETSTREAM if jetstream else {})}
    return _token(who, by, expires, {"limits": limits, "default_permissions": {"pub": {}, "sub": {}}, **nats}, issued)


def user_jwt(who: Identity, by: Identity, *, expires: int = 0, **nats: Any) -> str:
    return _token(who, by, expires, {"pub": {}, "sub": {}, "subs": -1, "data": -1, "payload": -1, **nats})


def credentials(who: Identity, by: Identity, *, expires: int = 0) -> str:
    """A file as `nsc generate creds` writes it."""
    return decorated("NATS USER JWT", user_jwt(who, by, expires=expires)) + decorated("USER NKEY SEED", who.seed)


def decorated(what: str, content: str) -> str:
    return f"-----BEGIN {what}-----\n{content}\n------END {what}------\n\n"


def claims_of(who: Identity, by: Identity, expires: int = 0, nats: Any = None, issued: int = ISSUED) -> dict[str, Any]:
    claims = {
        "jti": f"{who.name}-{issued}",
        "iat": issued,
        "iss": by.public_key,
        "name": who.name,
        "sub": who.public_key,
    }
    claims["nats"] = {"type": who.type, "version": 2, **(nats or {})}
    return {**claims, "exp": expires} if expires else claims


def _token(who: Identity, by: Identity, expires: int, nats: dict[str, Any], issued: int = ISSUED) -> str:
    return by.sign(claims_of(who, by, expires, nats, issued))
