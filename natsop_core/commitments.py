"""Commitments: the settings of running servers and their volumes that must not change freely, whatever the spec wants.

They are read from the live StatefulSet, from the claims, which outlive it, and from the status. Values that cannot be
seen in these (such as the number of servers that was applied before someone scaled the StatefulSet by hand) are stored
in a `Record` on each of them. The first trusted record in that order counts; without a record, the values of the
objects themselves count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.kubernetes.image_name import tag_of
from natsop_core.kubernetes.quantity import rounded_bytes
from natsop_core.record import NO_RECORD, Record, read_record, trusted_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

EMPTY_DIR: Final = "emptyDir"

_ORDINAL: Final = re.compile("0|[1-9][0-9]*", re.ASCII)

_COMMON: Final = ("accessModes", "storageClassName", "volumeMode")
"""The fields that all bound claims of one kind share."""


_LONGEST_NAME: Final = 253


@frozen
class Claim:
    """The PersistentVolumeClaims of one kind, one for each server.

    spec: from the template of the StatefulSet if `is_fixed` (Kubernetes does not allow changes); else the fields that
    the retained claims share.
    """

    spec: Mapping[str, Any]
    is_fixed: bool


Volume: TypeAlias = Claim | Literal["emptyDir"]


@frozen
class Stores:
    """Maximum bytes that the running servers store, from their configuration. None: not configured."""

    file: int | None = None
    memory: int | None = None


@frozen(kw_only=True)
class Commitments:
    """The commitments of a cluster. The default values are those of a cluster that does not exist yet.

    has_servers: a StatefulSet exists. Kubernetes cannot change its claim templates and pod management policy.
    is_taken_over: another program created it, and the operator has not applied it yet.
    stores_outside: its servers store streams in the file system of the containers.
    replicas: number of servers that store JetStream streams; 0 if there are no streams.
    server_name_prefix: prefix of these servers; None if unknown, which accepts the wanted prefix.
    jetstream, resolver: where streams and accounts are stored.
    empty_dir_size: size limit of the emptyDir volumes of the running servers, if any. stores: their store limits, known
    only if a refusal needs them.
    The other fields are those of `Record`.
    """

    has_servers: bool = False
    is_taken_over: bool = False
    stores_outside: bool = False
    replicas: int = 0
    server_name_prefix: str | None = None
    jetstream: Volume | None = None
    resolver: Claim | None = None
    empty_dir_size: str = ""
    stores: Stores = Stores()
    pod_management_policy: str = ""
    server_tag: str = ""
    reloader_tag: str = ""
    exporter_tag: str = ""
    keeps_identity: bool = False
    keeps_idle_claim: bool = False


@frozen
class ServerClaim:
    """A claim of one of the servers: its object and its record."""

    ordinal: int
    claim: Object
    record: Record


def commitments_of(
    cluster: str, live: Object | None, claims: Sequence[Object], status: Object, *, stores_outside: bool = False
) -> Commitments:
    """The commitments of the NatsCluster with this name.

    live: its StatefulSet, which belongs to it or is an orphan of it. claims: all claims with its label. status: its
    status.
    """
    streams = server_claims(names.JETSTREAM_VOLUME, cluster, claims)
    accounts = server_claims(names.RESOLVER_VOLUME, cluster, claims)
    spec = live["spec"] if live else {}
    noted, reported = trusted_record(live["metadata"]) if live else NO_RECORD, _reported(status)
    records = (noted, *(each.record for each in (*streams, *accounts)), reported)
    jetstream = _jetstream(spec, streams, NO_RECORD if live else reported)
    return Commitments(
        has_servers=live is not None,
        is_taken_over=live is not None and names.APPLIED_ANNOTATION not in (live["metadata"].get("annotations") or {}),
        stores_outside=stores_outside,
        replicas=_replicas(spec, noted, streams, reported) if jetstream else 0,
        server_name_prefix=_first_known(
            records,
            lambda each: each.server_name_prefix,
            _server_name_prefix(spec) if _mounts_jetstream(spec) else None,
        ),
        jetstream=jetstream,
        resolver=_template(spec, names.RESOLVER_VOLUME) or _retained(accounts),
        empty_dir_size=_empty_dir_size(spec),
        pod_management_policy=spec.get("podManagementPolicy", "OrderedReady") if live else "",
        server_tag=_first_known(records, lambda each: each.server_tag, _tag(spec, names.SERVER_CONTAINER)),
        reloader_tag=_first_known(records, lambda each: each.reloader_tag, _tag(spec, names.RELOADER_CONTAINER)),
        exporter_tag=_first_known(records, lambda each: each.exporter_tag, _tag(spec, names.EXPORTER_CONTAINER)),
        keeps_identity=_first_known(
            records, lambda each: each.keeps_identity, live is not None and _has_no_identity(spec)
        ),
        keeps_idle_claim=_first_known(records, lambda each: each.keeps_idle_claim, False),
    )


def server_claims(volume: str, cluster: str, claims: Sequence[Object]) -> tuple[ServerClaim, ...]:
    """The claims of one kind of a cluster's servers, by ordinal, without those that are being deleted."""
    prefix = f"{volume}-{names.stateful_set(cluster)}-"
    named = ((each["metadata"]["name"], each) for each in claims)
    ordinals = ((name.removeprefix(prefix), each) for name, each in named if name.startswith(prefix))
    held = (
        ServerClaim(int(ordinal), each, trusted_record(each["metadata"]))
        for ordinal, each in ordinals
        if _ORDINAL.fullmatch(ordinal) and "deletionTimestamp" not in each["metadata"]
    )
    return tuple(sorted(held, key=lambda each: each.ordinal))


def unrecorded_claims(cluster: str, live: Object | None, claims: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """The claims whose record differs from that of the StatefulSet that mounts them, each with the new record.

    Without a StatefulSet of the operator, the claims keep the record from when they were last mounted.
    """
    record = trusted_record(live["metadata"]) if live else NO_RECORD
    if live is None or record == NO_RECORD:
        return
    text = record.annotation
    for volume in (names.JETSTREAM_VOLUME, names.RESOLVER_VOLUME):
        if _template(live["spec"], volume):
            held = server_claims(volume, cluster, claims)
            yield from ((each.claim, text) for each in held if each.record != record)


def _first_known(records: Sequence[Record], value: Callable[[Record], T | None], otherwise: T) -> T:
    """The value of the first record that has one."""
    return next((said for each in records if (said := value(each)) is not None), otherwise)


def _reported(status: Object) -> Record:
    """The record in the status. A status of an older version has only the number of servers."""
    record = read_record(status.get("commitments"))
    return record if record != NO_RECORD else read_record({"replicas": status.get("jetStreamReplicas")})


# How many servers


def _replicas(spec: Object, noted: Record, streams: Sequence[ServerClaim], reported: Record) -> int:
    """The number that the operator applied, not the result of a manual `kubectl scale`. For a StatefulSet that was
    scaled to zero before it was taken over, the claims give the number."""
    by_claims = _servers_with_claims(streams)
    if not _mounts_jetstream(spec):
        return by_claims or reported.replicas or 0
    records = (noted, *(each.record for each in streams), reported)
    asked = _first_known(records, lambda each: each.replicas or None, 0)
    return asked or spec.get("replicas", 1) or by_claims


def _servers_with_claims(streams: Sequence[ServerClaim]) -> int:
    """The number of servers that the claims belong to, by the highest ordinal: some claims may be missing.

    The record of a claim counts more than its ordinal: a smaller cluster may have left the claim behind. Records are
    written in the order of the ordinals, so if the first one says one replica, the others are outdated.
    """
    if streams and streams[0].record.replicas == 1:
        return 1
    return max((each.record.replicas or each.ordinal + 1 for each in streams), default=0)


# Volumes


def _jetstream(spec: Object, streams: Sequence[ServerClaim], reported: Record) -> Volume | None:
    """Where the streams are stored. Without a StatefulSet, pods with emptyDir volumes may still run; only the status
    knows of them. For a status of an older version, they are assumed."""
    if claim := _template(spec, names.JETSTREAM_VOLUME):
        return claim
    if _mounts_jetstream(spec):
        return EMPTY_DIR
    if retained := _retained(streams):
        return retained
    return EMPTY_DIR if reported.replicas and reported.jetstream in (EMPTY_DIR, None) else None


def _mounts_jetstream(spec: Object) -> bool:
    return _pod_volume(spec) is not None or _template(spec, names.JETSTREAM_VOLUME) is not None


def _pod_volume(spec: Object) -> Object | None:
    """The JetStream volume that is not a claim."""
    volumes: Sequence[Object] = spec.get("template", {}).get("spec", {}).get("volumes") or ()
    return next((each for each in volumes if each["name"] == names.JETSTREAM_VOLUME), None)


def _empty_dir_size(spec: Object) -> str:
    volume = _pod_volume(spec) or {}
    return str((volume.get("emptyDir") or {}).get("sizeLimit", ""))


def _template(spec: Object, name: str) -> Claim | None:
    templates = spec.get("volumeClaimTemplates") or ()
    return next((Claim(each["spec"], is_fixed=True) for each in templates if each["metadata"]["name"] == name), None)


def _retained(claims: Sequence[ServerClaim]) -> Claim | None:
    """The fields that the claims share, without those about their individual volumes; the size is the smallest one."""
    if not claims:
        return None
    specs: list[Object] = [each.claim["spec"] for each in claims]
    sizes = [size for each in specs if (size := each.get("resources", {}).get("requests", {}).get("storage"))]
    smallest = min(sizes, key=lambda size: rounded_bytes(size) or 0, default=None)
    resources = {} if smallest is None else {"resources": {"requests": {"storage": smallest}}}
    return Claim({**{key: specs[0][key] for key in _COMMON if key in specs[0]}, **resources}, is_fixed=False)


# The pod template


def _container(spec: Object, name: str) -> Object:
    containers: Sequence[Object] = spec.get("template", {}).get("spec", {}).get("containers") or ()
    return next((each for each in containers if each["name"] == name), {})


def _tag(spec: Object, container: str) -> str:
    return tag_of(_container(spec, container).get("image", ""))


def _server_name_prefix(spec: Object) -> str | None:
    """The prefix of the server names; None for a value that cannot be part of a name."""
    for variable in _container(spec, names.SERVER_CONTAINER).get("env") or ():
        if variable["name"] == names.SERVER_NAME_VARIABLE:
            value: str = variable.get("value", "")
            prefix = value.strip("'").removesuffix(f"$({names.POD_NAME_VARIABLE})")
            return prefix if len(prefix) <= _LONGEST_NAME else None
    return ""


def _has_no_identity(spec: Object) -> bool:
    security = spec["template"]["spec"].get("securityContext") or {}
    return "runAsUser" not in security or "fsGroup" not in security
