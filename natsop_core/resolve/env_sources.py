"""Looks up the Secrets and ConfigMaps of a pod's environment variables; containers do not start without them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.findings import Finding
from natsop_core.inputs import Forbidden
from natsop_core.references import KeyReference
from natsop_core.resolve.answer import Answer
from natsop_core.resolve.referred import find, texts_beside, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from natsop_core.api.natscluster import NatsCluster
    from natsop_core.lookup import Lookup
    from natsop_core.references import ReferredKind


_KEYS: Final[Mapping[str, ReferredKind]] = {"secretKeyRef": "Secret", "configMapKeyRef": "ConfigMap"}
_OBJECTS: Final[Mapping[str, ReferredKind]] = {"secretRef": "Secret", "configMapRef": "ConfigMap"}


def environment_values(cr: NatsCluster, lookup: Lookup) -> Answer[Mapping[str, str]]:
    """The values of the servers' environment variables from Secrets and ConfigMaps, by name.

    An object that the operator may not read is ignored, because the kubelet can read it.
    """
    spec, namespace = cr.spec, cr.metadata.namespace
    of_servers = list(_variables(spec.container.env, namespace, "spec.container.env"))
    references = [
        *(reference for _, reference in of_servers),
        *(each for _, each in _variables(spec.reloader.env, namespace, "spec.reloader.env") if spec.reloader.enabled),
        *(
            each
            for _, each in _variables(spec.prom_exporter.env, namespace, "spec.promExporter.env")
            if spec.prom_exporter.enabled
        ),
    ]
    found = {reference: find(reference, lookup) for reference in references}
    findings = [value for key, value in found.items() if isinstance(value, Finding) and _is_readable(key, lookup)]
    texts: dict[str, str] = {}
    for prefix, source in _sources(cr):
        if (missing := whole(source, lookup)) and _is_readable(source, lookup):
            findings.append(missing)
        texts |= {f"{prefix}{key}": text for key, text in texts_beside(source, lookup).items()}
    values = {name: found[reference] for name, reference in of_servers}
    texts |= {
        name: value.decode("utf-8", "surrogateescape") for name, value in values.items() if isinstance(value, bytes)
    }
    return Answer(texts, tuple(findings), blocks=True)


def _is_readable(reference: KeyReference, lookup: Lookup) -> bool:
    return not isinstance(lookup.referred(reference), Forbidden)


def _variables(env: Iterable[Mapping[str, Any]], namespace: str, field: str) -> Iterator[tuple[str, KeyReference]]:
    """Each variable that comes from a key, with its reference."""
    for variable in env:
        source = variable.get("valueFrom") or {}
        for part, kind in _KEYS.items():
            if selector := source.get(part):
                yield variable["name"], _reference(kind, namespace, selector, f"{field}[{variable['name']}]")


def _sources(cr: NatsCluster) -> Iterator[tuple[str, KeyReference]]:
    """The objects whose keys all become variables, with the prefix of the names."""
    for number, source in enumerate(cr.spec.container.env_from):
        for part, kind in _OBJECTS.items():
            if selector := source.get(part):
                field = f"spec.container.envFrom[{number}]"
                yield source.get("prefix", ""), _reference(kind, cr.metadata.namespace, selector, field)


def _reference(kind: ReferredKind, namespace: str, selector: Mapping[str, Any], field: str) -> KeyReference:
    optional = bool(selector.get("optional", False))
    return KeyReference(kind, namespace, selector.get("name", ""), selector.get("key", ""), field, optional)
