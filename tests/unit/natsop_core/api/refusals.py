"""What is refused although the Go program takes it, because Kubernetes or nats-server can never run it.

The rows of the specification's §8, in its order, and one for more servers than a ConfigMap holds routes to. Whatever
else that program accepts, natsop accepts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Refusal:
    """One row: the rules behind it, or what types and bounds say, as `path: message`."""

    name: str
    rules: tuple[str, ...] = ()
    fault: str = r"(?!)"

    def covers(self, rule: str, problem: str) -> bool:
        """Whether a problem belongs to this row; `rule` is the broken rule's name, empty where types are violated."""
        return rule in self.rules or (not rule and re.search(self.fault, problem) is not None)


_WORDS: Final = r": must be '"
_SEED_WORDS: Final = r"spec\.auth\.jwt\.resolver\.type|apiVersion|kind"
"""Enumerations that the Go program has as well."""

REFUSALS: Final = (
    Refusal(
        "ports",
        rules=("ports-differ",),
        fault=r"\.port: must be at most 65535$|\.nodePorts\.[^:]*: must be at (least 0|most 65535)$",
    ),
    Refusal(
        "quantities",
        rules=("file-store-size", "volume-size", "memory-store-size", "resolver-volume-size"),
    ),
    Refusal("enumerations", fault=f"^(?!({_SEED_WORDS}):).*{_WORDS}"),
    Refusal("durations", rules=("resolver-interval",), fault=r"\.(interval|scrapeTimeout): must be a duration"),
    Refusal("include-names", rules=("include-name",)),
    Refusal(
        "environment",
        rules=("environment-reserved",),
        fault=r"\.env\[[0-9]+\]: has the same name as another item$",
    ),
    Refusal(
        "tls-without-secret",
        rules=tuple(
            f"{listener}-tls-secret" for listener in ("nats", "cluster", "leafnodes", "websocket", "mqtt", "gateway")
        ),
    ),
    Refusal("monitor-tls-without-client-tls", rules=("monitor-tls-certificate",)),
    Refusal("exporter-without-monitor-domain", rules=("exporter-monitor-domain",)),
    Refusal("mqtt-without-jetstream", rules=("mqtt-jetstream",)),
    Refusal("gateway-without-routes", rules=("gateway-routes",)),
    Refusal(
        "dns-names",
        rules=("server-name-prefix", "cluster-domain"),
        fault=r"\.(serverNamePrefix|k8sClusterDomain): must have at most 253 characters$",
    ),
    Refusal("context-names", rules=("context-names",)),
    Refusal("resource-names", rules=("cluster-name", "box-name")),
    Refusal("servers", fault=r"^spec\.replicas: must be at most 10000$"),
)
