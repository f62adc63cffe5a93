"""Guards for the accounts that a full resolver keeps on its volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.api.storage import VolumeTemplateSpec
from natsop_core.guards.guard import Change, Guard, replaced
from natsop_core.guards.templates import completed, differing_fields, is_met, template_from

if TYPE_CHECKING:
    from natsop_core.api.auth import ResolverSpec
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.commitments import Claim, Commitments

_RESOLVER: Final = "spec.auth.jwt.resolver"


def with_existing_account_claim(cr: NatsCluster, committed: Commitments) -> NatsCluster:
    """The custom resource, with unset fields of the claim filled in from the existing claim."""
    resolver = _full_resolver(cr)
    if resolver is None or committed.resolver is None:
        return cr
    return replaced(cr, f"{_RESOLVER}.storage", completed(_storage(resolver), committed.resolver))


def _no_authentication(cr: NatsCluster, committed: Commitments) -> Change | None:
    """The custom resource is not changed: the servers keep the authentication in the Secret that they mount."""
    if cr.spec.auth.jwt is not None or committed.resolver is None or not committed.resolver.is_fixed:
        return None
    return Change("none", "JWT", cr)


def _in_memory(cr: NatsCluster, committed: Commitments) -> Change | None:
    jwt = cr.spec.auth.jwt
    if jwt is None or jwt.resolver.type == "full" or committed.resolver is None:
        return None
    return Change(jwt.resolver.type, "full", _with_claim(cr, jwt.resolver, committed.resolver))


def _other_claims(cr: NatsCluster, committed: Commitments) -> Change | None:
    resolver, claim = _full_resolver(cr), committed.resolver
    if resolver is None or claim is None or is_met(_storage(resolver), claim):
        return None
    wanted, kept = _storage(resolver), template_from(claim, _storage(resolver))
    return Change(differing_fields(wanted, kept), differing_fields(kept, wanted), _with_claim(cr, resolver, claim))


def _first_claims(cr: NatsCluster, committed: Commitments) -> Change | None:
    is_first = committed.resolver is None or not committed.resolver.is_fixed
    if _full_resolver(cr) is None or not committed.has_servers or not is_first:
        return None
    return Change("full", "memory", replaced(cr, f"{_RESOLVER}.type", "memory"))


def _full_resolver(cr: NatsCluster) -> ResolverSpec | None:
    jwt = cr.spec.auth.jwt
    return jwt.resolver if jwt and jwt.resolver.type == "full" else None


def _storage(resolver: ResolverSpec) -> VolumeTemplateSpec:
    return resolver.storage or VolumeTemplateSpec()


def _with_claim(cr: NatsCluster, resolver: ResolverSpec, claim: Claim) -> NatsCluster:
    kept = resolver.model_copy(update={"type": "full", "storage": template_from(claim, _storage(resolver))})
    return replaced(cr, _RESOLVER, kept)


ACCOUNT_GUARDS: Final = (
    Guard(
        name="authentication-stays",
        reason="ImmutableField",
        find=_no_authentication,
        stays="Authentication is not changed",
        why="Kubernetes cannot remove volumes from an existing StatefulSet, and the accounts are stored on them",
        remedy=(
            "Set spec.auth.jwt back, or run `kubectl delete statefulset {cluster} --cascade=orphan`: the operator"
            " recreates the StatefulSet without authentication, and the claims keep the accounts."
        ),
    ),
    Guard(
        name="accounts-stay-on-claims",
        reason="ImmutableField",
        find=_in_memory,
        stays="The account resolver stays full",
        why="accounts that were pushed to it are stored on its claims",
        remedy=(
            "Set spec.auth.jwt.resolver.type back to full, or discard these accounts: delete the claims (`kubectl"
            " delete pvc --wait=false` with each resolver-{cluster}-N) and then run `kubectl delete statefulset"
            " {cluster} --cascade=orphan`."
        ),
    ),
    Guard(
        name="account-claims-stay",
        reason="ImmutableField",
        find=_other_claims,
        stays="The account resolver stays on claims with {committed} instead of {wanted}",
        why="Kubernetes cannot change spec.volumeClaimTemplates of a StatefulSet, and the claims exist",
        remedy=(
            "Set spec.auth.jwt.resolver.storage back, or change each claim resolver-{cluster}-N yourself and then run"
            " `kubectl delete statefulset {cluster} --cascade=orphan`."
        ),
    ),
    Guard(
        name="accounts-stay-in-memory",
        reason="ImmutableField",
        find=_first_claims,
        stays="The account resolver stays in memory for now",
        why="Kubernetes cannot add claims to an existing StatefulSet",
        remedy=(
            "Run `kubectl delete statefulset {cluster}`: all servers stop, and start again with the full resolver; no"
            " stream on a volume is lost. Or set spec.auth.jwt.resolver back."
        ),
    ),
)
