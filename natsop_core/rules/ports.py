"""Rules about ports: no two listeners of a pod share a port, and the client Service has at least one port."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from natsop_core.kubernetes.rule import Explanation, Rule
from natsop_core.listeners import LISTENERS, PORTS

if TYPE_CHECKING:
    from natsop_core.api.natscluster import NatsClusterSpec
    from natsop_core.listeners import ListenerRow, PortRow


def _cel(row: PortRow) -> str:
    """The port, or 0 while nothing listens. A product always evaluates the port, which a conditional might not."""
    path = "self.?" + row.field.replace(".", ".?")
    return f"{path}.orValue({row.default}) * ({row.listens_cel} ? 1 : 0)"


_PORTS_CEL: Final = f"[{', '.join(map(_cel, PORTS))}]"
_SHARE: Final = " are the same: every listener needs a port of its own"

_CHOICES_CEL: Final = " : ".join(
    f"ports[{i}] != 0 && ports[{i}] == ports[{j}] ? '{PORTS[i].field} and {PORTS[j].field}'"
    for i, j in combinations(range(len(PORTS)), 2)
)
"""Made of constant texts: the API server estimates the maximum cost of a rule from their length."""


def _used(spec: NatsClusterSpec) -> dict[str, int]:
    return {row.field: row.port(spec) for row in PORTS if row.listens(spec)}


def _ports_differ(spec: NatsClusterSpec) -> bool:
    ports = _used(spec).values()
    return len(ports) == len(set(ports))


def _collision(spec: NatsClusterSpec) -> str:
    """The first two that share a port."""
    used = _used(spec)
    one, other = next(pair for pair in combinations(used, 2) if used[pair[0]] == used[pair[1]])
    return f"{one} and {other}{_SHARE}"


PORTS_DIFFER: Final = Rule(
    name="ports-differ",
    at="spec",
    cel=f"[{_PORTS_CEL}].all(ports, ports.all(port, port == 0 || ports.exists_one(other, other == port)))",
    message="every listener needs a port of its own",
    holds=_ports_differ,
    explanation=Explanation(f"[{_PORTS_CEL}].map(ports, ({_CHOICES_CEL} : 'two ports') + '{_SHARE}')[0]", _collision),
    integers=("replicas", *(row.field for row in PORTS)),
)


def _published_cel(row: ListenerRow) -> str:
    default = str(row.is_public).lower()
    return f"self.?service.?ports.?{row.name}.?enabled.orValue({default}) && {row.listens_cel}"


def _service_has_port(spec: NatsClusterSpec) -> bool:
    return not spec.service.enabled or any(row.listens(spec) and row.is_published(spec) for row in LISTENERS)


SERVICE_HAS_PORT: Final = Rule(
    name="service-has-port",
    at="spec",
    cel="!self.?service.?enabled.orValue(true) || "
    + " || ".join(f"({_published_cel(row)})" for row in LISTENERS if row.service_port),
    message="service.ports leaves the client Service without a port: enable one, or set service.enabled to false",
    holds=_service_has_port,
)
