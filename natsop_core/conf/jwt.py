"""Reads NATS JWTs and verifies their signatures.

A NATS JWT is `header.claims.signature` in base64url without padding, signed with Ed25519 (nats-io/jwt/v2, decoder.go).
Operators sign accounts, and accounts sign users. Errors describe the problem without quoting the token.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from typing import Any, Final, cast

from natsop_core.conf.nkeys import raw_public_key
from natsop_core.frozen import frozen

_NEWEST_VERSION: Final = 2
_ALGORITHMS: Final = frozenset(("ed25519", "ed25519-nkey"))
_PART: Final = re.compile(r"[A-Za-z0-9_-]+")
_DECORATED: Final = re.compile(r"[\w\-.=]+", re.ASCII)
_DASHES: Final = "---"


class NotAJwtError(ValueError):
    """A text that nats-server does not accept as a JWT. The message ends a sentence and quotes nothing."""


class BadSignatureError(ValueError):
    """A JWT that is not signed by the key that it names as its issuer."""


@frozen
class Claims:
    """The claims of a JWT that the operator needs. Times are in seconds since 1970; 0 means unset.

    issuer, subject: public keys. Of operators: system_account, and is_strict (only signing keys may sign accounts). Of
    accounts: uses_jetstream. Of both: signing_keys.
    """

    type: str
    issuer: str
    subject: str
    issued_at: int
    not_before: int
    expires: int
    signing_keys: tuple[str, ...]
    system_account: str
    is_strict: bool
    uses_jetstream: bool

    @property
    def trusted_keys(self) -> tuple[str, ...]:
        """The keys with which an operator may sign accounts (nats-server jwt.go, validateTrustedOperators)."""
        return self.signing_keys if self.is_strict else (self.subject, *self.signing_keys)


def token_in(content: bytes) -> str:
    """The token in a file, which contains only the token, or the token between the `-----BEGIN …` lines of nsc."""
    text = content.decode("utf-8", "replace")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if _ends_in_dashes(before) and _DECORATED.fullmatch(line) and _starts_with_dashes(after):
            return line
    return text.strip()


def verified_claims(token: str) -> Claims:
    """The claims of a token. Raises NotAJwtError, or BadSignatureError if its issuer has not signed it."""
    header, body, signature = _parts(token)
    _check_header(_json(header))
    content = _json(body)
    claims, version = _claims(content), _version(content)
    if version > _NEWEST_VERSION:
        raise NotAJwtError(f"it has version {version}, and nats-server supports at most {_NEWEST_VERSION}")
    signed = body if version <= 1 else f"{header}.{body}"
    if not _is_signed_by(claims.issuer, signed.encode(), _bytes(signature)):
        raise BadSignatureError
    return claims


def expiry_in(content: bytes) -> int:
    """When the token in a file expires, in seconds since 1970; 0 if it does not expire or is no token. Not verified."""
    try:
        return _claims(_json(_parts(token_in(content))[1])).expires
    except NotAJwtError:
        return 0


def _ends_in_dashes(line: str) -> bool:
    """Not one regular expression for all three lines: its time would grow with the fourth power of the dashes."""
    return line.endswith(_DASHES) and _DASHES in line[: -len(_DASHES)]


def _starts_with_dashes(line: str) -> bool:
    return line.startswith(_DASHES) and _DASHES in line[len(_DASHES) :]


def _is_signed_by(issuer: str, signed: bytes, signature: bytes) -> bool:
    raw = raw_public_key(issuer)
    if raw is None:
        return False
    from nacl import exceptions, signing  # noqa: PLC0415 (most commands verify nothing)

    try:
        signing.VerifyKey(raw[1:]).verify(signed, signature)
    except (exceptions.BadSignatureError, exceptions.ValueError):
        return False
    return True


def _parts(token: str) -> tuple[str, str, str]:
    parts = token.split(".")
    if len(parts) != 3 or not all(map(_PART.fullmatch, parts)):
        raise NotAJwtError("it does not have three base64 parts separated by dots")
    return cast("tuple[str, str, str]", tuple(parts))


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise NotAJwtError("one of its parts is not base64") from None


def _json(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise NotAJwtError("one of its parts is not JSON") from None
    if not isinstance(value, dict):
        raise NotAJwtError("one of its parts is not a JSON object")
    return value


def _check_header(header: dict[str, Any]) -> None:
    type_, algorithm = _typed(header, "typ", str, ""), _typed(header, "alg", str, "")
    if type_.upper() != "JWT" or algorithm.lower() not in _ALGORITHMS:
        raise NotAJwtError("its header is not the header of a NATS JWT")


def _version(content: dict[str, Any]) -> int:
    """The version. Version 1 has the type outside of `nats`, and signs only the claims (nats-io/jwt/v2, decoder.go)."""
    return 1 if content.get("type") else _typed(_typed(content, "nats", dict, {}), "version", int, 0)


def _claims(content: dict[str, Any]) -> Claims:
    nats = _typed(content, "nats", dict, {})
    limits = _typed(nats, "limits", dict, {})
    return Claims(
        type=_typed(content, "type", str, "") or _typed(nats, "type", str, ""),
        issuer=_typed(content, "iss", str, ""),
        subject=_typed(content, "sub", str, ""),
        issued_at=_typed(content, "iat", int, 0),
        not_before=_typed(content, "nbf", int, 0),
        expires=_typed(content, "exp", int, 0),
        signing_keys=tuple(map(_signing_key, _typed(nats, "signing_keys", list, []))),
        system_account=_typed(nats, "system_account", str, ""),
        is_strict=_typed(nats, "strict_signing_key_usage", bool, False),
        uses_jetstream=any(map(_allows_storage, (limits, *_typed(limits, "tiered_limits", dict, {}).values()))),
    )


def _signing_key(value: object) -> str:
    """The signing key, which for an account may be in a scope object."""
    key = value.get("key") if isinstance(value, dict) else value
    if not isinstance(key, str):
        raise NotAJwtError("it has an invalid signing key")
    return key


def _allows_storage(limits: object) -> bool:
    """Whether an account with these limits has JetStream: it is off if both are 0 (account_claims.go)."""
    if not isinstance(limits, dict):
        raise NotAJwtError("its tiered_limits are invalid")
    return any(_typed(limits, kind, int, 0) for kind in ("mem_storage", "disk_storage"))


def _typed(values: dict[str, Any], key: str, type_: type[Any], default: Any) -> Any:
    """A claim, or its default. nats-server rejects a token that has a claim of the wrong type."""
    value = values.get(key)
    if value is None:
        return default
    is_number = isinstance(value, int) and not isinstance(value, bool)
    fits = -(2**63) <= value < 2**63 if is_number else type_ is not int
    if not isinstance(value, type_) or not fits:
        raise NotAJwtError(f"its claim {key} has the wrong type")
    return value
