"""A few certificates, made once per process: keys take long to make."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import trustme

HOST = "*.c-headless.prod.svc.cluster.local"


@dataclass(frozen=True)
class Certificate:
    """A certificate chain, its private key, and the CA certificate that vouches for it; all in PEM."""

    chain: bytes
    key: bytes
    authority: bytes


@cache
def certificates() -> tuple[Certificate, ...]:
    """One with an elliptic curve key and one with an RSA key, of different authorities."""
    return tuple(_made(kind) for kind in (trustme.KeyType.ECDSA, trustme.KeyType.RSA))


def _made(kind: trustme.KeyType) -> Certificate:
    authority = trustme.CA()
    issued = authority.issue_cert(HOST, "localhost", "127.0.0.1", key_type=kind)
    chain = b"".join(each.bytes() for each in issued.cert_chain_pems)
    return Certificate(chain, issued.private_key_pem.bytes(), authority.cert_pem.bytes())
