"""The certificate of the metrics port: from files, reloaded when they change, or self-signed for this process."""

from __future__ import annotations

import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

from natsop_runtime.tls_files import ReloadedContext

MEMORY: Final = Path("/dev/shm")  # noqa: S108
"""A folder in memory, writable even if the root filesystem is not."""


class CertificateError(Exception):
    """The certificate cannot be used; the message says why, in one line."""


def from_folder(folder: Path) -> ssl.SSLContext:
    """A context with the certificate `tls.crt` and the key `tls.key` of a folder, which are replaced now and then.

    Every handshake checks whether the files have changed. Raises CertificateError if they are unusable from the start.
    """
    pair = folder / "tls.crt", folder / "tls.key"
    try:
        current = ReloadedContext(lambda: _context(*pair), pair, interval=0.0)
    except (OSError, ValueError) as error:
        raise CertificateError(f"Cannot use tls.crt and tls.key of {folder}: {error}") from error

    def shake_hands(connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        connection.context = current()

    context = current()
    context.sni_callback = shake_hands  # called without a server name, too
    return context


def self_signed(host: str) -> ssl.SSLContext:
    """A context with a self-signed certificate for the host."""
    folder = MEMORY if MEMORY.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="natsop-", dir=folder) as private:  # ssl reads certificates from files only
        pair = Path(private) / "tls.crt", Path(private) / "tls.key"
        for path, content in zip(pair, _certificate_and_key(host), strict=True):
            path.touch(mode=0o600)
            path.write_bytes(content)
        return _context(*pair)


def _context(certificate: Path, key: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate, key, password="")  # of an encrypted key OpenSSL would ask the terminal
    return context


def _certificate_and_key(host: str) -> tuple[bytes, bytes]:
    """A certificate and its key as PEM. A subprocess creates them, since the library takes 12 MB of memory."""
    command = [sys.executable, "-m", "natsop_runtime.serving.self_signed", host]
    made = subprocess.run(command, capture_output=True, check=False)
    if made.returncode != 0:
        *_, why = made.stderr.decode().splitlines() or ["it was killed"]
        raise CertificateError(f"Cannot make a certificate for {host}: {why}; --metrics-cert-path names a given one")
    certificate, key = made.stdout.split(b"\0")
    return certificate, key
