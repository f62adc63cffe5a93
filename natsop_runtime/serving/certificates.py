"""The certificate of the metrics port: from files, reloaded when they change, or self-signed for this process."""

from __future__ import annotations

import logging
import ssl
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

MEMORY: Final = Path("/dev/shm")  # noqa: S108
"""A folder in memory, writable even if the root filesystem is not."""

log = logging.getLogger(__name__)

Version = tuple[tuple[int, int, int], ...]


class CertificateError(Exception):
    """The certificate cannot be used; the message says why, in one line."""


class RotatedCertificate:
    """The pair `tls.crt` and `tls.key` of a folder, which is replaced before it expires.

    Every handshake checks whether the files have changed. While they are unusable, the last valid pair stays in use.
    """

    def __init__(self, folder: Path) -> None:
        self._pair = folder / "tls.crt", folder / "tls.key"
        try:
            self._version = self._look()
            self._current = _context(*self._pair)
        except (OSError, ValueError) as error:
            raise CertificateError(f"Cannot use tls.crt and tls.key of {folder}: {error}") from error
        self.context = _context(*self._pair)
        self.context.sni_callback = self._shake_hands  # called without a server name, too

    def _shake_hands(self, connection: ssl.SSLSocket | ssl.SSLObject, _name: str | None, _: ssl.SSLContext) -> None:
        self._take_up_another()
        connection.context = self._current

    def _take_up_another(self) -> None:
        try:
            version = self._look()
            if version == self._version:
                return
            self._version = version  # from before they are read: if they change meanwhile, they are read again
            self._current = _context(*self._pair)
        except (OSError, ValueError) as error:
            log.warning("cannot use the new %s and %s, the old ones serve on: %s", *self._pair, error)
        else:
            log.info("serving with the new certificate in %s", self._pair[0])

    def _look(self) -> Version:
        stats = (path.stat() for path in self._pair)
        return tuple((stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats)


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
