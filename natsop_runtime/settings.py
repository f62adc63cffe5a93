"""The settings of `natsop run`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from natsop_core.frozen import frozen
from natsop_core.names import FIELD_MANAGER

if TYPE_CHECKING:
    from natsop_runtime.bind_address import BindAddress

MIN_LEASE_DURATION: Final = 2
MAX_LEASE_DURATION: Final = 600
"""Seconds. A released Lease states one second, and a standby believes no more than the maximum: somebody may have
edited the Lease."""


@frozen
class RunSettings:
    """The flags of `natsop run`.

    namespaces: the only ones to work in; empty means all.
    log_format: None means text on a terminal, otherwise JSON.
    lease_duration: seconds for which a leader's Lease is valid after a renewal.
    lease_name: two installations in one namespace need two names.
    leader_election_namespace: the Lease's; None means the operator's own, or that of the kubeconfig's context.
    metrics_bind_address, health_probe_bind_address: None opens no port.
    metrics_secure: HTTPS, for users who may get /metrics; otherwise plain HTTP for everyone.
    metrics_cert_path: a folder with tls.crt and tls.key; None means a self-signed certificate.
    """

    kubeconfig: str | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    workers: int = 8
    log_level: str = "info"
    log_format: Literal["text", "json"] | None = None
    nack_integration: Literal["auto", "enabled", "disabled"] = "auto"
    leader_elect: bool = False
    lease_duration: int = 15
    lease_name: str = FIELD_MANAGER
    leader_election_namespace: str | None = None
    metrics_bind_address: BindAddress | None = None
    metrics_secure: bool = True
    metrics_cert_path: Path | None = None
    health_probe_bind_address: BindAddress | None = None
