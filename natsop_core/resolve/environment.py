"""The environment variables of a server's container, as far as they are known."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.environment import Environment
from natsop_core.conf.expand import MAX_ENVIRONMENT_CHARACTERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from typing import Any

    from natsop_core.resolve.types import Container

PER_SERVER: Final = frozenset((names.POD_NAME_VARIABLE, names.SERVER_NAME_VARIABLE))
"""Variables that differ from server to server."""

_OF_THE_RUNTIME: Final = frozenset(("HOSTNAME", "HOME", "PATH"))
_OF_KUBERNETES: Final = ("KUBERNETES_",)
"""Variables of the Service `kubernetes` in the namespace `default`, which every container has."""

_REFERENCE: Final = re.compile(r"\$\$|\$\(([^)]*)\)")


def server_environment(server: Container) -> Environment:
    """The variables of the nats container: known ones, ones with an unknown value, and ones from whole objects."""
    return read_environment(server.env, is_open=bool(server.env_from))


def read_environment(env: Iterable[Mapping[str, Any]], *, is_open: bool) -> Environment:
    """Likewise for a list of Kubernetes' EnvVar. is_open: there are more variables with unknown names."""
    known: dict[str, str] = {}
    opaque = {*PER_SERVER, *_OF_THE_RUNTIME}
    for variable in env:
        name = variable["name"]
        text = None if "valueFrom" in variable else _expanded(variable.get("value", ""), known, opaque, is_open=is_open)
        known.pop(name, None)
        opaque.add(name)
        if text is not None:
            known[name] = text
            opaque.discard(name)
    return Environment(known, frozenset(opaque), _OF_KUBERNETES, is_open)


def _expanded(text: str, known: Mapping[str, str], opaque: set[str], *, is_open: bool) -> str | None:
    """The text with `$(NAME)` replaced like the kubelet does; None if a value is unknown, or the result too long."""
    parts: list[str] = []
    length = at = 0
    end = text.rfind(")") + 1  # later references are not closed, and searching for their end takes quadratic time
    for found in _REFERENCE.finditer(text, 0, end):
        name = found[1]
        if name is not None and name not in known and (name in opaque or name.startswith(_OF_KUBERNETES) or is_open):
            return None
        replaced = "$" if name is None else known.get(name, found[0])
        parts += (text[at : found.start()], replaced)
        at = found.end()
        length += len(replaced)
        if length > MAX_ENVIRONMENT_CHARACTERS:
            return None
    return "".join((*parts, text[at:end], text[end:].replace("$$", "$")))
