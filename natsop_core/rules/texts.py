"""Rules about names and other texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from natsop_core.durations import is_go_duration
from natsop_core.kubernetes.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABEL: Final = "[a-z]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN: Final = "[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_DOMAIN_PART: Final = "[A-Za-z0-9]([-A-Za-z0-9]{0,61}[A-Za-z0-9])?"
_DOMAIN: Final = f"{_DOMAIN_PART}([.]{_DOMAIN_PART})*[.]?"
_PREFIX: Final = f"({_DOMAIN_PART}[.])*([A-Za-z0-9][-A-Za-z0-9]{{0,62}})?"
_NO_FILE_NAME: Final = r"[/\x00-\x1f\x7f-\x9f]"
_NO_FILE_NAME_CEL: Final = r"[/\\x00-\\x1f\\x7f-\\x{9f}]"


def _matches(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None


def _are_file_names(contexts: Mapping[str, object]) -> bool:
    return all(name not in (".", "..") and not re.search(_NO_FILE_NAME, name) for name in contexts)


CLUSTER_NAME: Final = Rule(
    name="cluster-name",
    at="metadata.name",
    cel=f"size(self) <= 52 && self.matches('^{_LABEL}$')",
    message=(
        "must have at most 52 characters, only a-z, 0-9 and '-', start with a letter and end with a letter or digit"
    ),
    holds=lambda name: len(name) <= 52 and _matches(_LABEL, name),
)

BOX_NAME: Final = Rule(
    name="box-name",
    at="metadata.name",
    cel=f"size(self) <= 63 && self.matches('^{_SUBDOMAIN}$')",
    message="must be a lowercase DNS name of at most 63 characters, because it is used as a label value",
    holds=lambda name: len(name) <= 63 and _matches(_SUBDOMAIN, name),
)

CLUSTER_DOMAIN: Final = Rule(
    name="cluster-domain",
    at="spec.config.cluster.routeURLs.k8sClusterDomain",
    cel=f"self.matches('^{_DOMAIN}$')",
    message="must be a DNS name such as cluster.local",
    holds=lambda domain: _matches(_DOMAIN, domain),
)

SERVER_NAME_PREFIX: Final = Rule(
    name="server-name-prefix",
    at="spec.config.serverNamePrefix",
    cel=f"self.matches('^{_PREFIX}$')",
    message="must be the start of a DNS name, such as east-: letters, digits, '-' and '.' only",
    holds=lambda prefix: _matches(_PREFIX, prefix),
)

INCLUDE_NAME: Final = Rule(
    name="include-name",
    at="spec.config.includes[].name",
    cel="self != '.' && !self.startsWith('..')",
    message="must not be '.' or start with '..': Kubernetes reserves such file names in volumes",
    holds=lambda name: name != "." and not name.startswith(".."),
)

RESERVED_ENVIRONMENT: Final = Rule(
    name="environment-reserved",
    at="spec.container.env[]",
    cel="self.name != 'SERVER_NAME' && self.name != 'POD_NAME'",
    message="SERVER_NAME and POD_NAME are set by the operator; to change the server name, use config.serverNamePrefix",
    holds=lambda variable: variable["name"] not in ("SERVER_NAME", "POD_NAME"),
)

RESOLVER_INTERVAL: Final = Rule(
    name="resolver-interval",
    at="spec.auth.jwt.resolver.interval",
    cel="self == '' || string(duration(self)) != ''",
    message="must be a duration such as 30s, 2m or 1h30m",
    holds=lambda interval: interval == "" or is_go_duration(interval),
)

CONTEXT_NAMES: Final = Rule(
    name="context-names",
    at="spec.contexts",
    cel=f"self.all(name, name != '.' && name != '..' && !name.matches('{_NO_FILE_NAME_CEL}'))",
    message="context names are used as file names: they must not be '.' or '..', or contain '/' or control characters",
    holds=_are_file_names,
)
