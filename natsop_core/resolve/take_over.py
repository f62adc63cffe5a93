"""Servers that another program made: what of them must stay as it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.conf.errors import ConfError
from natsop_core.conf.parser import parse
from natsop_core.conf.values import Block
from natsop_core.findings import Finding
from natsop_core.kinds import CONFIG_MAPS, STATEFUL_SETS
from natsop_core.resolve.answer import Answer

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.conf.values import Value
    from natsop_core.lookup import Lookup
    from natsop_core.references import ObjectKey
    from natsop_core.resolve.live_cluster import LiveCluster

_FOLDER: Final = frozenset(("store_dir", "storedir", "store"))
"""The option's names in nats-server."""


def data_outside_volume(cr: NatsCluster, live: LiveCluster | None, lookup: Lookup) -> Answer[None]:
    """Streams that lie in the containers' own layer, because JetStream is on without a folder: a restart loses them."""
    if (
        live is None
        or not live.is_taken_over
        or cr.metadata.annotations.get(names.ALLOW_DATA_LOSS_ANNOTATION) == "true"
    ):
        return Answer(None)
    config_map = lookup.readable(CONFIG_MAPS.key(cr.metadata.namespace, names.config_map(cr.metadata.name)))
    conf = (config_map or {}).get("data", {}).get(names.CONFIG_KEY, "")
    try:
        jetstream = parse(conf, names.CONFIG_FILE).get("jetstream")
    except ConfError:
        return Answer(None)
    if not _stores_in_the_container(jetstream):
        return Answer(None)
    return Answer(None, (_outside_volume(),), keep=_what_servers_are(cr))


def _outside_volume() -> Finding:
    return Finding(
        "DataOutsideVolume",
        "The running servers keep their streams in the containers, not on the volumes, and would lose them with their"
        " pods, so pods and configuration stay as they are. Back the streams up, then set the annotation"
        f' {names.ALLOW_DATA_LOSS_ANNOTATION}: "true".',
    )


def _what_servers_are(cr: NatsCluster) -> tuple[ObjectKey, ...]:
    """Changing one of these restarts or reconfigures the servers."""
    metadata = cr.metadata
    return (
        STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name)),
        CONFIG_MAPS.key(metadata.namespace, names.config_map(metadata.name)),
    )


def _stores_in_the_container(jetstream: Value | None) -> bool:
    """An empty block switches JetStream on as well (nats-server opts.go, parseJetStream)."""
    if isinstance(jetstream, Block):
        return jetstream.get("enabled", jetstream.get("enable")) is not False and not _FOLDER & jetstream.keys()
    return jetstream is True or str(jetstream).lower() in {"true", "enabled"}
