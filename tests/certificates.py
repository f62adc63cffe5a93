"""Certificates for tests that expire when a test wants them to."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LONG_AGO: Final = datetime(2020, 1, 1, tzinfo=UTC)
LATER: Final = datetime(2099, 1, 1, tzinfo=UTC)
_USAGES: Final = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)


@dataclass(frozen=True)
class Issued:
    """A certificate with its private key, both in PEM."""

    certificate: str
    key: str


@dataclass(frozen=True)
class Authority:
    """A CA with a key of its own."""

    name: str = "ca"
    expires: datetime = LATER
    _key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))

    @property
    def pem(self) -> str:
        return _pem(_builder(self.name, self, self.expires, self._key, is_ca=True).sign(self._key, hashes.SHA256()))

    def issue(self, *hosts: str, expires: datetime = LATER) -> Issued:
        """A certificate for servers, and for clients: a route is both."""
        key = ec.generate_private_key(ec.SECP256R1())
        alternatives = x509.SubjectAlternativeName([_general_name(host) for host in hosts or ("localhost",)])
        builder = _builder("server", self, expires, key, is_ca=False)
        builder = builder.add_extension(alternatives, critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(_USAGES), critical=False)
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return Issued(_pem(builder.sign(self._key, hashes.SHA256())), private.decode())


def _builder(
    name: str, by: Authority, expires: datetime, key: ec.EllipticCurvePrivateKey, *, is_ca: bool
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder(
        issuer_name=_name(by.name),
        subject_name=_name(name),
        public_key=key.public_key(),
        serial_number=x509.random_serial_number(),
        not_valid_before=min(LONG_AGO, expires - timedelta(days=1)),
        not_valid_after=expires,
    )
    return builder.add_extension(x509.BasicConstraints(ca=is_ca, path_length=None), critical=True)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general_name(host: str) -> x509.GeneralName:
    is_address = host.replace(".", "").isdigit()
    return x509.IPAddress(IPv4Address(host)) if is_address else x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()
