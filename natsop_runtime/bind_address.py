"""The address of a port: `host:port`, `:port`, `[::1]:port`, or `0` for none."""

from __future__ import annotations

import re
from typing import Final

from natsop_core.frozen import frozen

NOWHERE: Final = "0"
"""What kubebuilder's operators call it."""

_ADDRESS: Final = re.compile(r"(?:\[(?P<ipv6>[^\[\]\s/]*:[^\[\]\s/]*)\]|(?P<host>[^:\[\]\s/]*)):(?P<port>[0-9]{1,5})")


@frozen
class BindAddress:
    """A host, empty for all addresses of this machine, and a port, 0 for any that is free."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_bind_address(text: str) -> BindAddress | None:
    """The address, or None for `0`. Raises ValueError with a message for the user."""
    if text == NOWHERE:
        return None
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no address: write host:port, :port, [::1]:port, or 0 for none")
    port = int(match["port"])
    if port > 65535:
        raise ValueError(f"{text!r} is no address: ports end at 65535")
    return BindAddress(match["ipv6"] or match["host"], port)
