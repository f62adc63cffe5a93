"""Reads the effective configuration of a resolved cluster, and finds errors that would stop or harm its servers."""

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
"""Options about authentication or the system account that exclude a system user."""


def read_configuration(cluster: Cluster, *, servers_stay: bool) -> Answer[tuple[Cluster, EffectiveConfig | None]]:
    """The effective configuration, and the cluster completed from it. Blocks if no server should get it.

    servers_stay: the servers are not changed in any case, so that the configuration does not reach them.
    """
    try:
        is_wanted = _needs_system_account(cluster) or cluster.system_user is not None
        config = _read(replace(cluster, system_user=None) if is_wanted else cluster)
        if is_wanted:
            cluster = _with_system_account(cluster, config)
            config = _read(cluster)
    except ConfError as error:
        return Answer((cluster, None), (_finding(cluster, Fault(error.place, error.problem)),), blocks=True)
    is_judged = bool(config.user_files) and not servers_stay  # a purely rendered configuration has no errors
    found = islice(_faults(cluster, config), _MOST_FAULTS) if is_judged else ()
    findings = tuple(_finding(cluster, fault) for fault in found)
    return Answer((_with_included_keys(cluster, config), config), findings, blocks=True)


def differences(cluster: Cluster, config: EffectiveConfig) -> Answer[None]:
    """The listeners that differ from the spec, from which Services and probes are built."""
    found = "; ".join(_differences(cluster, config)) if config.user_files else ""
    if not found:
        return Answer(None)
    existing = cluster.existing_config
    subject = f"ConfigMap {existing.name}" if existing else "An included file"
    message = (
        f"{subject} configures listeners differently from the spec, from which Services and probes are built:"
        f" {found}. Set the same values in both."
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
    """Whether nats-server needs a named system account: with leaf nodes and a gateway together."""
    listens = cluster.listener(names.LEAFNODES_PORT) and cluster.listener(names.GATEWAY_PORT)
    return bool(listens) and not cluster.existing_config


def _with_system_account(cluster: Cluster, config: EffectiveConfig) -> Cluster:
    """The cluster with a system account and its user, unless the configuration defines accounts itself.

    config: without the system user. Such a user can only be combined with a list of users (server opts.go,
    processConfigFile). If `authorization` has no users, clients without credentials would be rejected (server auth.go).
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
    """The cluster with the keys of the user's own ConfigMap that its nats.conf includes."""
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
    """Settings in the user's own configuration that make servers lose their streams."""
    store, name = config.jetstream, config.option("server_name")
    jetstream = config.option("jetstream")
    if jetstream and store and store.is_known and not is_below(store.folder or "", names.DATA_FOLDER):
        yield Fault(
            jetstream.place,
            f"the streams would not be stored on the volume, which is mounted at {names.DATA_FOLDER}; set store_dir to"
            " it, or to a folder in it",
        )
    if cluster.replicas > 1 and (name is None or not isinstance(name.value, Variable)):
        yield Fault(
            name.place if name else config.place,
            f"every server needs its own name to keep its streams; set server_name: ${names.SERVER_NAME_VARIABLE}",
        )


def _finding(cluster: Cluster, fault: Fault) -> Finding:
    """The finding for the user about a fault."""
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
            yield f"{row.name} is disabled there, but enabled in spec.{row.path}"
        elif port is not None and port != listener.port:
            yield f"{row.name} has port {port} there, but {listener.port} in spec.{row.field}"
        elif row.name == names.MONITOR_PORT and has_secure_monitor(config) != bool(listener.tls):
            yield f"the monitor only uses {'HTTPS' if has_secure_monitor(config) else 'HTTP'} there"
        elif row.name == names.MONITOR_PORT and config.option("http_base_path"):
            yield "the monitor has an http_base_path there"
