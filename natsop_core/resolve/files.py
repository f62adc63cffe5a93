"""Resolves the folders to mount for certificates, CA and included files, and checks that their files exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from natsop_core import names
from natsop_core.findings import Finding
from natsop_core.listeners import LISTENERS
from natsop_core.references import KeyReference, ReferredKind
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.referred import find, key_reference
from natsop_core.resolve.types import Folder, IncludedFile

if TYPE_CHECKING:
    from natsop_core.api.config import IncludeSpec
    from natsop_core.api.listeners import TlsSpec
    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.kubernetes.types import Volume, VolumeProjection
    from natsop_core.lookup import Lookup


def certificates(cr: NatsCluster) -> Iterator[tuple[str, TlsSpec, KeyReference, KeyReference]]:
    """For each listener with TLS: its name, its settings, and the references to its certificate and its key."""
    for row in LISTENERS:
        tls = row.tls(cr.spec) if row.tls and row.listens(cr.spec) else None
        if tls is not None and tls.enabled:
            field, secret, namespace = f"spec.{row.path}.tls", tls.secret_name or "", cr.metadata.namespace
            yield (
                row.name,
                tls,
                KeyReference("Secret", namespace, secret, tls.cert, field),
                KeyReference("Secret", namespace, secret, tls.key, field),
            )


def authority(cr: NatsCluster) -> KeyReference | None:
    """The reference to the CA certificates, or None."""
    ca = cr.spec.tls_ca
    if ca.source is None:
        return None
    return key_reference("Secret" if ca.secret else "ConfigMap", cr.metadata.namespace, ca.source, "spec.tlsCA")


def include_reference(cr: NatsCluster, include: IncludeSpec) -> KeyReference:
    """The reference to an included file."""
    kind: ReferredKind = "Secret" if include.secret else "ConfigMap"
    return key_reference(kind, cr.metadata.namespace, include.source, f"spec.config.includes[{include.name}]")


def certificate_folders(cr: NatsCluster, lookup: Lookup) -> Answer[tuple[Folder, ...]]:
    """The folders with the listeners' certificates."""
    folders, findings = [], []
    for listener, tls, certificate, key in certificates(cr):
        found = {reference.key: find(reference, lookup) for reference in (certificate, key)}
        findings += [each for each in found.values() if isinstance(each, Finding)]
        contents = {name: each for name, each in found.items() if isinstance(each, bytes)}
        volume: Volume = {
            "name": names.certificate_volume(listener),
            "secret": {"secretName": tls.secret_name or ""},
        }
        files = tuple(dict.fromkeys((tls.cert, tls.key)))
        folders.append(Folder(volume, names.certificate_folder(listener), files, contents))
    return Answer(tuple(folders), tuple(dict.fromkeys(findings)), blocks=True)


def authority_folder(cr: NatsCluster, lookup: Lookup) -> Answer[Folder | None]:
    """The folder with the CA certificates; None if there are none, or while optional ones do not exist."""
    reference = authority(cr)
    found = find(reference, lookup) if reference else None
    if isinstance(found, Finding):
        return Answer(None, (found,), blocks=True)
    if reference is None or found is None:
        return Answer(None)
    volume: Volume = {"name": names.CA_VOLUME}
    if reference.kind == "Secret":
        volume["secret"] = {"secretName": reference.name}
    else:
        volume["configMap"] = {"name": reference.name}
    return Answer(Folder(volume, names.CA_FOLDER, (reference.key,), {reference.key: found}))


def included_files(cr: NatsCluster, lookup: Lookup) -> Answer[tuple[IncludedFile, ...]]:
    """The existing included files, in order."""
    files, findings = [], []
    for include in cr.spec.config.includes:
        found = find(include_reference(cr, include), lookup)
        if isinstance(found, Finding):
            findings.append(found)
        elif found is not None:
            text = found.decode("utf-8", "surrogateescape")
            files.append(IncludedFile(include.name, text, is_secret=include.secret is not None))
    return Answer(tuple(files), tuple(findings), blocks=True)


def includes_folder(cr: NatsCluster, files: tuple[IncludedFile, ...]) -> Folder | None:
    """One projected volume for all includes: files mounted with subPath are never updated."""
    present = {file.name for file in files}
    wanted = [include for include in cr.spec.config.includes if include.name in present]
    if not wanted:
        return None
    sources = [_projection(include) for include in wanted]
    volume: Volume = {"name": names.INCLUDES_VOLUME, "projected": {"sources": sources}}
    return Folder(volume, names.INCLUDES_FOLDER, tuple(include.name for include in wanted))


def _projection(include: IncludeSpec) -> VolumeProjection:
    items = [{"key": include.source.key, "path": include.name}]
    if include.secret:
        return {"secret": {"name": include.source.name, "items": items}}  # type: ignore[typeddict-item]
    return {"configMap": {"name": include.source.name, "items": items}}  # type: ignore[typeddict-item]
