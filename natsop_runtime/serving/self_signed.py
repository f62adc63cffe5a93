"""A certificate for a host: `python -m natsop_runtime.serving.self_signed HOST` writes it, a NUL, and its key."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

LIFETIME: Final = timedelta(days=3650)
"""Longer than any process lives."""

CLOCK_SKEW: Final = timedelta(hours=1)

MAX_NAME_LENGTH: Final = 64
"""Characters of a common name that X.509 allows."""


def certificate_and_key(host: str) -> tuple[bytes, bytes]:
    """A certificate for the host, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host[:MAX_NAME_LENGTH])])
    now = datetime.now(UTC)
    loopback = [x509.DNSName("localhost"), x509.IPAddress(ip_address("127.0.0.1")), x509.IPAddress(ip_address("::1"))]
    certificate = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host), *loopback]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    key_bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM), key_bytes


if __name__ == "__main__":
    sys.stdout.buffer.write(b"\0".join(certificate_and_key(sys.argv[1])))
