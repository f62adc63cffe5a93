"""nkeys: how NATS writes Ed25519 keys, with whose they are and a checksum in the text (nats-io/nkeys).

A public key is a prefix, 32 bytes and a CRC-16/XMODEM in little-endian, in base32 without padding. A seed has two bytes
of prefix, which say that it is a seed and whose.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass, field
from typing import Final, Literal

KeyType = Literal["operator", "account", "user"]

_PREFIXES: Final[dict[str, int]] = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
"""The first byte of a public nkey, by whose it is; in base32 it makes the first letter O, A or U."""

_SEED_PREFIX: Final = 18 << 3
SEED_BYTES: Final = 32

_PUBLIC_KEY: Final = re.compile(r"[A-Z2-7]{56}")
_SEED: Final = re.compile(r"[A-Z2-7]{58}")


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A key with which somebody proves who they are. seed: the text of the private key."""

    seed: str = field(repr=False)
    public_key: str


def is_public_key(key: str, type_: KeyType) -> bool:
    """Whether this is the public nkey of an operator, an account or a user."""
    raw = raw_public_key(key)
    return raw is not None and raw[0] == _PREFIXES[type_]


def raw_public_key(key: str) -> bytes | None:
    """Prefix and key, or None where it is no nkey."""
    return _checked(key) if _PUBLIC_KEY.fullmatch(key) else None


def public_key(raw: bytes, type_: KeyType) -> str:
    """The text of a public key of 32 bytes."""
    return _text(bytes([_PREFIXES[type_]]) + raw)


def user_key(raw_seed: bytes) -> KeyPair:
    """The key of a user that 32 bytes of chance make."""
    from nacl.signing import SigningKey  # noqa: PLC0415 (most commands make no key)

    prefix = _PREFIXES["user"]
    seed = _text(bytes([_SEED_PREFIX | prefix >> 5, (prefix & 31) << 3]) + raw_seed)
    return KeyPair(seed, public_key(bytes(SigningKey(raw_seed).verify_key), "user"))


def user_key_of(seed: str) -> KeyPair | None:
    """The key whose seed this is, or None where it is none of a user."""
    raw = _checked(seed) if _SEED.fullmatch(seed) else None
    if raw is None:
        return None
    pair = user_key(raw[2:])
    return pair if pair.seed == seed else None


def _checked(text: str) -> bytes | None:
    raw = base64.b32decode(text + "=" * (-len(text) % 8))
    body, checksum = raw[:-2], raw[-2:]
    return body if _checksum(body) == checksum else None


def _text(body: bytes) -> str:
    return base64.b32encode(body + _checksum(body)).decode().rstrip("=")


def _checksum(body: bytes) -> bytes:
    return binascii.crc_hqx(body, 0).to_bytes(2, "little")
