"""The effective configuration of a resolved cluster, and what of it keeps servers from starting as they should."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.effective import EffectiveConfig, read_effective
from natsop_core.conf.environment import check_environment_text
from natsop_core.conf.errors import ConfError
from natsop_core.conf.faults import Fault, faults, redefined_with_jetstream
from natsop_core.conf.files import configuration_files, user_files
from natsop_core.conf.listen import has_secure_monitor, ports
from natsop_core.conf.paths import is_below
from natsop_core.conf.server import server_block
from natsop_core.conf.values import Variable
from natsop_core.findings import Finding
from natsop_core.listeners import LISTENERS
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.environment import server_environment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from natsop_core.conf.errors import Place
    from natsop_core.resolve.types import Cluster

_MOST_FAULTS: Final = 5

_NO_SYSTEM_USER_WITH: Final = ("no_system_account", "trusted_keys")
"""What else says how clients prove who they are, or that there is no system account."""


def read_configuration(cluster: Cluster, *, servers_stay: bool) -> Answer[tuple[Cluster, EffectiveConfig | None]]:
    """What the servers will read, and the cluster with what only that tells; blocks where no server should get it.

    servers_stay: they are not changed in any case, so that the configuration does not reach them.
    """
    try:
        is_wanted = _needs_system_account(cluster) or cluster.system_user is not None
        config = _read(replace(cluster, system_user=None) if is_wanted else cluster)
        if is_wanted:
            cluster = _with_system_account(cluster, config)
            config = _read(cluster)
    except ConfError as error:
        return Answer((cluster, None), (_finding(cluster, Fault(error.place, error.problem)),), blocks=True)
    is_judged = bool(config.user_files) and not servers_stay  # what is ours alone is sound
    found = islice(_faults(cluster, config), _MOST_FAULTS) if is_judged else ()
    findings = tuple(_finding(cluster, fault) for fault in found)
    return Answer((_with_included_keys(cluster, config), config), findings, blocks=True)


def differences(cluster: Cluster, config: EffectiveConfig) -> Answer[None]:
    """Where the servers listen otherwise than the spec says, by which Services and probes are made."""
    found = "; ".join(_differences(cluster, config)) if config.user_files else ""
    if not found:
        return Answer(None)
    existing = cluster.existing_config
    subject = f"ConfigMap {existing.name}" if existing else "An included file"
    message = (
        f"{subject} makes the servers listen otherwise than the spec says, from which Services and probes are made:"
        f" {found}. Make both the same."
    )
    return Answer(None, (Finding("ConfigurationDiffers", message),))


def _read(cluster: Cluster) -> EffectiveConfig:
    own = None if cluster.existing_config else server_block(cluster)
    return read_effective(
        names.CONFIG_FILE,
        configuration_files(cluster, own),
        server_environment(cluster.server),
        tree=own,
        user_files=user_files(cluster),
    )


def _needs_system_account(cluster: Cluster) -> bool:
    """Leafnodes together with a gateway want one to be named."""
    listens = cluster.listener(names.LEAFNODES_PORT) and cluster.listener(names.GATEWAY_PORT)
    return bool(listens) and not cluster.existing_config


def _with_system_account(cluster: Cluster, config: EffectiveConfig) -> Cluster:
    """As far as nothing in the configuration says which account it is; `config` is without the system user.

    A user of it goes with no other way to say who clients are but a list of users (server opts.go, processConfigFile),
    and where `authorization` says nothing of users, clients without credentials would be refused (server auth.go).
    """
    if any(map(config.option, ("accounts", "system_account", "operator"))):
        return replace(cluster, system_user=None)
    fits = not any(map(config.option, _NO_SYSTEM_USER_WITH)) and (
        config.option("authorization") is None or bool(config.find("authorization", "users"))
    )
    return replace(
        cluster,
        needs_system_account=_needs_system_account(cluster),
        system_user=cluster.system_user if fits else None,
    )


def _with_included_keys(cluster: Cluster, config: EffectiveConfig) -> Cluster:
    """Of the user's own ConfigMap, the keys that its nats.conf includes."""
    existing = cluster.existing_config
    if existing is None:
        return cluster
    included = tuple(key for key in sorted(existing.texts) if f"{names.CONFIG_FOLDER}/{key}" in config.included)
    return replace(cluster, existing_config=replace(existing, included=included))


def _faults(cluster: Cluster, config: EffectiveConfig) -> Iterator[Fault]:
    yield from faults(config)
    yield from _unreadable_variables(config, cluster.environment)
    if cluster.jetstream is None:
        return
    if cluster.existing_config is None:
        yield from redefined_with_jetstream(config)
    else:
        yield from _streams_at_risk(cluster, config)


def _unreadable_variables(config: EffectiveConfig, environment: Mapping[str, str]) -> Iterator[Fault]:
    for variable in config.variables:
        if variable.name in environment and (problem := check_environment_text(environment[variable.name])):
            yield Fault(variable.place or config.place, f"the value of environment variable {variable.name} {problem}")


def _streams_at_risk(cluster: Cluster, config: EffectiveConfig) -> Iterator[Fault]:
    """What makes servers lose their streams in a configuration that is not ours."""
    store, name = config.jetstream, config.option("server_name")
    jetstream = config.option("jetstream")
    if jetstream and store and store.is_known and not is_below(store.folder or "", names.DATA_FOLDER):
        yield Fault(
            jetstream.place,
            f"the streams would not lie on the volume, which is mounted at {names.DATA_FOLDER}; set store_dir to it,"
            " or to a folder in it",
        )
    if cluster.replicas > 1 and (name is None or not isinstance(name.value, Variable)):
        yield Fault(
            name.place if name else config.place,
            f"every server needs a name of its own to keep its streams; set server_name: ${names.SERVER_NAME_VARIABLE}",
        )


def _finding(cluster: Cluster, fault: Fault) -> Finding:
    """The fault as the user of the file hears of it."""
    existing = cluster.existing_config
    include = _include_at(cluster, fault.place)
    if include or not existing:
        subject = f"spec.config.includes[{include}]" if include else "The configuration"
        return Finding("InvalidInclude", f"{subject} cannot be used: {fault}.")
    return Finding("InvalidConfig", f"ConfigMap {existing.name} cannot be used: {fault}.")


def _include_at(cluster: Cluster, place: Place) -> str | None:
    """The name of the include that the place is in."""
    return next((each.name for each in cluster.includes if place.file == f"{names.INCLUDES_FOLDER}/{each.name}"), None)


def _differences(cluster: Cluster, config: EffectiveConfig) -> Iterator[str]:
    found = ports(config)
    for row in LISTENERS:
        listener = cluster.listener(row.name)
        if listener is None:
            continue
        port = found.get(row.name, 0)
        if port == 0:
            yield f"{row.name} is off there, and on in spec.{row.path}"
        elif port is not None and port != listener.port:
            yield f"{row.name} is at port {port} there, and at {listener.port} in spec.{row.field}"
        elif row.name == names.MONITOR_PORT and has_secure_monitor(config) != bool(listener.tls):
            yield f"the monitor speaks {'HTTPS' if has_secure_monitor(config) else 'HTTP'} there only"
        elif row.name == names.MONITOR_PORT and config.option("http_base_path"):
            yield "the monitor has its pages below http_base_path there"
