"""Commitments: all that running servers and their volumes bind us to, whatever the custom resource asks for now.

They are read from what exists: the live StatefulSet, the claims that outlive it, and the status that outlives both for
as long as the custom resource does. What only the past tells (how many servers we asked for before somebody scaled the
StatefulSet by hand) stands in a `Record` on each of them; it counts in that order, as far as it can be believed. Where
no record says anything, the objects themselves are taken at their word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar

from natsop_core import names
from natsop_core.kubernetes.image_name import tag_of
from natsop_core.kubernetes.quantity import rounded_bytes
from natsop_core.record import SILENT, Record, believed_record, read_record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Object: TypeAlias = Mapping[str, Any]
T = TypeVar("T")

EMPTY_DIR: Final = "emptyDir"

_ORDINAL: Final = re.compile("0|[1-9][0-9]*", re.ASCII)

_COMMON: Final = ("accessModes", "storageClassName", "volumeMode")
"""What all claims of one kind say alike, once they are bound."""


_LONGEST_NAME: Final = 253


@dataclass(frozen=True, slots=True)
class Claim:
    """The PersistentVolumeClaim that each server has of one kind.

    spec: of the StatefulSet's template, where it `is_fixed` by Kubernetes; else what the retained claims share.
    """

    spec: Mapping[str, Any]
    is_fixed: bool


Volume: TypeAlias = Claim | Literal["emptyDir"]


@dataclass(frozen=True, slots=True)
class Stores:
    """How many bytes the running servers store at most, as their configuration says. None: not said."""

    file: int | None = None
    memory: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitments:
    """What binds us. The values of a cluster that is yet to be made bind us to nothing.

    has_servers: there is a StatefulSet, whose claim templates and pod management policy Kubernetes lets nobody change.
    is_taken_over: another program made it, and we have not applied it yet.
    stores_outside: its servers keep their streams in the containers' own layer.
    replicas: on how many servers JetStream's streams lie; 0 where there are none.
    server_name_prefix: of these servers; None where nobody knows. Then the wanted one has to be believed.
    jetstream, resolver: where streams and accounts are kept.
    empty_dir_size: of the running servers' emptyDirs, where they have a limit. stores: what they store at most; known
    only where a refusal needs it.
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


@dataclass(frozen=True, slots=True)
class Held:
    """A claim of one of the servers: its object, and what its record says."""

    ordinal: int
    claim: Object
    record: Record


def commitments_of(
    cluster: str, live: Object | None, claims: Sequence[Object], status: Object, *, stores_outside: bool = False
) -> Commitments:
    """What binds us to a NatsCluster of this name.

    live: its StatefulSet, which is ours or an orphan of ours. claims: all with its label. status: its own.
    """
    streams = held_claims(names.JETSTREAM_VOLUME, cluster, claims)
    accounts = held_claims(names.RESOLVER_VOLUME, cluster, claims)
    spec = live["spec"] if live else {}
    noted, reported = believed_record(live["metadata"]) if live else SILENT, _reported(status)
    records = (noted, *(each.record for each in (*streams, *accounts)), reported)
    jetstream = _jetstream(spec, streams, SILENT if live else reported)
    return Commitments(
        has_servers=live is not None,
        is_taken_over=live is not None and names.APPLIED_ANNOTATION not in (live["metadata"].get("annotations") or {}),
        stores_outside=stores_outside,
        replicas=_replicas(spec, noted, streams, reported) if jetstream else 0,
        server_name_prefix=_said(
            records,
            lambda each: each.server_name_prefix,
            _server_name_prefix(spec) if _mounts_jetstream(spec) else None,
        ),
        jetstream=jetstream,
        resolver=_template(spec, names.RESOLVER_VOLUME) or _retained(accounts),
        empty_dir_size=_empty_dir_size(spec),
        pod_management_policy=spec.get("podManagementPolicy", "OrderedReady") if live else "",
        server_tag=_said(records, lambda each: each.server_tag, _tag(spec, names.SERVER_CONTAINER)),
        reloader_tag=_said(records, lambda each: each.reloader_tag, _tag(spec, names.RELOADER_CONTAINER)),
        exporter_tag=_said(records, lambda each: each.exporter_tag, _tag(spec, names.EXPORTER_CONTAINER)),
        keeps_identity=_said(records, lambda each: each.keeps_identity, live is not None and _has_no_identity(spec)),
        keeps_idle_claim=_said(records, lambda each: each.keeps_idle_claim, False),
    )


def held_claims(volume: str, cluster: str, claims: Sequence[Object]) -> tuple[Held, ...]:
    """The claims that a cluster's servers have of one kind, by ordinal. One that is being deleted is given up."""
    prefix = f"{volume}-{names.stateful_set(cluster)}-"
    named = ((each["metadata"]["name"], each) for each in claims)
    ordinals = ((name.removeprefix(prefix), each) for name, each in named if name.startswith(prefix))
    held = (
        Held(int(ordinal), each, believed_record(each["metadata"]))
        for ordinal, each in ordinals
        if _ORDINAL.fullmatch(ordinal) and "deletionTimestamp" not in each["metadata"]
    )
    return tuple(sorted(held, key=lambda each: each.ordinal))


def unrecorded_claims(cluster: str, live: Object | None, claims: Sequence[Object]) -> Iterator[tuple[Object, str]]:
    """The claims that do not say what the StatefulSet which mounts them says, and what they are to say.

    While another one runs, or none does, they go on saying what was so when they were mounted last.
    """
    record = believed_record(live["metadata"]) if live else SILENT
    if live is None or record == SILENT:
        return
    text = record.annotation
    for volume in (names.JETSTREAM_VOLUME, names.RESOLVER_VOLUME):
        if _template(live["spec"], volume):
            held = held_claims(volume, cluster, claims)
            yield from ((each.claim, text) for each in held if each.record != record)


def _said(records: Sequence[Record], value: Callable[[Record], T | None], otherwise: T) -> T:
    """What the first record says that says anything."""
    return next((said for each in records if (said := value(each)) is not None), otherwise)


def _reported(status: Object) -> Record:
    """By our own report. An older one knows the number of servers alone."""
    record = read_record(status.get("commitments"))
    return record if record != SILENT else read_record({"replicas": status.get("jetStreamReplicas")})


# How many servers


def _replicas(spec: Object, noted: Record, streams: Sequence[Held], reported: Record) -> int:
    """What we asked for, not what a stray `kubectl scale` made of it. A StatefulSet that was scaled to nothing before
    it was ours does not say how many servers it had, but its claims do."""
    by_claims = _servers_with_claims(streams)
    if not _mounts_jetstream(spec):
        return by_claims or reported.replicas or 0
    records = (noted, *(each.record for each in streams), reported)
    asked = _said(records, lambda each: each.replicas or None, 0)
    return asked or spec.get("replicas", 1) or by_claims


def _servers_with_claims(streams: Sequence[Held]) -> int:
    """As many servers as it takes to have one for each claim, also where some between have gone.

    A claim with a record says what is meant instead: one that a smaller cluster has left behind counts for nothing.
    They are written in the order of their ordinals, so when the first says that it stands alone, the others are late.
    """
    if streams and streams[0].record.replicas == 1:
        return 1
    return max((each.record.replicas or each.ordinal + 1 for each in streams), default=0)


# Volumes


def _jetstream(spec: Object, streams: Sequence[Held], reported: Record) -> Volume | None:
    """Where the streams are kept. Of emptyDirs without a StatefulSet only the status knows, since the pods may still
    run; of an older status, they have to be assumed."""
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
    """JetStream's volume that is no claim."""
    volumes: Sequence[Object] = spec.get("template", {}).get("spec", {}).get("volumes") or ()
    return next((each for each in volumes if each["name"] == names.JETSTREAM_VOLUME), None)


def _empty_dir_size(spec: Object) -> str:
    volume = _pod_volume(spec) or {}
    return str((volume.get("emptyDir") or {}).get("sizeLimit", ""))


def _template(spec: Object, name: str) -> Claim | None:
    templates = spec.get("volumeClaimTemplates") or ()
    return next((Claim(each["spec"], is_fixed=True) for each in templates if each["metadata"]["name"] == name), None)


def _retained(claims: Sequence[Held]) -> Claim | None:
    """What the claims are alike in: the rest of each is about its own volume. The smallest tells the size."""
    if not claims:
        return None
    specs: list[Object] = [each.claim["spec"] for each in claims]
    sizes = [size for each in specs if (size := each.get("resources", {}).get("requests", {}).get("storage"))]
    smallest = min(sizes, key=lambda size: rounded_bytes(size) or 0, default=None)
    resources = {} if smallest is None else {"resources": {"requests": {"storage": smallest}}}
    return Claim({**{key: specs[0][key] for key in _COMMON if key in specs[0]}, **resources}, is_fixed=False)


# What the pods' template says


def _container(spec: Object, name: str) -> Object:
    containers: Sequence[Object] = spec.get("template", {}).get("spec", {}).get("containers") or ()
    return next((each for each in containers if each["name"] == name), {})


def _tag(spec: Object, container: str) -> str:
    return tag_of(_container(spec, container).get("image", ""))


def _server_name_prefix(spec: Object) -> str | None:
    """None for what cannot be part of a name."""
    for variable in _container(spec, names.SERVER_CONTAINER).get("env") or ():
        if variable["name"] == names.SERVER_NAME_VARIABLE:
            value: str = variable.get("value", "")
            prefix = value.strip("'").removesuffix(f"$({names.POD_NAME_VARIABLE})")
            return prefix if len(prefix) <= _LONGEST_NAME else None
    return ""


def _has_no_identity(spec: Object) -> bool:
    security = spec["template"]["spec"].get("securityContext") or {}
    return "runAsUser" not in security or "fsGroup" not in security
