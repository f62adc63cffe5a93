"""Resolves a NatsBox, with the cluster that it refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.kinds import CLUSTERS
from natsop_core.references import ObjectRef
from natsop_core.resolve.contexts import resolve_contexts
from natsop_core.resolve.expiry import box_expiries
from natsop_core.resolve.images import BOX
from natsop_core.resolve.invalid import invalid_box_values
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.pods import resolve_container, resolve_pod
from natsop_core.resolve.security import container_security
from natsop_core.resolve.types import Box

if TYPE_CHECKING:
    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.resolve.contexts import Contexts
    from natsop_core.resolve.expiry import Expiry

GRACE_SECONDS: Final = 30


@frozen
class ResolvedBox:
    """The box to build, and the problems of the custom resource.

    box: None while its cluster or another reference is missing; then no object is changed.
    expiries: of the certificates and credentials in its contexts, the earliest first.
    """

    box: Box | None
    findings: tuple[Finding, ...]
    expiries: tuple[Expiry, ...] = ()


def cluster_reference(cr: NatsBox) -> ObjectRef | None:
    """The NatsCluster that the box refers to, or None."""
    if cr.spec.cluster_ref is None:
        return None
    return ObjectRef(CLUSTERS.key(cr.metadata.namespace, cr.spec.cluster_ref.name))


def resolve_box(cr: NatsBox, lookup: Lookup) -> ResolvedBox:
    """Decide everything that a builder needs. Raises NotYetError."""
    cluster = cluster_of(cr, lookup)
    found = resolve_contexts(cr, None if isinstance(cluster, Finding) else cluster, lookup)
    lookup.settle()
    invalid = invalid_box_values(cr)
    if invalid.blocks:
        return ResolvedBox(None, invalid.findings)
    if isinstance(cluster, Finding):
        return ResolvedBox(None, (cluster,))
    if found.blocks:
        return ResolvedBox(None, found.findings)
    selected, unmet = _selected(cr, found.value)
    return ResolvedBox(_box(cr, found.value, selected), (unmet,) if unmet else (), box_expiries(cr, lookup))


def cluster_of(cr: NatsBox, lookup: Lookup) -> NatsCluster | Finding | None:
    """The cluster of the box; a finding if it cannot be used; None if the box refers to none."""
    reference = cluster_reference(cr)
    if reference is None:
        return None
    if not reference.key.name:
        return Finding("InvalidSpec", "spec.clusterRef.name is empty: name a NatsCluster, or leave clusterRef out.")
    found = lookup.readable(reference.key)
    if found is None:
        return Finding(
            "ClusterNotFound",
            f"There is no NatsCluster {reference.key.name} in namespace {reference.key.namespace}: create it"
            f" ({CLUSTERS.plural}.{CLUSTERS.group}), or correct spec.clusterRef.name.",
        )
    cluster = read_cluster(found)
    if isinstance(cluster, InvalidResource):
        return Finding(
            "ClusterInvalid",
            f"NatsCluster {reference.key.name} has an invalid spec, so its address is not known: correct it first.",
        )
    return cluster


def _selected(cr: NatsBox, contexts: Contexts) -> tuple[str, Finding | None]:
    """The context to select initially (empty: none), and the problem with it. A box without contexts needs none."""
    wanted = cr.spec.default_context_name
    name = wanted or names.DEFAULT_CONTEXT
    if any(context.name == name for context in contexts.contexts):
        return name, None
    if not wanted and not contexts.contexts:
        return "", None
    return "", Finding(
        "ContextNotFound",
        f"Context {name}, which should be selected, does not exist: add it to spec.contexts, or select another one in"
        " spec.defaultContextName.",
    )


def _box(cr: NatsBox, contexts: Contexts, selected: str) -> Box:
    spec = cr.spec
    return Box(
        owner=owner_of(cr.metadata, names.BOX_KIND),
        replicas=spec.replicas,
        container=resolve_container(
            spec.image, BOX, None, resources=spec.resources, security_context=container_security(None, None)
        ),
        pod=resolve_pod(
            spec.pod_template,
            None,
            selector=names.box_selector(cr.metadata.name),
            grace_seconds=GRACE_SECONDS,
            service_account=spec.service_account_name or "",
        ),
        contexts=contexts.contexts,
        folders=(contexts.folder,) if contexts.folder else (),
        selected=selected,
        rolls_on_config_change=spec.pod_template.config_checksum_annotation,
    )
