"""A NatsBox, resolved against the cluster that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.findings import Finding
from natsop_core.kinds import CLUSTERS
from natsop_core.references import ObjectRef
from natsop_core.resolve.cluster import owner_of
from natsop_core.resolve.images import BOX
from natsop_core.resolve.pods import resolve_container, resolve_pod
from natsop_core.resolve.routes import cluster_domain
from natsop_core.resolve.security import container_security
from natsop_core.resolve.types import Box, Context

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.inputs import Inputs

GRACE_SECONDS: Final = 30


def cluster_reference(cr: NatsBox) -> ObjectRef | None:
    """The NatsCluster that the box is for, or None when it names none."""
    if cr.spec.cluster_ref is None:
        return None
    return ObjectRef(CLUSTERS.key(cr.metadata.namespace, cr.spec.cluster_ref.name))


def resolve_box(cr: NatsBox, inputs: Inputs) -> Box | Finding:
    """The box to build, or what it waits for."""
    reference = cluster_reference(cr)
    if reference is None:
        return _box(cr, ())
    found = inputs.object(reference.key)
    if not reference.key.name:
        return Finding("InvalidSpec", "spec.clusterRef.name is empty: name a NatsCluster, or leave clusterRef out.")
    if found is None:
        return Finding(
            "ClusterNotFound",
            f"There is no NatsCluster {reference.key.name} in namespace {reference.key.namespace}: create it, or"
            " correct spec.clusterRef.name.",
        )
    cluster = read_cluster(found)
    if isinstance(cluster, InvalidResource):
        return Finding(
            "ClusterInvalid",
            f"NatsCluster {reference.key.name} has an invalid spec, so its address is not known: correct it first.",
        )
    return _box(cr, (_default_context(cluster),))


def _default_context(cluster: NatsCluster) -> Context:
    metadata = cluster.metadata
    host = names.headless_host(metadata.name, metadata.namespace, cluster_domain(cluster))
    description = f"NatsCluster {metadata.name}"
    return Context(
        names.DEFAULT_CONTEXT, {"description": description, "url": f"nats://{host}:{cluster.spec.config.nats.port}"}
    )


def _box(cr: NatsBox, contexts: tuple[Context, ...]) -> Box:
    spec = cr.spec
    return Box(
        owner=owner_of(cr.metadata, names.BOX_KIND),
        replicas=spec.replicas,
        container=resolve_container(
            spec.image, BOX, None, resources=spec.resources, security_context=container_security(None)
        ),
        pod=resolve_pod(
            spec.pod_template,
            None,
            selector=names.box_selector(cr.metadata.name),
            grace_seconds=GRACE_SECONDS,
            service_account=spec.service_account_name or "",
        ),
        contexts=contexts,
        folders=(),
        selected=contexts[0].name if contexts else "",
        rolls_on_config_change=spec.pod_template.config_checksum_annotation,
    )
