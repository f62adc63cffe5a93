"""Finds the ConfigMaps, Secrets and ServiceAccount that a pod refers to and cannot start without."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kinds import CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS

if TYPE_CHECKING:
    from natsop_core.references import ObjectKey

Spec = Mapping[str, Any]

REFERRED_KINDS: Final = frozenset(each.kind for each in (CONFIG_MAPS, SECRETS, SERVICE_ACCOUNTS))


def referred_to_by(pod: Spec, namespace: str) -> frozenset[ObjectKey]:
    """The objects that a pod's `spec` mounts, reads environment variables from, or runs as."""
    return frozenset(_referred_to_by(pod, namespace))


def _referred_to_by(pod: Spec, namespace: str) -> Iterator[ObjectKey]:
    if account := pod.get("serviceAccountName"):
        yield SERVICE_ACCOUNTS.key(namespace, account)
    for source in (*_volume_sources(pod), *_environment_sources(pod)):
        yield from (CONFIG_MAPS.key(namespace, name) for name in _names(source, "configMap"))
        yield from (SECRETS.key(namespace, name) for name in _names(source, "secret"))


def _volume_sources(pod: Spec) -> Iterator[Spec]:
    for volume in pod.get("volumes") or ():
        yield volume
        yield from volume.get("projected", {}).get("sources") or ()


def _environment_sources(pod: Spec) -> Iterator[Spec]:
    for kind in ("containers", "initContainers", "ephemeralContainers"):
        for container in pod.get(kind) or ():
            yield from container.get("envFrom") or ()
            yield from (each.get("valueFrom", {}) for each in container.get("env") or ())


def _names(source: Spec, kind: str) -> Iterator[str]:
    """The names of a kind. The field differs between volumes (`secret`), `envFrom` (`secretRef`) and `env`."""
    for field in (kind, f"{kind}Ref", f"{kind}KeyRef"):
        reference = source.get(field) or {}
        if name := reference.get("name") or reference.get("secretName"):
            yield name
