"""The digest that a nats-server reports of a configuration, for any tree or text (`natsop_core.conf.digest`)."""

from __future__ import annotations

from collections.abc import Mapping

from natsop_core.conf import Block, ConfError, Unknown
from natsop_core.conf.effective import read_effective
from natsop_core.conf.environment import Environment


def config_digest(
    configuration: Block | str,
    environment: Mapping[str, str],
    includes: Mapping[str, str] | None = None,
    *,
    version: str | None = None,
    file: str = "nats.conf",
) -> str | Unknown:
    """What a server of the version with this environment reports; Unknown also where nobody can read what it reads."""
    tree, text = (configuration, "") if isinstance(configuration, Block) else (None, configuration)
    try:
        config = read_effective(file, {**(includes or {}), file: text}, Environment(environment), tree=tree)
    except ConfError as error:
        return Unknown(f"The configuration cannot be read like nats-server reads it: {error}.")
    return config.server_digest({}, version)
