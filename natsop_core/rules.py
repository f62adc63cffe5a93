"""The validation rules that types and bounds cannot express, each in two languages that say the same.

The API server evaluates the CEL text, which stands in the CustomResourceDefinitions; `natsop` evaluates the predicate.
A rule is about one node of the resource and is skipped where that node is absent. CEL reads a field that may be absent
through `has()` or its short form `.?`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from natsop_core.kubernetes.quantity import MAX_LENGTH, TOO_LARGE, to_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from natsop_core.api.common import Resource
    from natsop_core.api.jetstream import MemoryStore
    from natsop_core.api.natscluster import NatsClusterSpec
    from natsop_core.api.workload import PodDisruptionBudget


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `at` is the path of the node that it is about, whose value is `self` in CEL."""

    name: str
    at: str
    cel: str
    message: str
    holds: Callable[[Any], bool]


def broken_rules(resource: Resource, rules: tuple[Rule, ...]) -> Iterator[Rule]:
    """The rules that the resource breaks, in the order of the table."""
    for rule in rules:
        node = _node(resource, rule.at)
        if node is not None and not rule.holds(node):
            yield rule


def _node(resource: Resource, path: str) -> Any:
    node: Any = resource
    for part in path.split("."):
        attribute = next(name for name, field in type(node).model_fields.items() if field.alias == part)
        node = getattr(node, attribute)
        if node is None:
            return None
    return node


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


_LABEL: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_DOMAIN_PART: Final = "[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = f"{_DOMAIN_PART}([.]{_DOMAIN_PART})*[.]?"

_STORAGE: Final = "self.requests['storage']"
_SIZE_MESSAGE: Final = "must be a whole number of bytes, at least 0 and less than 8Ei"


def _is_size(quantity: int | str) -> bool:
    try:
        to_bytes(quantity)
    except ValueError:
        return False
    return True


def _size_cel(value: str) -> str:
    """CEL for `_is_size`. A list of one element with `all` stands for a variable, which CEL lacks.

    `isInteger()` would say no to 1.5Gi, which apimachinery holds as a decimal, so the whole number next to the
    quantity is found through floating point and taken away in two steps, exactly; halves, because the float may round
    up to 2^63. Exponents of three digits are refused first: apimachinery would compute that power of ten.
    """
    whole = (
        "[int(q.asApproximateFloat() / 2.0)].all(half, [q.sub(half).sub(half)].all(rest, "
        "sign(rest.sub(int(rest.asApproximateFloat() + (sign(rest) < 0 ? -0.5 : 0.5)))) == 0))"
    )
    return (
        f"type({value}) == int ? {value} >= 0 && {value} < {TOO_LARGE} : "
        f"size({value}) <= {MAX_LENGTH} && !{value}.matches('[eE][+-]?[0-9]{{3}}') && isQuantity({value}) && "
        f"[quantity({value})].all(q, sign(q) >= 0 && q.compareTo(quantity('{TOO_LARGE}')) < 0 && {whole})"
    )


def _size_rule(name: str, at: str) -> Rule:
    return Rule(name=name, at=at, cel=_size_cel("self"), message=_SIZE_MESSAGE, holds=_is_size)


def _storage_is_size(resources: Mapping[str, Any]) -> bool:
    storage = resources.get("requests", {}).get("storage")
    return storage is None or _is_size(storage)


@dataclass(frozen=True, slots=True)
class _Listener:
    """A port that the servers may listen on; 0 when they do not."""

    cel: str
    port: Callable[[NatsClusterSpec], int]


_LISTENERS: Final = (
    _Listener("self.?config.?nats.?port.orValue(4222)", lambda spec: spec.config.nats.port),
    _Listener(
        "self.replicas > 1 ? self.?config.?cluster.?port.orValue(6222) : 0",
        lambda spec: spec.config.cluster.port if spec.replicas > 1 else 0,
    ),
    _Listener(
        "self.?config.?monitor.?enabled.orValue(true) ? self.?config.?monitor.?port.orValue(8222) : 0",
        lambda spec: spec.config.monitor.port if spec.config.monitor.enabled else 0,
    ),
)


def _ports_differ(spec: NatsClusterSpec) -> bool:
    ports = [port for listener in _LISTENERS if (port := listener.port(spec))]
    return len(ports) == len(set(ports))


def _config_changes_arrive(spec: NatsClusterSpec) -> bool:
    return spec.reloader.enabled or spec.pod_template.config_checksum_annotation


def _memory_store_is_bounded(store: MemoryStore) -> bool:
    return not store.enabled or store.max_size is not None


def _limits_exclude_each_other(budget: PodDisruptionBudget) -> bool:
    return budget.min_available is None or budget.max_unavailable is None


CLUSTER_RULES: Final = (
    Rule(
        name="cluster-name",
        at="metadata.name",
        cel=f"size(self) <= 52 && self.matches('^{_LABEL}$')",
        message=(
            "must have at most 52 characters, only a-z, 0-9 and '-', start with a letter and end with a letter or digit"
        ),
        holds=lambda name: len(name) <= 52 and _matches(_LABEL, name),
    ),
    Rule(
        name="config-changes-arrive",
        at="spec",
        cel="self.?reloader.?enabled.orValue(true) || self.?podTemplate.?configChecksumAnnotation.orValue(false)",
        message=(
            "reloader.enabled or podTemplate.configChecksumAnnotation must be true, "
            "because otherwise no change of the configuration would reach the servers"
        ),
        holds=_config_changes_arrive,
    ),
    Rule(
        name="ports-differ",
        at="spec",
        cel=(
            f"[[{', '.join(listener.cel for listener in _LISTENERS)}]]"
            ".all(ports, ports.all(port, port == 0 || ports.exists_one(other, other == port)))"
        ),
        message="the listeners in config need different ports",
        holds=_ports_differ,
    ),
    Rule(
        name="cluster-domain",
        at="spec.config.cluster.routeURLs.k8sClusterDomain",
        cel=f"self.matches('^{_DOMAIN}$')",
        message="must be a DNS name such as cluster.local",
        holds=lambda domain: _matches(_DOMAIN, domain),
    ),
    _size_rule("file-store-size", "spec.config.jetstream.fileStore.maxSize"),
    Rule(
        name="volume-size",
        at="spec.config.jetstream.fileStore.pvc.resources",
        cel=f"!has(self.requests) || !('storage' in self.requests) || ({_size_cel(_STORAGE)})",
        message=f"requests.storage {_SIZE_MESSAGE}",
        holds=_storage_is_size,
    ),
    _size_rule("memory-store-size", "spec.config.jetstream.memoryStore.maxSize"),
    Rule(
        name="memory-store-bounded",
        at="spec.config.jetstream.memoryStore",
        cel="!self.?enabled.orValue(false) || has(self.maxSize)",
        message="maxSize is required when the memory store is enabled",
        holds=_memory_store_is_bounded,
    ),
    Rule(
        name="disruption-limits",
        at="spec.podDisruptionBudget",
        cel="!(has(self.minAvailable) && has(self.maxUnavailable))",
        message="only one of minAvailable and maxUnavailable can be set",
        holds=_limits_exclude_each_other,
    ),
)

BOX_RULES: Final = (
    Rule(
        name="box-name",
        at="metadata.name",
        cel=f"size(self) <= 63 && self.matches('^{_SUBDOMAIN}$')",
        message="must be a lowercase DNS name of at most 63 characters, because it becomes a label's value",
        holds=lambda name: len(name) <= 63 and _matches(_SUBDOMAIN, name),
    ),
)
