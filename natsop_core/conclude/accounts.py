"""The part of a NatsCluster's report about the accounts in the full resolvers of its servers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, Any

from natsop_core.conditions.condition import Condition
from natsop_core.conditions.resolvers import (
    accounts_not_removed,
    claims_pending,
    confirmed,
    not_pushed,
    refused_pushes,
)
from natsop_core.conf.digest import Unknown
from natsop_core.frozen import frozen

if TYPE_CHECKING:
    from natsop_core.findings import Finding
    from natsop_core.outcomes import Outcomes
    from natsop_core.resolve.types import Cluster
    from natsop_core.resolvers import Resolvers
    from natsop_core.servers import Server


@frozen
class AccountsReport:
    """wrong: problems that need a person. pending: accounts that the servers have not confirmed yet.

    conditions: the conditions that are only about accounts. facts: fields of the status.
    """

    wrong: tuple[Finding, ...] = ()
    pending: Finding | None = None
    conditions: tuple[Condition, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def with_claims(self, loaded: Condition) -> Condition:
        """ConfigurationLoaded that also covers the accounts: a reload does not bring all of them to a full resolver."""
        without_credentials = next((each for each in self.wrong if each.reason == "ClaimsNotPushed"), None)
        if without_credentials is not None:
            return Condition(loaded.type, "False", without_credentials)
        if self.pending is None or loaded.status == "False":
            return loaded
        return Condition(loaded.type, "False", self.pending)


def report_accounts(
    cluster: Cluster,
    resolvers: Resolvers | None,
    servers: Sequence[Server],
    expected: Mapping[str, str | Unknown],
    outcomes: Outcomes,
) -> AccountsReport:
    """The report. servers: all servers of the cluster. expected: the digest that each should report."""
    if resolvers is None:
        return AccountsReport()
    reported = {each.pod: each.config_digest for each in servers}
    current = {pod for pod, digest in expected.items() if isinstance(digest, Unknown) or digest == reported.get(pod)}
    return AccountsReport(
        wrong=(*not_pushed(resolvers, cluster.name), *refused_pushes(resolvers, outcomes)),
        pending=claims_pending(resolvers, current, outcomes),
        conditions=tuple(accounts_not_removed(resolvers, outcomes)),
        facts={"resolver": confirmed(resolvers, servers, current, outcomes).values},
    )
