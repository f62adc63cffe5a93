"""Reads the configuration of servers that were created by another program, to find what must not change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.commitments import Stores
from natsop_core.conf.effective import store_of, value_at
from natsop_core.conf.errors import ConfError
from natsop_core.conf.parser import parse
from natsop_core.conf.paths import is_below
from natsop_core.conf.values import Block
from natsop_core.kinds import CONFIG_MAPS, STATEFUL_SETS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey


def stores_outside(cr: NatsCluster, lookup: Lookup) -> bool:
    """Whether streams are stored in the file system of the containers, because JetStream is on without a store_dir: a
    restart loses them."""
    are_outside = [_stores_in_the_container(cr, config_map, lookup) for config_map in _configurations(cr)]
    return any(are_outside)  # a list, so that all are requested in one round


def _configurations(cr: NatsCluster) -> Iterator[str]:
    """The ConfigMaps that the servers may have been started with."""
    yield names.config_map(cr.metadata.name)
    if cr.spec.config_map.existing_name:
        yield cr.spec.config_map.existing_name


def server_objects(cr: NatsCluster) -> tuple[ObjectKey, ...]:
    """The objects whose change restarts or reconfigures the servers."""
    metadata = cr.metadata
    return (
        STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name)),
        CONFIG_MAPS.key(metadata.namespace, names.config_map(metadata.name)),
    )


def running_stores(cr: NatsCluster, lookup: Lookup) -> Stores:
    """The store limits of the servers, from the nats.conf that the operator or another program created for them."""
    tree = _configuration(cr, names.config_map(cr.metadata.name), lookup)
    sizes = (value_at(tree, "jetstream", name) for name in ("max_file_store", "max_memory_store"))
    return Stores(*(size if isinstance(size, int) and size >= 0 else None for size in sizes))


def _stores_in_the_container(cr: NatsCluster, config_map: str, lookup: Lookup) -> bool:
    """Whether its nats.conf, without included files, enables JetStream outside the data folder."""
    store = store_of(_configuration(cr, config_map, lookup))
    return store is not None and store.is_known and not is_below(store.folder or "", names.DATA_FOLDER)


def _configuration(cr: NatsCluster, config_map: str, lookup: Lookup) -> Block:
    """The parsed nats.conf of the ConfigMap, without included files; empty if it does not exist or is invalid."""
    found = lookup.readable(CONFIG_MAPS.key(cr.metadata.namespace, config_map)) or {}
    try:
        return parse((found.get("data") or {}).get(names.CONFIG_KEY, ""), names.CONFIG_FILE)
    except ConfError:
        return Block()
