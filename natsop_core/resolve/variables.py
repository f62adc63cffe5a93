"""Variables of a user's file that nothing defines: a bare `$word` that was meant as text, a password mostly."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.values import Block, Variable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.values import Value

_OF_ITS_ENVIRONMENT: Final = re.compile(r"[A-Z_][A-Z0-9_]*")
"""What an image, the container runtime or Kubernetes may add to a container's environment, such as HOSTNAME."""


def undefined_variable(tree: Block, cr: NatsCluster) -> Variable | None:
    """The first variable that is no key of the file and in no server's environment, as far as that can be known."""
    container = cr.spec.container
    if container.env_from:
        return None
    defined = {*_keys(tree), *(each["name"] for each in container.env), names.SERVER_NAME_VARIABLE}
    undefined = (each for each in _variables(tree) if each.name not in defined)
    return next((each for each in undefined if not _OF_ITS_ENVIRONMENT.fullmatch(each.name)), None)


def _keys(value: Value) -> Iterator[str]:
    if isinstance(value, Block):
        yield from value
    for item in _items(value):
        yield from _keys(item)


def _variables(value: Value) -> Iterator[Variable]:
    if isinstance(value, Variable):
        yield value
    for item in _items(value):
        yield from _variables(item)


def _items(value: Value) -> Iterator[Value]:
    if isinstance(value, Block):
        yield from value.values()
    elif isinstance(value, tuple):
        yield from value
