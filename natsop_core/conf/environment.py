"""The environment variables with which a server reads its configuration, as far as they are known."""

import re
from collections.abc import Mapping
from dataclasses import field

from natsop_core.conf.errors import ConfError
from natsop_core.conf.parser import parse
from natsop_core.frozen import frozen

VALUE_KEY = "pk"
"""The server parses a variable's text as if it were the value of this key in a file (parse.go, pkey)."""

_LIKE_A_NUMBER = re.compile(r"-?\d")
_NUMBER = re.compile(r"-?\d+([kKmMgGtTpPeE][bBiI]*)?|-?\d+\.\d+|\d+(\.\d+){2,}(:\d+)?")


@frozen
class Environment:
    """texts: the variables with known values.

    opaque: variables that exist but whose value is unknown until a server starts. prefixes: any variable with one of
    these prefixes may exist. is_open: any other variable may exist.
    """

    texts: Mapping[str, str] = field(default_factory=dict, repr=False)
    opaque: frozenset[str] = frozenset()
    prefixes: tuple[str, ...] = ()
    is_open: bool = False

    def text(self, name: str) -> str | None:
        """The value, if it is known."""
        return self.texts.get(name)

    def may_have(self, name: str) -> bool:
        """Whether the variable exists or may exist."""
        return name in self.texts or name in self.opaque or self.is_open or name.startswith(self.prefixes)


def check_environment_text(text: str) -> str | None:
    """Why no server starts with a configuration that uses a variable with this text; None if it can be read.

    The result ends a sentence about the value, and does not contain the value, which may be a secret.
    """
    try:
        block = parse(f"{VALUE_KEY}={text}", "")
    except ConfError:
        return "cannot be read by nats-server, which parses it like a file; put single quotes around it"
    if tuple(block) != (VALUE_KEY,) or block.includes:
        return "is more than one value for nats-server; put single quotes around it"
    if _LIKE_A_NUMBER.match(text) and isinstance(block[VALUE_KEY], str) and not _NUMBER.fullmatch(text):
        return "starts like a number, which some nats-server versions cannot read; put single quotes around it"
    return None
