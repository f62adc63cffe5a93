"""What a decision still needs fetched. What was fetched may name more: asked again until nothing is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.api.natscluster import NatsCluster
from natsop_core.api.read import InvalidResource
from natsop_core.conditions.condition import condition_of
from natsop_core.kinds import DEPLOYMENTS, NACK_ACCOUNTS, POD_MONITORS, PODS, STATEFUL_SETS
from natsop_core.plan import children_of
from natsop_core.references import ObjectRef, Reference
from natsop_core.resolve.auth import auth_secret_key
from natsop_core.resolve.box import cluster_of, cluster_reference
from natsop_core.resolve.cluster import resolve_cluster
from natsop_core.resolve.config import existing_config_reference
from natsop_core.resolve.contexts import all_references
from natsop_core.resolve.files import authority, certificates, include_reference
from natsop_core.resolve.integrations import POD_MONITOR_CONDITION
from natsop_core.resolve.jwts import jwt_references
from natsop_core.resolve.live_cluster import live_cluster
from natsop_core.resolve.nack import CONDITION, credentials
from natsop_core.resolve.routes import credential_references
from natsop_core.resolve.services import wanted_pod_monitor
from natsop_core.resolve.take_over import live_configuration
from natsop_core.servers import servers_to_ask

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.inputs import Inputs
    from natsop_core.resolve.referred import KeyReference


def missing_for_cluster(cr: NatsCluster | InvalidResource, inputs: Inputs) -> tuple[Reference, ...]:
    """What is still to be fetched for a NatsCluster: its StatefulSet and children, then its pods, then their word."""
    metadata = cr.metadata
    stateful_set = ObjectRef(STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name)))
    first = _not_in(inputs, stateful_set, children_of(metadata), *_referred(cr))
    if first or isinstance(cr, InvalidResource):
        return first
    return _not_in(inputs, *_pods_and_servers(cr, inputs))


def missing_for_box(cr: NatsBox | InvalidResource, inputs: Inputs) -> tuple[Reference, ...]:
    """What is still to be fetched for a NatsBox: its Deployment, children and cluster, then what contexts refer to."""
    metadata = cr.metadata
    wanted: list[Reference] = [
        ObjectRef(DEPLOYMENTS.key(metadata.namespace, names.deployment(metadata.name))),
        children_of(metadata),
    ]
    if isinstance(cr, InvalidResource):
        return _not_in(inputs, *wanted)
    reference = cluster_reference(cr)
    return _not_in(inputs, *wanted, *([reference] if reference else []), *_objects_of(keys_of_box(cr, inputs)))


def keys_of_cluster(cr: NatsCluster) -> Iterator[KeyReference]:
    """The keys of Secrets and ConfigMaps that a NatsCluster refers to, though a lone server has no use for some."""
    yield from (each for _, _, *pair in certificates(cr, has_routes=True) for each in pair)
    yield from (include_reference(cr, include) for include in cr.spec.config.includes)
    yield from credential_references(cr)
    yield from jwt_references(cr)
    yield from (reference for _, reference in credentials(cr))
    yield from (each for each in (authority(cr), existing_config_reference(cr)) if each)


def keys_of_box(cr: NatsBox, inputs: Inputs) -> Iterator[KeyReference]:
    """The keys that a NatsBox refers to and, once its cluster is known, those that it needs of that."""
    cluster = cluster_of(cr, inputs)
    yield from all_references(cr, cluster if isinstance(cluster, NatsCluster) else None)


def _referred(cr: NatsCluster | InvalidResource) -> Iterator[Reference]:
    """The Secrets and ConfigMaps that the configuration refers to, and the kinds that the API server has to serve."""
    if isinstance(cr, InvalidResource):
        return
    if wanted_pod_monitor(cr) or condition_of(cr.status, POD_MONITOR_CONDITION):
        yield POD_MONITORS.reference
    if any(credentials(cr)) or condition_of(cr.status, CONDITION):
        yield NACK_ACCOUNTS.reference
    yield from _objects_of(keys_of_cluster(cr))


def _objects_of(keys: Iterable[KeyReference]) -> Iterator[Reference]:
    yield from dict.fromkeys(key.object for key in keys if key.name)


def _pods_and_servers(cr: NatsCluster, inputs: Inputs) -> Iterator[Reference]:
    live = live_cluster(cr, inputs)
    if live is not None and live.is_taken_over:
        yield live_configuration(cr)
    if any(child.key == auth_secret_key(cr) for child in inputs.children(children_of(cr.metadata))):
        yield ObjectRef(auth_secret_key(cr))  # what was good last
    cluster = inputs.once(resolve_cluster, cr).cluster
    if cluster is None:
        return
    metadata, replicas = cr.metadata, cluster.replicas
    for ordinal in range(replicas):
        yield ObjectRef(PODS.key(metadata.namespace, names.pod(metadata.name, ordinal)))
    yield from servers_to_ask(metadata, replicas, inputs)


def _not_in(inputs: Inputs, *references: Reference) -> tuple[Reference, ...]:
    return tuple(reference for reference in references if reference not in inputs)
