"""Guards for the volumes that store the JetStream streams."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from natsop_core.commitments import EMPTY_DIR, Claim
from natsop_core.guards.guard import Change, Guard, replaced
from natsop_core.guards.templates import completed, differing_fields, is_met, size_of, template_from
from natsop_core.kubernetes.quantity import rounded_bytes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.api.passthrough import Quantity
    from natsop_core.api.storage import VolumeClaimSpec
    from natsop_core.commitments import Commitments

_STORE: Final = "spec.config.jetstream.file_store"


def with_existing_stream_claim(cr: NatsCluster, committed: Commitments) -> NatsCluster:
    """The custom resource, with unset fields of the claim filled in from the existing claim."""
    if not _wants_claim(cr) or not isinstance(committed.jetstream, Claim):
        return cr
    return replaced(cr, f"{_STORE}.pvc", completed(cr.spec.config.jetstream.file_store.pvc, committed.jetstream))


def idle_claim(cr: NatsCluster, committed: Commitments) -> Claim | None:
    """The claim that stays mounted although the file store is off, because the servers were taken over with it.

    The Go program always creates a claim, and an unused volume does no harm.
    """
    jetstream = cr.spec.config.jetstream
    is_off = jetstream.enabled and not jetstream.file_store.enabled
    if is_off and (committed.is_taken_over or committed.keeps_idle_claim) and isinstance(committed.jetstream, Claim):
        return committed.jetstream
    return None


def _off(cr: NatsCluster, committed: Commitments) -> Change | None:
    claim = committed.jetstream
    if cr.spec.config.jetstream.enabled or not isinstance(claim, Claim) or not claim.is_fixed:
        return None
    kept = _with_claim(cr, claim, (committed.stores.file, _max_size(cr)))
    return Change("off", "on", _with_memory_store(kept, committed.stores.memory))


def _without_claims(cr: NatsCluster, committed: Commitments) -> Change | None:
    claim = committed.jetstream
    is_without = cr.spec.config.jetstream.enabled and not _wants_claim(cr)
    if not is_without or not isinstance(claim, Claim) or idle_claim(cr, committed):
        return None
    is_off = not cr.spec.config.jetstream.file_store.enabled
    wanted = "fileStore.enabled: false" if is_off else "fileStore.pvc.enabled: false"
    return Change(wanted, "claims", _with_claim(cr, claim, (committed.stores.file, _max_size(cr))))


def _other_claims(cr: NatsCluster, committed: Commitments) -> Change | None:
    claim, wanted = committed.jetstream, cr.spec.config.jetstream.file_store.pvc
    if not _wants_claim(cr) or not isinstance(claim, Claim) or is_met(wanted, claim):
        return None
    kept, most = template_from(claim, wanted), _max_size(cr)
    sizes = () if most is None else (most, committed.stores.file)
    return Change(differing_fields(wanted, kept), differing_fields(kept, wanted), _with_claim(cr, claim, sizes))


def _claims_in_place_of_empty_dirs(cr: NatsCluster, committed: Commitments) -> Change | None:
    if not _wants_claim(cr) or not committed.has_servers or committed.jetstream != EMPTY_DIR:
        return None
    pvc = cr.spec.config.jetstream.file_store.pvc.model_copy(update={"enabled": False})
    return Change("claims", EMPTY_DIR, replaced(cr, f"{_STORE}.pvc", _sized(pvc, committed.empty_dir_size)))


def _first_claims(cr: NatsCluster, committed: Commitments) -> Change | None:
    claim = committed.jetstream
    is_first = claim is None or (isinstance(claim, Claim) and not claim.is_fixed)
    if not _wants_claim(cr) or not committed.has_servers or not is_first:
        return None
    return Change("on", "off", replaced(cr, "spec.config.jetstream.enabled", False))


def _wants_claim(cr: NatsCluster) -> bool:
    jetstream = cr.spec.config.jetstream
    return jetstream.enabled and jetstream.file_store.enabled and jetstream.file_store.pvc.enabled


def _sized(pvc: VolumeClaimSpec, size: str) -> VolumeClaimSpec:
    """A changed size would recreate the pods, which would lose the streams in their emptyDir volumes."""
    return pvc.model_copy(update={"resources": {"requests": {"storage": size}}}) if size else pvc


def _with_memory_store(cr: NatsCluster, most: int | None) -> NatsCluster:
    """The custom resource with the memory store of the running servers, if it is known."""
    if most is None:
        return cr
    running = {"enabled": most > 0, "max_size": most or None}
    store = cr.spec.config.jetstream.memory_store.model_copy(update=running)
    return replaced(cr, "spec.config.jetstream.memory_store", store)


def _max_size(cr: NatsCluster) -> Quantity | None:
    return cr.spec.config.jetstream.file_store.max_size


def _with_claim(cr: NatsCluster, claim: Claim, sizes: Sequence[Quantity | None]) -> NatsCluster:
    """The custom resource with JetStream on the existing claim. The file store gets the first size that fits."""
    store, room = cr.spec.config.jetstream.file_store, size_of(claim.spec)
    fitting = (each for each in sizes if each is not None and (room is None or _bytes(each) <= _bytes(room)))
    pvc = template_from(claim, store.pvc).model_copy(update={"enabled": True})
    kept = store.model_copy(update={"enabled": True, "pvc": pvc, "max_size": next(fitting, None)})
    return replaced(replaced(cr, _STORE, kept), "spec.config.jetstream.enabled", True)


def _bytes(quantity: Quantity) -> int:
    return rounded_bytes(quantity) or 0


STREAM_GUARDS: Final = (
    Guard(
        name="jetstream-stays-on",
        reason="ImmutableField",
        find=_off,
        stays="JetStream stays on",
        why="Kubernetes cannot remove volumes from an existing StatefulSet",
        remedy=(
            "Set spec.config.jetstream back, or run `kubectl delete statefulset {cluster} --cascade=orphan`: the"
            " operator recreates the StatefulSet without JetStream, and the claims keep the streams."
        ),
    ),
    Guard(
        name="streams-stay-on-claims",
        reason="ImmutableField",
        find=_without_claims,
        stays="JetStream stays on its claims despite spec.config.jetstream.{wanted}",
        why="the streams are stored on them",
        remedy=(
            "Set it back, or discard the streams: delete the claims (`kubectl delete pvc --wait=false` with each"
            " jetstream-{cluster}-N) and then run `kubectl delete statefulset {cluster} --cascade=orphan`."
        ),
    ),
    Guard(
        name="stream-claims-stay",
        reason="ImmutableField",
        find=_other_claims,
        stays="JetStream stays on claims with {committed} instead of {wanted}",
        why="Kubernetes cannot change spec.volumeClaimTemplates of a StatefulSet, and the claims exist",
        remedy=(
            "Set spec.config.jetstream.fileStore.pvc back, or change each claim jetstream-{cluster}-N yourself and then"
            " run `kubectl delete statefulset {cluster} --cascade=orphan`."
        ),
    ),
    Guard(
        name="streams-stay-in-pods",
        reason="ImmutableField",
        find=_claims_in_place_of_empty_dirs,
        stays="JetStream stays on emptyDir volumes",
        why="Kubernetes cannot add claims to an existing StatefulSet, and the streams would not move to them",
        remedy=(
            "Set spec.config.jetstream.fileStore.pvc.enabled back to false, or back up the streams and run"
            " `kubectl delete statefulset {cluster}`: all servers stop, and start with claims and without streams."
        ),
    ),
    Guard(
        name="jetstream-stays-off",
        reason="ImmutableField",
        find=_first_claims,
        stays="JetStream stays off for now",
        why="Kubernetes cannot add claims to an existing StatefulSet",
        remedy=(
            "Run `kubectl delete statefulset {cluster}`: all servers stop, and start again with JetStream and claims;"
            " there are no streams to lose. Or set spec.config.jetstream back."
        ),
    ),
)
