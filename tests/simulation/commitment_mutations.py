"""Faults of the operator, put into it on purpose, about what servers and volumes commit us to: see `mutations`."""

from __future__ import annotations

from typing import Any, Final

import pytest

from natsop_core import commitments
from natsop_core.guards import GUARDS, granting
from natsop_core.record import NO_RECORD


def _without_guards(patch: pytest.MonkeyPatch, *names: str) -> None:
    assert {*names} <= {guard.name for guard in GUARDS}
    patch.setattr(granting, "GUARDS", tuple(guard for guard in GUARDS if guard.name not in names))


def streams_do_not_matter(patch: pytest.MonkeyPatch) -> None:
    """Any number of servers is as good as any other."""
    _without_guards(patch, "no-fewer-servers", "no-cluster-of-a-lone-server")


def strays_are_believed(patch: pytest.MonkeyPatch) -> None:
    """What runs counts, not what was asked for: our records, in the annotations and in the status, are ignored."""
    patch.setattr(commitments, "trusted_record", lambda _: NO_RECORD)
    patch.setattr(commitments, "_reported", lambda _: NO_RECORD)


def deletion_is_forgetting(patch: pytest.MonkeyPatch) -> None:
    """Without a StatefulSet nothing is committed: neither claims nor status count."""
    original = commitments.commitments_of

    def forgetful(name: str, live: Any, claims: Any, status: Any) -> Any:
        return original(name, live, claims, status) if live else commitments.Commitments()

    patch.setattr("natsop_core.resolve.existing.commitments_of", forgetful)


def claims_do_not_count(patch: pytest.MonkeyPatch) -> None:
    """A custom resource that is made anew knows nothing of the claims of the one before."""
    patch.setattr(commitments, "server_claims", lambda *_: ())


def losing_data_is_never_allowed(patch: pytest.MonkeyPatch) -> None:
    """The annotation that lets a change through is overlooked."""
    patch.setattr(granting, "allowed_changes", lambda _: frozenset())


def claims_are_sent_anyway(patch: pytest.MonkeyPatch) -> None:
    """Other claims are wanted of a StatefulSet that has some."""
    _without_guards(patch, "stream-claims-stay", "streams-stay-on-claims", "streams-stay-in-pods")


def servers_are_renamed(patch: pytest.MonkeyPatch) -> None:
    """Whoever knows the servers by their names, they get others."""
    _without_guards(patch, "server-names-stay")


COMMITMENT_MUTATIONS: Final = (
    streams_do_not_matter,
    strays_are_believed,
    deletion_is_forgetting,
    claims_do_not_count,
    losing_data_is_never_allowed,
    claims_are_sent_anyway,
    servers_are_renamed,
)
