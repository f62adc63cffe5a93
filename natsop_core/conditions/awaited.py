"""How long the operator has waited for the servers to load the current configuration.

The start of the wait is kept in the status until every server runs the configuration.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from natsop_core import names
from natsop_core.conditions.condition import lasted
from natsop_core.conditions.loaded import TYPE, expected_digest
from natsop_core.frozen import frozen
from natsop_core.times import moment, timestamp

if TYPE_CHECKING:
    from natsop_core.conf.effective import EffectiveConfig
    from natsop_core.resolve.types import Cluster

_DIGEST_LENGTH = 12  # hex digits: 48 bits tell the configurations of one cluster apart


@frozen
class AwaitedConfiguration:
    """The configuration that the servers should load. since: when it last changed, or when the wait for it began."""

    digest: str
    since: datetime

    @property
    def values(self) -> dict[str, Any]:
        """The fields for the status."""
        return {"digest": self.digest, "since": timestamp(self.since)}

    def age(self, now: datetime) -> float:
        """Seconds since the wait began."""
        return (now - self.since).total_seconds()


def awaited(
    cluster: Cluster, config: EffectiveConfig, previous: Mapping[str, Any], now: datetime
) -> AwaitedConfiguration:
    """The configuration to wait for now. previous: the current status; without this field, the time of the condition
    ConfigurationLoaded counts.

    The digest is the one that the first server should report, so it reveals no more than that server does.
    """
    expected = expected_digest(cluster, config, names.pod(cluster.name, 0), None)
    digest = expected.removeprefix("sha256:")[:_DIGEST_LENGTH] if isinstance(expected, str) else ""
    stored = previous.get("awaitedConfiguration")
    if not isinstance(stored, Mapping):
        return AwaitedConfiguration(digest, now - timedelta(seconds=lasted(TYPE, "False", previous, now)))
    since = moment(stored.get("since"))
    return AwaitedConfiguration(digest, since if since and stored.get("digest") == digest else now)
