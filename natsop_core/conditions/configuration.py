"""ConfigurationOverridden: which parts of the rendered configuration have no effect?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conditions.condition import Condition
from natsop_core.conf.auth import OPTIONS
from natsop_core.conf.files import configuration_files
from natsop_core.conf.server import server_block
from natsop_core.findings import Finding
from natsop_core.resolve.config import included_trees

if TYPE_CHECKING:
    from natsop_core.resolve.types import Cluster


def configuration_overridden(cluster: Cluster) -> list[Condition]:
    """What of our configuration does not reach the servers; no condition when all of it does."""
    if cluster.existing_config:
        return _not_reached(cluster, cluster.existing_config.name)
    if not cluster.includes:
        return []
    ours = {*server_block(cluster), *(OPTIONS if cluster.auth else ())}
    overrides = [
        f"{name} redefines {', '.join(sorted(ours & tree.keys()))}"
        for name, tree in included_trees(cluster.includes).items()
        if ours & tree.keys()
    ]
    if not overrides:
        return []
    message = f"An included file replaces whole what the operator renders: {'; '.join(overrides)}."
    return [Condition("ConfigurationOverridden", "True", Finding("IncludeRedefines", message))]


def _not_reached(cluster: Cluster, config_map: str) -> list[Condition]:
    """The user's own nats.conf is mounted as it is; files that it does not include itself have no effect."""
    included_by_others = {f"{names.AUTH_FOLDER}/{name}" for name in (names.OPERATOR_KEY, names.PRELOAD_KEY)}
    files = [path for path in configuration_files(cluster) if path not in {names.CONFIG_FILE, *included_by_others}]
    if not files:
        return []
    message = f"ConfigMap {config_map} is used as it is, so it has to include what is to count: {', '.join(files)}."
    return [Condition("ConfigurationOverridden", "True", Finding("ExistingConfigMap", message))]
