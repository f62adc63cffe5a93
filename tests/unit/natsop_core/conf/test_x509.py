"""X.509 certificates: read as another library reads them, and never believed when they are none."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
import trustme
from cryptography import x509

from natsop_core.conf.x509 import certificates_in
from tests.certificates import LATER, Authority

CA = Authority("the CA")


@pytest.mark.parametrize("year", [1950, 1999, 2049, 2050, 2999, 9999])
def test_times_of_every_century_are_read(year: int) -> None:
    expires = datetime(year, 12, 31, 23, 59, 59, tzinfo=UTC)
    [found] = certificates_in(CA.issue(expires=expires).certificate.encode())
    assert found.not_after == expires


@pytest.mark.parametrize("kind", list(trustme.KeyType))
def test_a_chain_is_read_as_another_library_reads_it(kind: trustme.KeyType) -> None:
    authority = trustme.CA(key_type=kind).create_child_ca()
    chain = b"".join(each.bytes() for each in authority.issue_cert("localhost", key_type=kind).cert_chain_pems)
    expected = x509.load_pem_x509_certificates(chain)
    found = certificates_in(b"a word before\n" + chain.replace(b"\n", b"\r\n"))
    assert [each.not_after for each in found] == [each.not_valid_after_utc for each in expected]
    assert found[0].issuer == found[1].subject != found[0].subject


def test_whoever_issued_a_certificate_is_known_by_name() -> None:
    [authority] = certificates_in(CA.pem.encode())
    [served] = certificates_in(CA.issue().certificate.encode())
    assert served.issuer == authority.subject == authority.issuer
    assert served.not_after == LATER


def test_what_is_no_certificate_is_left_out_whatever_is_cut_off_or_changed() -> None:
    pem = CA.issue().certificate
    der = base64.b64decode("".join(pem.splitlines()[1:-1]))
    for length in range(0, len(der), 7):
        assert certificates_in(_pem(der[:length])) == ()
    for at in range(0, len(der), 5):
        certificates_in(_pem(der[:at] + bytes([der[at] ^ 0xFF]) + der[at + 1 :]))
    assert certificates_in(b"stand-in") == ()
    assert certificates_in(_pem(b"\x30\x84\xff\xff\xff\xff" + der) + pem.encode())[0].not_after == LATER


def _pem(der: bytes) -> bytes:
    return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
