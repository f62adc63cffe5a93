"""ConfigurationOverridden and FilesMounted: parts of the configuration without effect, and files that are missing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.conditions.condition import Condition
from natsop_core.conf.auth import OPTIONS
from natsop_core.conf.faults import overridden
from natsop_core.conf.paths import files_outside
from natsop_core.findings import Finding
from natsop_core.texts import some_of

if TYPE_CHECKING:
    from natsop_core.conf.effective import EffectiveConfig, Option
    from natsop_core.resolve.types import Cluster


def configuration_conditions(cluster: Cluster, config: EffectiveConfig) -> list[Condition]:
    """Warnings about a configuration that the servers accept; empty when there are none."""
    return [*_overridden(cluster, config), *_files_not_mounted(cluster, config)]


def _overridden(cluster: Cluster, config: EffectiveConfig) -> list[Condition]:
    """The rendered options that have no effect; no condition when all have."""
    if cluster.existing_config:
        return _not_reached(cluster.existing_config.name, config)
    redefined = overridden(config, {*config.own, *(OPTIONS if cluster.auth else ())})
    if not redefined:
        return []
    keys = {file: sorted(each.key for each in redefined if each.place.file == file) for file in _files_of(redefined)}
    found = "; ".join(f"{posixpath.basename(file)} redefines {', '.join(options)}" for file, options in keys.items())
    scaling = " A change of spec.replicas does not change the routes." if _are_routes_fixed(redefined) else ""
    message = f"An included file replaces options that the operator renders: {found}.{scaling}"
    return [Condition("ConfigurationOverridden", "True", Finding("IncludeRedefines", message))]


def _files_of(options: Iterable[Option]) -> list[str]:
    return sorted({option.place.file for option in options})


def _are_routes_fixed(redefined: Iterable[Option]) -> bool:
    return any(option.name == "cluster" for option in redefined)


def _not_reached(config_map: str, config: EffectiveConfig) -> list[Condition]:
    """The user's own nats.conf is mounted unchanged; files that it does not include have no effect."""
    beside = f"{names.CONFIG_FOLDER}/"
    included_by_others = {f"{names.AUTH_FOLDER}/{name}" for name in (names.OPERATOR_KEY, names.PRELOAD_KEY)}
    reached = {*config.included, *included_by_others}
    files = [path for path in config.files if path not in reached and not path.startswith(beside)]
    if not files:
        return []
    message = (
        f"ConfigMap {config_map} is used unchanged and does not include these files, so they have no effect:"
        f" {', '.join(files)}."
    )
    return [Condition("ConfigurationOverridden", "True", Finding("ExistingConfigMap", message))]


def _files_not_mounted(cluster: Cluster, config: EffectiveConfig) -> list[Condition]:
    """The server only logs that a credentials file is missing, and never connects (server/leafnode.go)."""
    folders = (names.CONFIG_FOLDER, names.PID_FOLDER, names.DATA_FOLDER, *(folder.path for folder in cluster.folders))
    outside = [f"{file.path} ({file.option} at {file.place})" for file in files_outside(config, folders)]
    if not outside:
        return []
    message = (
        f"The configuration names files in folders that are not mounted: {some_of(outside)}. Put them into a mounted"
        " folder, or into the image."
    )
    return [Condition("FilesMounted", "False", Finding("FileNotMounted", message))]
