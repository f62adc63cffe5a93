"""What the person who runs the operator can choose about the loop itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from natsop_core.names import FIELD_MANAGER

if TYPE_CHECKING:
    from natsop_runtime.bind_address import BindAddress


@dataclass(frozen=True, slots=True)
class RunSettings:
    """The flags of `natsop run`.

    namespaces: those that the operator is limited to; none means all.
    lease_duration: seconds for which a leader's Lease is valid after a renewal.
    lease_name: of the Lease; two installations in one namespace need two.
    leader_election_namespace: where the Lease is; None: the operator's own, or the kubeconfig context's.
    metrics_bind_address, health_probe_bind_address: None opens no port.
    metrics_secure: HTTPS, for those whom the API server allows to get /metrics; or plain HTTP for everybody.
    metrics_cert_path: a folder with tls.crt and tls.key; None: a self-signed certificate.
    """

    kubeconfig: str | None = None
    context: str | None = None
    namespaces: tuple[str, ...] = ()
    workers: int = 8
    log_level: str = "info"
    nack_integration: Literal["auto", "enabled", "disabled"] = "auto"
    leader_elect: bool = False
    lease_duration: int = 15
    lease_name: str = FIELD_MANAGER
    leader_election_namespace: str | None = None
    metrics_bind_address: BindAddress | None = None
    metrics_secure: bool = True
    metrics_cert_path: Path | None = None
    health_probe_bind_address: BindAddress | None = None
