"""Reads the existing objects of a cluster: its commitments, and the records to write on its claims."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.actions import Annotate
from natsop_core.commitments import commitments_of, unrecorded_claims
from natsop_core.frozen import frozen
from natsop_core.guards import grant
from natsop_core.kinds import CLAIMS, STATEFUL_SETS
from natsop_core.live import is_ours, reduce_metadata
from natsop_core.references import LabelledRef
from natsop_core.resolve.owner import owner_of
from natsop_core.resolve.take_over import running_stores, stores_outside

if TYPE_CHECKING:
    from collections.abc import Mapping

    from natsop_core.api.common import Metadata
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Commitments
    from natsop_core.guards import Granted
    from natsop_core.lookup import Lookup


@frozen
class Existing:
    """committed: the commitments of the running servers and their volumes. records: annotations to write on claims."""

    committed: Commitments
    records: tuple[Annotate, ...]


def read_existing(cr: NatsCluster, lookup: Lookup) -> Existing:
    """Read the StatefulSet of this custom resource (or an orphan of it), and all claims of the cluster."""
    metadata = cr.metadata
    live = lookup.readable(STATEFUL_SETS.key(metadata.namespace, names.stateful_set(metadata.name)))
    if live and not is_ours(reduce_metadata(live["metadata"]), owner_of(metadata, names.CLUSTER_KIND)):
        live = None
    claims = claims_of(metadata, lookup)
    committed = commitments_of(metadata.name, live, claims, cr.status)
    if committed.is_taken_over:
        committed = replace(committed, stores_outside=stores_outside(cr, lookup))
    records = tuple(
        Annotate(
            CLAIMS.key(metadata.namespace, each["metadata"]["name"]),
            each["metadata"]["uid"],
            {names.COMMITMENTS_ANNOTATION: text},
        )
        for each, text in unrecorded_claims(metadata.name, live, claims)
    )
    return Existing(committed, records)


def grant_existing(cr: NatsCluster, committed: Commitments, lookup: Lookup) -> Granted:
    """Grant the changes of the custom resource. If any is refused, the servers keep the limits of their stores."""
    granted = grant(cr, committed)
    if not granted.refusals or committed.jetstream is None:
        return granted
    return grant(cr, replace(committed, stores=running_stores(cr, lookup)))


def claims_of(metadata: Metadata, lookup: Lookup) -> tuple[Mapping[str, Any], ...]:
    """All PersistentVolumeClaims of the cluster, including those whose servers no longer exist."""
    return lookup.labelled(LabelledRef(CLAIMS.api_version, CLAIMS.kind, metadata.namespace, metadata.name))
