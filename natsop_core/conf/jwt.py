"""NATS JWTs: what one says, and whether who it says has signed it.

A NATS JWT is `header.claims.signature` in base64url without padding, signed with Ed25519 (nats-io/jwt/v2, decoder.go).
Operators sign accounts and accounts sign users. Nothing in here quotes a token: errors name what is wrong with it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from typing import Any, Final, cast

from natsop_core.conf.nkeys import raw_public_key

_NEWEST_VERSION: Final = 2
_ALGORITHMS: Final = frozenset(("ed25519", "ed25519-nkey"))
_PART: Final = re.compile(r"[A-Za-z0-9_-]+")
_DECORATED: Final = re.compile(r"[\w\-.=]+", re.ASCII)
_DASHES: Final = "---"


class NotAJwtError(ValueError):
    """A text that nats-server would not take for a JWT. The message is the end of a sentence and quotes nothing."""


class BadSignatureError(ValueError):
    """A JWT that was not signed by the key that it names as its issuer."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a JWT says, as far as we need it. Times are in seconds since 1970; 0 means that there is none.

    issuer, subject: public keys, of who signed it and of whom it is about. system_account and is_strict (only signing
    keys may sign accounts) are an operator's, uses_jetstream is an account's, signing_keys are either's.
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
        """The keys by which an operator signs accounts (nats-server jwt.go, validateTrustedOperators)."""
        return self.signing_keys if self.is_strict else (self.subject, *self.signing_keys)


def token_in(content: bytes) -> str:
    """The token of a file, which holds nothing else, or has it between the `-----BEGIN …` lines that nsc writes."""
    text = content.decode("utf-8", "replace")
    lines = [line.removesuffix("\r") for line in text.split("\n")]
    for before, line, after in zip(lines, lines[1:], lines[2:], strict=False):
        if _ends_in_dashes(before) and _DECORATED.fullmatch(line) and _starts_with_dashes(after):
            return line
    return text.strip()


def verified_claims(token: str) -> Claims:
    """What a token says. Raises NotAJwtError, or BadSignatureError when it is not signed by its own issuer."""
    header, body, signature = _parts(token)
    _check_header(_json(header))
    content = _json(body)
    claims, version = _claims(content), _version(content)
    if version > _NEWEST_VERSION:
        raise NotAJwtError(f"it is of version {version}, and nats-server knows none above {_NEWEST_VERSION}")
    signed = body if version <= 1 else f"{header}.{body}"
    if not _is_signed_by(claims.issuer, signed.encode(), _bytes(signature)):
        raise BadSignatureError
    return claims


def expiry_in(content: bytes) -> int:
    """When the token of a file expires, in seconds since 1970, whoever signed it; 0 where it does not, or is none."""
    try:
        return _claims(_json(_parts(token_in(content))[1])).expires
    except NotAJwtError:
        return 0


def _ends_in_dashes(line: str) -> bool:
    """One expression for all three lines takes a time that grows with the fourth power of the number of dashes."""
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
        raise NotAJwtError("it is not three parts of base64 with a dot between them")
    return cast("tuple[str, str, str]", tuple(parts))


def _bytes(part: str) -> bytes:
    try:
        return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except binascii.Error:
        raise NotAJwtError("one of its parts is no base64") from None


def _json(part: str) -> dict[str, Any]:
    try:
        value = json.loads(_bytes(part))
    except (ValueError, RecursionError):
        raise NotAJwtError("one of its parts is no JSON") from None
    if not isinstance(value, dict):
        raise NotAJwtError("one of its parts is no JSON object")
    return value


def _check_header(header: dict[str, Any]) -> None:
    type_, algorithm = _typed(header, "typ", str, ""), _typed(header, "alg", str, "")
    if type_.upper() != "JWT" or algorithm.lower() not in _ALGORITHMS:
        raise NotAJwtError("its header is not that of a NATS JWT")


def _version(content: dict[str, Any]) -> int:
    """Version 1 had the type outside of `nats`, and only the claims were signed (nats-io/jwt/v2, decoder.go)."""
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
    """An account's signing key may come with a scope around it."""
    key = value.get("key") if isinstance(value, dict) else value
    if not isinstance(key, str):
        raise NotAJwtError("it has a signing key that is none")
    return key


def _allows_storage(limits: object) -> bool:
    """Whether an account with these limits has JetStream: it is off where both are 0 (account_claims.go)."""
    if not isinstance(limits, dict):
        raise NotAJwtError("its tiered_limits are none")
    return any(_typed(limits, kind, int, 0) for kind in ("mem_storage", "disk_storage"))


def _typed(values: dict[str, Any], key: str, type_: type[Any], default: Any) -> Any:
    """A claim, or its default; a claim of another type stops nats-server, which refuses the whole token."""
    value = values.get(key)
    if value is None:
        return default
    is_number = isinstance(value, int) and not isinstance(value, bool)
    fits = -(2**63) <= value < 2**63 if is_number else type_ is not int
    if not isinstance(value, type_) or not fits:
        raise NotAJwtError(f"its claim {key} is of the wrong type")
    return value
