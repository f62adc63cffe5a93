"""The rules about changes of a NatsCluster.

They reject a change at once that a guard (see `guards`) would refuse later. They always accept a change back to the
committed value, because a guard may tell the user to make it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.kubernetes.rule import TransitionRule
from natsop_core.record import read_record

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.record import Record

_CLUSTERED_JETSTREAM: Final = "oldSelf.spec.?config.?jetstream.?enabled.orValue(false) && oldSelf.spec.replicas > 1"
_PREFIX: Final = (
    "(has(self.spec.config) && has(self.spec.config.serverNamePrefix) ? self.spec.config.serverNamePrefix : '')"
)
"""Not with `orValue`: CEL's cost estimate would then not know the maximum length of the prefix."""

_COMMITTED: Final = "has(oldSelf.status) && has(oldSelf.status.commitments)"
_RESOLVER: Final = "self.spec.?auth.?jwt.?resolver.?type.orValue('memory')"
_JWT: Final = "has(self.spec.auth) && has(self.spec.auth.jwt)"


def _old(cel: str) -> str:
    return cel.replace("self", "oldSelf")


def _prefix_stays(old: NatsCluster, new: NatsCluster) -> bool:
    before, after = old.spec.config.server_name_prefix, new.spec.config.server_name_prefix
    has_data = old.spec.config.jetstream.enabled and old.spec.replicas > 1
    committed = _committed(old)
    is_lone = committed.replicas is not None and committed.replicas < 2
    return not has_data or is_lone or after in (before, committed.server_name_prefix)


def _accounts_stay(old: NatsCluster, new: NatsCluster) -> bool:
    before, after = old.spec.auth.jwt, new.spec.auth.jwt
    if before is None or after is None or before.resolver.type != "full" or after.resolver.type == "full":
        return True
    return _committed(old).resolver == "memory"


def _committed(cr: NatsCluster) -> Record:
    return read_record(cr.status.get("commitments"))


CLUSTER_TRANSITIONS: Final = (
    TransitionRule(
        name="server-name-prefix-stays",
        about="spec",
        cel=(
            f"!({_CLUSTERED_JETSTREAM}) || {_PREFIX} == {_old(_PREFIX)} || "
            f"({_COMMITTED} && oldSelf.status.commitments.?replicas.orValue(2) < 2) || "
            f"({_COMMITTED} && has(oldSelf.status.commitments.serverNamePrefix) && "
            f"{_PREFIX} == oldSelf.status.commitments.serverNamePrefix)"
        ),
        message=(
            "config.serverNamePrefix cannot change while JetStream runs on more than one server: "
            "servers with new names would discard the data of the old ones"
        ),
        holds=_prefix_stays,
    ),
    TransitionRule(
        name="resolver-keeps-accounts",
        about="spec.auth.jwt",
        cel=(
            f"!({_old(_JWT)} && {_JWT}) || {_old(_RESOLVER)} != 'full' || {_RESOLVER} == 'full' || "
            f"({_COMMITTED} && oldSelf.status.commitments.?resolver.orValue('') == 'memory')"
        ),
        message="resolver.type cannot change from full to memory: accounts pushed to the servers would be lost",
        holds=_accounts_stay,
    ),
)
