"""Decisions: what a plan was made of, as its report needs to know it once the plan was carried out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from natsop_core.resolve.box import ResolvedBox
    from natsop_core.resolve.cluster import ResolvedCluster
    from natsop_core.resolve.deletion import Deletion
    from natsop_core.resolvers import Resolvers
    from natsop_core.servers import Server


@dataclass(frozen=True, slots=True)
class ClusterDecision:
    """What was decided and seen of a NatsCluster.

    live: its StatefulSet, or None when it has none. resolved: None for an invalid spec.
    pods: its pods in full, in the order of their names. servers: what the servers in them said. claims: those of its
    volumes, in full. resolvers: what their full resolvers have, where there are any.
    deletion: what one that is being deleted waits for; the rest is not decided then.
    """

    live: Mapping[str, Any] | None
    resolved: ResolvedCluster | None = None
    pods: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    servers: tuple[Server, ...] = ()
    claims: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    resolvers: Resolvers | None = field(default=None, repr=False)
    deletion: Deletion | None = None


@dataclass(frozen=True, slots=True)
class BoxDecision:
    """Likewise of a NatsBox. live: its Deployment."""

    live: Mapping[str, Any] | None
    resolved: ResolvedBox | None = None
    pods: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
