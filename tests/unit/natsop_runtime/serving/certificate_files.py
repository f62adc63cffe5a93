"""Certificates in a folder, as a Secret's volume has them, and a client that trusts anybody."""

from __future__ import annotations

import ssl
from pathlib import Path

import trustme


def trusting_nobody() -> ssl.SSLContext:
    """A client that takes any certificate: the tests look at what they got."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def put(folder: Path, authority: trustme.CA, name: str) -> None:
    """Put a pair into the folder, as a kubelet does: each file at once."""
    pair = authority.issue_cert(name)
    replace(folder / "tls.crt", b"".join(blob.bytes() for blob in pair.cert_chain_pems))
    replace(folder / "tls.key", pair.private_key_pem.bytes())


def replace(path: Path, content: bytes) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_bytes(content)
    fresh.rename(path)
