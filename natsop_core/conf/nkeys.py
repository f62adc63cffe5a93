"""Reads and writes nkeys: the text format of NATS for Ed25519 keys, with a type and a checksum (nats-io/nkeys).

A public key is a prefix, 32 bytes and a CRC-16/XMODEM in little-endian, in base32 without padding. A seed has a prefix
of two bytes, which mark it as a seed and give its type.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import field
from typing import Final, Literal

from natsop_core.frozen import frozen

KeyType = Literal["operator", "account", "user"]

_PREFIXES: Final[dict[str, int]] = {"operator": 14 << 3, "account": 0, "user": 20 << 3}
"""The first byte of a public nkey, by type; in base32 the first letter is O, A or U."""

_SEED_PREFIX: Final = 18 << 3
SEED_BYTES: Final = 32

_PUBLIC_KEY: Final = re.compile(r"[A-Z2-7]{56}")
_SEED: Final = re.compile(r"[A-Z2-7]{58}")


@frozen
class KeyPair:
    """A key pair. seed: the text of the private key."""

    seed: str = field(repr=False)
    public_key: str


def is_public_key(key: str, type_: KeyType) -> bool:
    """Whether this is the public nkey of an operator, an account or a user."""
    raw = raw_public_key(key)
    return raw is not None and raw[0] == _PREFIXES[type_]


def raw_public_key(key: str) -> bytes | None:
    """Prefix and key, or None if it is not an nkey."""
    return _checked(key) if _PUBLIC_KEY.fullmatch(key) else None


def public_key(raw: bytes, type_: KeyType) -> str:
    """The text of a public key of 32 bytes."""
    return _text(bytes([_PREFIXES[type_]]) + raw)


def user_key(raw_seed: bytes) -> KeyPair:
    """The key pair of a user, from 32 random bytes."""
    from nacl.signing import SigningKey  # noqa: PLC0415 (most commands make no key)

    prefix = _PREFIXES["user"]
    seed = _text(bytes([_SEED_PREFIX | prefix >> 5, (prefix & 31) << 3]) + raw_seed)
    return KeyPair(seed, public_key(bytes(SigningKey(raw_seed).verify_key), "user"))


def user_key_of(seed: str) -> KeyPair | None:
    """The key pair with this seed, or None if it is not the seed of a user."""
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
