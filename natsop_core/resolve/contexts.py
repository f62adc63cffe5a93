"""Resolves the contexts of a NatsBox for the nats CLI: URL, credentials and files of each."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Final

from natsop_core import names
from natsop_core.api.natsbox import ContextSpec
from natsop_core.findings import Finding
from natsop_core.frozen import frozen
from natsop_core.references import KeyReference, ReferredKind
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.files import authority
from natsop_core.resolve.referred import find, key_reference
from natsop_core.resolve.routes import cluster_domain
from natsop_core.resolve.types import Context, Folder

if TYPE_CHECKING:
    from collections.abc import Iterable

    from natsop_core.api.natsbox import NatsBox
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.kubernetes.types import KeyToPath, VolumeProjection
    from natsop_core.lookup import Lookup

LONGEST_FILE_NAME: Final = 255
"""Bytes; the limit of all common file systems."""

_KEY: Final = re.compile(r"[-._a-zA-Z0-9]{1,253}")
"""A valid key of a Secret (apimachinery IsConfigMapKey); names with `..` are rejected before."""

SECURE: Final = "tls"
_ENDPOINT: Final = re.compile(rf"(?P<scheme>nats|{SECURE})://[^/:]+:(?P<port>[0-9]{{1,5}})")

_SYSTEM_FIELD: Final = "spec.clusterRef.systemContext"

Setting = str
"""A field of a context's JSON file (jsm.go natscontext/context.go)."""


@frozen
class Contexts:
    """The resolved contexts. folder: all files that they refer to; None if there are none."""

    contexts: tuple[Context, ...]
    folder: Folder | None


def resolve_contexts(cr: NatsBox, cluster: NatsCluster | None, lookup: Lookup) -> Answer[Contexts]:
    """Resolve the contexts and their references. cluster: that of clusterRef, whose credentials are not used."""
    contexts, mounted, findings = [], [], []
    for name, spec in wanted_contexts(cr).items():
        problems = (_unusable(name), _without_address(name, spec, cluster), _without_system_user(cr, name, cluster))
        findings += [each for each in problems if each]
        settings = {"description": spec.description or "", "url": spec.url or (_url(cluster) if cluster else "")}
        for setting, reference in context_references(cr, name, spec, cluster):
            found = find(reference, lookup)
            if isinstance(found, Finding):
                findings.append(found)
            elif found is not None:
                settings[setting] = f"{names.REFERENCES_FOLDER}/{_path(reference)}"
                mounted.append(reference)
        contexts.append(Context(name, {key: value for key, value in settings.items() if value}, _key(name)))
    resolved = Contexts(tuple(contexts), _folder(mounted))
    return Answer(resolved, tuple(dict.fromkeys(findings)), blocks=bool(findings))


def wanted_contexts(cr: NatsBox) -> Mapping[str, ContextSpec]:
    """The contexts by name. With a clusterRef, there is always a context named default, which connects to it."""
    contexts, to = dict(cr.spec.contexts), cr.spec.cluster_ref
    if to and names.DEFAULT_CONTEXT not in contexts:
        contexts[names.DEFAULT_CONTEXT] = ContextSpec(description=f"NatsCluster {to.name}")
    if to and to.system_context and names.SYSTEM_CONTEXT not in contexts:
        contexts[names.SYSTEM_CONTEXT] = ContextSpec(description=f"System account of NatsCluster {to.name}")
    return dict(sorted(contexts.items()))


def context_references(
    cr: NatsBox, name: str, spec: ContextSpec, cluster: NatsCluster | None
) -> Iterator[tuple[Setting, KeyReference]]:
    """The settings of the context that are paths, with the key of each."""
    field, namespace = f"spec.contexts[{name}]", cr.metadata.namespace
    if cluster and _is_for_system(cr, name) and (user := _system_user_of(cluster)):
        yield user
    if spec.creds:
        yield "creds", key_reference("Secret", namespace, spec.creds, f"{field}.creds")
    if spec.nkey:
        yield "nkey", key_reference("Secret", namespace, spec.nkey, f"{field}.nkey")
    if spec.tls:
        yield "cert", KeyReference("Secret", namespace, spec.tls.name, "tls.crt", f"{field}.tls")
        yield "key", KeyReference("Secret", namespace, spec.tls.name, "tls.key", f"{field}.tls")
    if spec.ca.source:
        kind: ReferredKind = "Secret" if spec.ca.secret else "ConfigMap"
        yield "ca", key_reference(kind, namespace, spec.ca.source, f"{field}.ca")
    elif cluster and not spec.url and (of_cluster := _authority_of(cluster)):
        yield "ca", of_cluster


def _is_for_system(cr: NatsBox, name: str) -> bool:
    """Whether the context is the one of systemContext, and not a context of the user with that name."""
    to = cr.spec.cluster_ref
    return bool(to and to.system_context) and name == names.SYSTEM_CONTEXT and name not in cr.spec.contexts


def _system_user_of(cluster: NatsCluster) -> tuple[Setting, KeyReference] | None:
    """The credentials of a user of the cluster's system account, if known."""
    namespace, auth = cluster.metadata.namespace, cluster.spec.auth
    if auth.jwt:
        creds = auth.jwt.system.user_creds if auth.jwt.system else None
        return ("creds", key_reference("Secret", namespace, creds, _SYSTEM_FIELD)) if creds else None
    if not auth.system_user.enabled or cluster.spec.config_map.existing_name:
        return None
    secret = names.system_secret(cluster.metadata.name)
    return "nkey", KeyReference("Secret", namespace, secret, names.SYSTEM_USER_KEY, _SYSTEM_FIELD)


def _without_system_user(cr: NatsBox, name: str, cluster: NatsCluster | None) -> Finding | None:
    if cluster is None or not _is_for_system(cr, name) or _system_user_of(cluster):
        return None
    return Finding(
        "InvalidSpec",
        f"{_SYSTEM_FIELD} needs a user of the system account, but NatsCluster {cluster.metadata.name} has none: set its"
        " spec.auth.systemUser.enabled or, with spec.auth.jwt, the userCreds of the system account.",
    )


def _authority_of(cluster: NatsCluster) -> KeyReference | None:
    """The CA of the cluster, if clients need it."""
    scheme, _ = _scheme_and_port(cluster)
    return authority(cluster) if scheme == SECURE else None


def _url(cluster: NatsCluster) -> str:
    scheme, port = _scheme_and_port(cluster)
    metadata = cluster.metadata
    return f"{scheme}://{names.headless_host(metadata.name, metadata.namespace, cluster_domain(cluster))}:{port}"


def _scheme_and_port(cluster: NatsCluster) -> tuple[str, str]:
    """From the reported status of the cluster, because its spec may be refused; without a status, from the spec."""
    endpoints = cluster.status.get("endpoints")
    reported = endpoints.get("headless") if isinstance(endpoints, Mapping) else None
    if running := _ENDPOINT.fullmatch(str(reported)):
        return running["scheme"], running["port"]
    client = cluster.spec.config.nats
    return SECURE if client.tls.enabled else "nats", str(client.port)


def _unusable(name: str) -> Finding | None:
    """The problem of a name that the nats CLI rejects (jsm.go natscontext ValidateName), or that is no file name."""
    if name and ".." not in name and "\\" not in name and len(f"{name}.json".encode()) <= LONGEST_FILE_NAME:
        return None
    return Finding(
        "InvalidSpec",
        f"spec.contexts[{name}] has a name that the nats CLI cannot use: use a name of 1 to 250 bytes without '..' and"
        " '\\'.",
    )


def _without_address(name: str, spec: ContextSpec, cluster: NatsCluster | None) -> Finding | None:
    if spec.url or cluster:
        return None
    return Finding("InvalidSpec", f"spec.contexts[{name}] has no url: set it, or set spec.clusterRef.")


def _key(name: str) -> str:
    """The Secret's key for a context: its file name if that is a valid key, else a name with its digest.

    They never collide: only file names end in `.json`.
    """
    file = f"{name}.json"
    return file if _KEY.fullmatch(file) else f"context-{hashlib.sha256(name.encode()).hexdigest()[:32]}"


def _folder(references: Iterable[KeyReference]) -> Folder | None:
    """One projected volume with a folder per object, so that names cannot collide."""
    items: dict[tuple[ReferredKind, str], dict[str, KeyToPath]] = {}
    for each in references:
        items.setdefault((each.kind, each.name), {})[each.key] = {"key": each.key, "path": _path(each)}
    if not items:
        return None
    sources = [_projection(kind, name, list(of_object.values())) for (kind, name), of_object in sorted(items.items())]
    files = tuple(item["path"] for of_object in items.values() for item in of_object.values())
    return Folder({"name": names.REFERENCES_VOLUME, "projected": {"sources": sources}}, names.REFERENCES_FOLDER, files)


def _projection(kind: ReferredKind, name: str, items: list[KeyToPath]) -> VolumeProjection:
    if kind == "Secret":
        return {"secret": {"name": name, "items": items}}
    return {"configMap": {"name": name, "items": items}}


def _path(reference: KeyReference) -> str:
    return f"{reference.kind.lower()}/{reference.name}/{reference.key}"
