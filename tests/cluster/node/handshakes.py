"""Which certificate a listener serves, by a TLS handshake with it."""

from __future__ import annotations

import socket
import ssl
from typing import Final

from natsop_core import names

LISTENERS: Final = {
    names.CLIENT_PORT: 4222,
    names.ROUTES_PORT: 6222,
    names.LEAFNODES_PORT: 7422,
    names.GATEWAY_PORT: 7222,
    names.WEBSOCKET_PORT: 8080,
    names.MQTT_PORT: 1883,
    names.MONITOR_PORT: 8222,
}
"""By name, with its port."""

_GREET_FIRST: Final = frozenset((names.CLIENT_PORT, names.LEAFNODES_PORT))
"""Those that send an INFO in clear text first."""


def served_certificate(host: str, listener: str) -> str:
    """The certificate, in PEM. A listener that gives none is a failed assertion: waits go on."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # in which a client without a certificate is refused afterwards
    try:
        with socket.create_connection((host, LISTENERS[listener]), timeout=20) as connection:
            if listener in _GREET_FIRST:
                assert _line(connection).startswith(b"INFO "), listener
            with context.wrap_socket(connection) as secured:
                der = secured.getpeercert(binary_form=True)
    except OSError as error:
        raise AssertionError(f"{listener} of {host}: {error!r}") from error
    assert der is not None
    return ssl.DER_cert_to_PEM_cert(der)


def _line(connection: socket.socket) -> bytes:
    """Up to its end and no byte more: what follows is the handshake."""
    line = b""
    while not line.endswith(b"\n"):
        byte = connection.recv(1)
        assert byte, f"cut off after {line!r}"
        line += byte
    return line
