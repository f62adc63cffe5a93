"""Every change of one field of a NatsCluster that changes its configuration, found by trying them all.

The fields come from the CustomResourceDefinition; whether one matters is seen from what is rendered.
"""

from __future__ import annotations

import copy
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from natsop_core import names
from natsop_core.api.read import InvalidResource, read_cluster
from natsop_core.offline import inputs_at_hand, render
from tests.property.crs import ACCOUNTS, spec_schema
from tests.property.referred import sound_objects
from tests.property.schemas import Schema
from tests.server.pod_layout import Layout, lay_out
from tests.server.pod_process import ALONE, Monitor
from tests.unit.natsop_core.world import NOW, Object, cluster_object

_ABSENT: Final = object()

T = TypeVar("T")
Path = tuple[str, ...]


def _listener(port: int, **more: Any) -> Object:
    return {"enabled": True, "port": port, **more}


def _tls(**more: Any) -> Object:
    return {"tls": {"enabled": True, "secretName": "tls-a", "timeout": 3, "verify": True, **more}}


_STORES: Final = {
    "enabled": True,
    "fileStore": {"enabled": True, "maxSize": "1Gi"},
    "memoryStore": {"enabled": True, "maxSize": "1Gi"},
}
_INCLUDES: Final = [
    {"name": "a.conf", "configMap": {"name": "extra", "key": "a"}},
    {"name": "b.conf", "secret": {"name": "more", "key": "a", "optional": True}},
]


def _everything(replicas: int, tls: Object) -> Object:
    gateway = {"gateway": _listener(7222, **tls)} if replicas > 1 else {}  # with JetStream it wants routes
    return {
        "replicas": replicas,
        "tlsCA": {"secret": {"name": "ca", "key": "ca.crt"}} if tls else {},
        "config": {
            "nats": {"port": 4222, **tls},
            "cluster": {"port": 6222, "routeURLs": {"authSecretRef": {"name": "route-credentials"}}, **tls},
            "leafnodes": _listener(7422, **tls),
            "websocket": _listener(8080, **tls),
            "mqtt": _listener(1883, **tls),
            "monitor": _listener(8222),
            "profiling": _listener(65432),
            "jetstream": _STORES,
            "serverNamePrefix": "a-",
            "includes": _INCLUDES,
            **gateway,
        },
    }


_AUTH: Final = {
    "operator": {"name": "jwts", "key": "operator"},
    "systemAccount": ACCOUNTS[0].public_key,
    "accounts": [
        {"name": who.name, "publicKey": who.public_key, "jwt": {"name": "jwts", "key": who.name}} for who in ACCOUNTS
    ],
}

BASES: Final[dict[str, Object]] = {
    "a server with everything": _everything(1, _tls()),
    "a cluster with everything": _everything(3, _tls()),
    "a server with everything and no TLS": _everything(1, {}),
    "a cluster with everything and no TLS": _everything(3, {}),
    "a server with accounts": {"auth": {"jwt": {**_AUTH, "resolver": {"type": "memory", "storage": {}}}}},
    "a cluster with accounts": {
        "replicas": 3,
        "auth": {"jwt": {**_AUTH, "resolver": {"type": "full", "storage": {}}}},
    },
    "a server without anything": {},
    "a cluster without anything": {"replicas": 3},
}
"""What one field at a time is changed in."""

_BY_NAME: Final[dict[str, tuple[Any, ...]]] = {
    "replicas": (1, 3, 5),
    "secretName": ("tls-a", "tls-b"),
    "cert": ("tls.crt", "a"),
    "key": ("tls.key", "a", "b"),
    "serverNamePrefix": ("", "b-"),
    "k8sClusterDomain": ("a.b",),
    "existingName": ("existing",),
    "port": (1, 65535),
    "timeout": (1, 5),
    "interval": ("1s", "1h"),
    "maxSize": (0, "1Mi", "2Gi"),
    "requests": ({"storage": "1Mi"}, {"storage": "20Gi"}),
    "authSecretRef": ({"name": "route-credentials"}, {"name": "others"}),
}
"""Values of fields whose schema does not tell which ones make sense."""


@dataclass(frozen=True)
class State:
    """A cluster as it is before or after a change."""

    spec: Object
    layout: Layout
    restart_digest: str
    rest_of_template: Object

    @property
    def monitor(self) -> Monitor | None:
        monitor = self.spec.get("config", {}).get("monitor", {})
        if not monitor.get("enabled", True):
            return None
        return Monitor(monitor.get("port", 8222), monitor.get("tlsEnabled", False), ALONE)


@dataclass(frozen=True)
class Change:
    """A field, and the cluster with one value of it and with another."""

    field: str
    value: Any
    before: State
    after: State

    def __str__(self) -> str:
        return f"{self.field} removed" if self.value is _ABSENT else f"{self.field} = {self.value!r}"

    @property
    def needs_restart(self) -> bool:
        return self.before.restart_digest != self.after.restart_digest

    @property
    def rolls_anyway(self) -> bool:
        """Whether the pods are replaced whatever we say, because they mount something else, for instance."""
        return self.before.rest_of_template != self.after.rest_of_template


def changes_of(base: Object) -> Iterator[Change]:
    """Every change of one field that changes a file of the configuration."""
    base = json.loads(json.dumps(base))  # no part of it twice
    before = state_of(base)
    assert before is not None
    seen: set[str] = set()
    for path, values in fields(spec_schema(), base):
        for value in values:
            after = state_of(_with(base, path, value))
            if after is None or _files(after) == _files(before) or repr(_files(after)) in seen:
                continue
            seen.add(repr(_files(after)))
            yield Change(".".join(path), value, before, after)


def state_of(spec: Object) -> State | None:
    """The cluster with this spec and sound references; None where it is refused."""
    cr = read_cluster(cluster_object(spec))
    if isinstance(cr, InvalidResource):
        return None
    referred = sound_objects(spec, ByPlace())
    rendered = render(cr, inputs_at_hand(referred, NOW)).objects
    if rendered is None:
        return None
    [stateful_set] = [each for each in rendered if each["kind"] == "StatefulSet"]
    template = copy.deepcopy(stateful_set["spec"]["template"])
    restart_digest = template["metadata"]["annotations"].pop(names.RESTART_ANNOTATION)
    return State(spec, lay_out([*referred, *rendered]), restart_digest, template)


class ByPlace:
    """Other keys and other objects hold other things, always the same ones."""

    def one_of(self, options: Sequence[T], place: str) -> T:
        return options[zlib.crc32(place.encode()) % len(options)]

    def credential(self, place: str) -> bytes:
        return f"{place}\xff".encode("latin-1")


def _files(state: State) -> dict[str, str]:
    return {path: text for path, text in state.layout.texts().items() if "PRIVATE" not in text}


def fields(schema: Schema, base: Any, path: Path = ()) -> Iterator[tuple[Path, tuple[Any, ...]]]:
    """Each field of the schema and the values to try, with its absence. Items of lists are as they are in `base`."""
    name = path[-1] if path else ""
    if name in _BY_NAME:
        yield path, (*_BY_NAME[name], _ABSENT)
    elif "properties" in schema:
        if path:
            yield path, (_ABSENT,)
        for field, part in schema["properties"].items():
            yield from fields(part, base.get(field, {}) if isinstance(base, dict) else {}, (*path, field))
    elif schema.get("type") == "array":
        yield path, (_ABSENT,)
        items = base if isinstance(base, list) else []
        for index, item in enumerate(items):
            yield (*path, str(index)), (_ABSENT,)
            yield from fields(schema["items"], item, (*path, str(index)))
    else:
        yield path, (*_values(schema), _ABSENT)


def _values(schema: Schema) -> tuple[Any, ...]:
    if "enum" in schema:
        return tuple(schema["enum"])
    match schema.get("type"):
        case "boolean":
            return (True, False)
        case "integer":
            return (1, 5)
        case "string":
            return ("x",)
    return ()


def _with(spec: Object, path: Path, value: Any) -> Object:
    """The spec with another value of the field, which may lie in blocks that are not there yet."""
    changed = copy.deepcopy(spec)
    node: Any = changed
    for part in path[:-1]:
        node = node[int(part)] if isinstance(node, list) else node.setdefault(part, {})
    last: Any = int(path[-1]) if isinstance(node, list) else path[-1]
    if value is not _ABSENT:
        node[last] = value
    elif isinstance(node, list) or last in node:
        del node[last]
    return changed
