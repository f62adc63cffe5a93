"""ConfigurationLoaded: do the servers run the configuration that we rendered? By their own digest of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conditions.condition import Condition, Status
from natsop_core.conf.auth import OPTIONS
from natsop_core.conf.digest import Unknown
from natsop_core.conf.files import configuration_files
from natsop_core.conf.server import server_block
from natsop_core.findings import Finding
from natsop_core.resolve.config import included_trees

if TYPE_CHECKING:
    from natsop_core.reasons import ConditionType, ReasonName
    from natsop_core.resolve.types import Cluster
    from natsop_core.servers import Server

TYPE: Final[ConditionType] = "ConfigurationLoaded"


def configuration_loaded(servers: Sequence[Server], expected: Mapping[str, str | Unknown]) -> Condition:
    """True or False by the digest of every server, Unknown where one did not tell it; never a guess.

    expected: the digest of the configuration of each pod whose server told its own, by the pod's name.
    """
    digests = [(each.pod, each.config_digest, expected.get(each.pod)) for each in servers]
    unknown = [digest for _, _, digest in digests if isinstance(digest, Unknown)]
    behind = [pod for pod, told, digest in digests if isinstance(digest, str) and told != digest]
    silent = [f"{each.pod} ({each.silence})" for each in servers if not each.config_digest]
    if behind:
        return _condition("False", "ReloadPending", f"Not yet loaded by {some_of(behind)}.")
    if unknown:
        return _condition("Unknown", "NotKnown", unknown[0].reason)
    if silent:
        return _condition("Unknown", "NotObserved", f"Not told by {some_of(silent)}.")
    return _condition("True", "Loaded", "Every server runs the current configuration.")


def _condition(status: Status, reason: ReasonName, message: str) -> Condition:
    return Condition(TYPE, status, Finding(reason, message))


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


def some_of(pods: Sequence[str], most: int = 5) -> str:
    """The first of them, and how many more there are."""
    more = f" and {len(pods) - most} more" if len(pods) > most else ""
    return ", ".join(pods[:most]) + more
