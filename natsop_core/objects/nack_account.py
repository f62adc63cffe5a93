"""Builds the NACK Accounts, which connect NACK's Streams and Consumers to the servers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from natsop_core.kinds import NACK_ACCOUNTS
from natsop_core.objects.metadata import cluster_metadata

if TYPE_CHECKING:
    from collections.abc import Iterator

    from natsop_core.resolve.types import Cluster, Nack, NackAccount


def build_nack_accounts(cluster: Cluster) -> Iterator[dict[str, Any]]:
    """An Account for each account of the cluster that NACK may use."""
    if cluster.nack:
        for account in cluster.nack.accounts:
            yield _account(cluster, cluster.nack, account)


def _account(cluster: Cluster, nack: Nack, account: NackAccount) -> dict[str, Any]:
    """`file` and `ca` are keys of the Secrets. With a CA, NACK requires TLS (nats.go, RootCAs)."""
    spec: dict[str, Any] = {
        "servers": [cluster.client_endpoint],
        "creds": {"secret": {"name": account.secret}, "file": account.key},
    }
    if nack.authority:
        spec["tls"] = {"secret": {"name": nack.authority.secret}, "ca": nack.authority.key}
    return {
        "apiVersion": NACK_ACCOUNTS.api_version,
        "kind": NACK_ACCOUNTS.kind,
        "metadata": cluster_metadata(cluster, account.name),
        "spec": spec,
    }
