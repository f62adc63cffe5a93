"""Decisions: the data that a plan was made from. The report needs it after the plan was carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any

from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.resolve.box import ResolvedBox
    from natsop_core.resolve.cluster import ResolvedCluster
    from natsop_core.resolve.deletion import Deletion
    from natsop_core.resolvers import Resolvers
    from natsop_core.servers import Server


@frozen
class ClusterDecision:
    """The decision about a NatsCluster, and its observed state.

    live: its StatefulSet, or None. resolved: None for an invalid spec.
    pods: its pods in full, by name. servers: the answers of their servers. claims: the claims of its volumes, in full.
    resolvers: the state of the full resolvers, if any.
    deletion: what its deletion waits for, if it is being deleted; nothing else is decided then.
    """

    live: Mapping[str, Any] | None
    resolved: ResolvedCluster | None = None
    pods: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    servers: tuple[Server, ...] = ()
    claims: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    resolvers: Resolvers | None = field(default=None, repr=False)
    deletion: Deletion | None = None


@frozen
class BoxDecision:
    """The decision about a NatsBox, and its observed state. live: its Deployment, or None."""

    live: Mapping[str, Any] | None
    resolved: ResolvedBox | None = None
    pods: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
