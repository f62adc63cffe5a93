"""The part of a NatsCluster's report about the certificates of its servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from datetime import datetime
from math import inf
from typing import TYPE_CHECKING, Any

from natsop_core.conditions.certificates import outdated, remembered
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.resolve.certificates import ServedCertificates
    from natsop_core.servers import Server


@frozen
class CertificatesReport:
    """outdated: the pods whose servers do not have the current certificates. age: seconds since those last changed.

    facts: fields of the status.
    """

    outdated: frozenset[str] = frozenset()
    age: float = inf
    facts: Mapping[str, Any] = field(default_factory=dict)


def report_certificates(
    served: ServedCertificates | None,
    config: EffectiveConfig,
    servers: Sequence[Server],
    previous: Mapping[str, Any],
    now: datetime,
) -> CertificatesReport:
    """The report. previous: the current status."""
    if served is None:
        return CertificatesReport()
    current = remembered(served, previous, now)
    return CertificatesReport(
        outdated(servers, current, served, now, are_ours=not config.user_files),
        current.age(now),
        {"certificates": current.values},
    )
