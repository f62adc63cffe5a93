"""The finalizer that keeps a NatsCluster and its servers while it has NACK Accounts.

NACK deletes a stream on the servers before it removes the finalizer of its Stream. Without the servers it cannot, and
the Stream and its Account would never be deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.actions import SetFinalizers
from natsop_core.inputs import Forbidden
from natsop_core.kinds import CLUSTERS, NACK_ACCOUNTS
from natsop_core.resolve.children import children_of_kind

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata
    from natsop_core.lookup import Lookup


def may_have_accounts(metadata: Metadata, lookup: Lookup) -> bool:
    """Whether the NatsCluster has Accounts, or whether this is unknown.

    With the finalizer, the kind is always requested, even if the spec does not use it: only then are its objects known.
    """
    served = has_finalizer(metadata) and lookup.serves(NACK_ACCOUNTS.reference)
    return isinstance(served, Forbidden) or bool(children_of_kind(metadata, NACK_ACCOUNTS, lookup))


def has_finalizer(metadata: Metadata) -> bool:
    """Whether the NatsCluster has the finalizer."""
    return names.ACCOUNTS_FINALIZER in metadata.finalizers


def guard_accounts(metadata: Metadata, *, is_needed: bool) -> tuple[SetFinalizers, ...]:
    """The action that sets or removes the finalizer, if necessary. Finalizers of others stay."""
    if is_needed == has_finalizer(metadata):
        return ()
    others = tuple(each for each in metadata.finalizers if each != names.ACCOUNTS_FINALIZER)
    finalizers = (*others, names.ACCOUNTS_FINALIZER) if is_needed else others
    key = CLUSTERS.key(metadata.namespace, metadata.name)
    return (SetFinalizers(key, metadata.uid, metadata.resource_version, finalizers),)
