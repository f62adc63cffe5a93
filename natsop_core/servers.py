"""The running servers: which pods to query, and the state that each server reports."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, TypeGuard

from natsop_core import names
from natsop_core.frozen import frozen
from natsop_core.kinds import PODS
from natsop_core.references import HttpRef
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.api.common import Metadata
    from natsop_core.lookup import Lookup

VARZ: Final = "/varz"

_WORD: Final = re.compile(r"[-+.:\w]{1,100}", re.ASCII)
"""The allowed form of a version or a digest: it is shown in the status."""


_TLS: Final = {
    names.CLIENT_PORT: "",
    names.ROUTES_PORT: "cluster",
    names.LEAFNODES_PORT: "leaf",
    names.WEBSOCKET_PORT: "websocket",
    names.MQTT_PORT: "mqtt",
    names.GATEWAY_PORT: "gateway",
}
"""The parts of /varz that have the expiry of a listener's certificate (nats-server monitor.go, TLSCertNotAfter)."""

_PROBES: Final = ("startupProbe", "readinessProbe", "livenessProbe")


@frozen
class Server:
    """The reported state of one server. Empty texts: not reported, or the server could not be queried.

    config_digest: the digest of the configuration that it runs (nats-server 2.11 and newer).
    routes: number of route connections; None if not reported.
    loaded_ago: seconds since it last loaded its configuration, by its own clock; None if not reported.
    expiries: when the certificates of its listeners expire (nats-server 2.12 and newer).
    knows_leader: whether it knows the leader of the JetStream meta group; None if there is no meta group.
    start: when it started. trusted_keys: the public keys of trusted issuers of accounts; empty without an operator.
    """

    pod: str
    was_queried: bool = False
    version: str = ""
    server_id: str = ""
    config_digest: str = ""
    routes: int | None = None
    knows_leader: bool | None = None
    start: str = ""
    trusted_keys: tuple[str, ...] = ()
    loaded_ago: float | None = None
    expiries: Mapping[str, datetime] = field(default_factory=dict)

    @property
    def silence(self) -> str:
        """Why it has not reported its digest."""
        if not self.was_queried:
            return "the pod is not running, or monitoring is disabled"
        if not self.version:
            return "no answer on the monitor port"
        return f"nats-server {self.version} does not report it"


def ask_servers(pods: Iterable[Mapping[str, Any]], lookup: Lookup) -> tuple[Server, ...]:
    """The state of the server in each of these pods. No request contains a secret."""
    return tuple(_ask(pod, lookup) for pod in pods)


def servers_by_ordinal(metadata: Metadata, replicas: int, servers: Iterable[Server]) -> tuple[Server, ...]:
    """All servers that the cluster should have, by ordinal; with empty texts if there is no pod."""
    known = {server.pod: server for server in servers}
    pods = (names.pod(metadata.name, ordinal) for ordinal in range(replicas))
    return tuple(known.get(pod) or Server(pod) for pod in pods)


def some_were_queried(servers: Iterable[Server]) -> bool:
    """Whether there was a running server with a monitor port."""
    return any(server.was_queried for server in servers)


def some_did_not_answer(servers: Iterable[Server]) -> bool:
    """Whether a queried server did not answer: it may be starting, busy, or unreachable.

    The answer of a proxy or of another program at its address does not count.
    """
    return any(server.was_queried and not server.version for server in servers)


def running_server(pod: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]] | None:
    """Address and server container of the pod; None unless it is a server's, runs, and is not being deleted."""
    if "deletionTimestamp" in pod["metadata"] or not _is_servers(pod) or not _runs(pod):
        return None
    host = pod["status"].get("podIP")
    return (host, _server(pod)) if host else None


def port_of(container: Mapping[str, Any], name: str) -> int | None:
    """The port with that name. A pod of an older revision may have another one than the spec."""
    ports = (each["containerPort"] for each in container.get("ports", ()) if each.get("name") == name)
    return next(ports, None)


def _ask(pod: Mapping[str, Any], lookup: Lookup) -> Server:
    name, reference = pod["metadata"]["name"], monitor_reference(pod, VARZ)
    if reference is None:
        return Server(name)
    answer = lookup.answer(reference)
    if answer is None or answer.status != 200:
        return Server(name, was_queried=True)
    varz = read_answer(answer.body)
    return Server(
        name,
        was_queried=True,
        version=_word(varz, "version"),
        server_id=_word(varz, "server_id"),
        config_digest=_word(varz, "config_digest"),
        routes=_count(varz, "routes"),
        knows_leader=_knows_leader(varz),
        start=_word(varz, "start"),
        trusted_keys=tuple(_trusted_keys(varz)),
        loaded_ago=_loaded_ago(varz),
        expiries=dict(expiries_in(varz)),
    )


def as_object(body: bytes) -> Mapping[str, Any] | None:
    """The JSON object in an answer; None if it is not one."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return parsed if isinstance(parsed, Mapping) else None


def read_answer(body: bytes) -> Mapping[str, Any]:
    """The JSON object in an answer, or an empty one: any program may listen at a pod's address."""
    return as_object(body) or {}


def _word(varz: Mapping[str, Any], key: str) -> str:
    word = varz.get(key)
    return word if isinstance(word, str) and _WORD.fullmatch(word) else ""


def _count(varz: Mapping[str, Any], key: str) -> int | None:
    number = varz.get(key)
    return number if isinstance(number, int) else None


def _trusted_keys(varz: Mapping[str, Any]) -> Iterator[str]:
    """The keys of its operators: their own keys, unless only signing keys may sign, and the signing keys."""
    operators = varz.get("trusted_operators_claim")
    for operator in operators if isinstance(operators, list) else ():
        claims = operator.get("nats") if isinstance(operator, Mapping) else None
        if isinstance(claims, Mapping):
            is_strict, signing_keys = claims.get("strict_signing_key_usage") is True, claims.get("signing_keys")
            yield from () if is_strict else filter(_is_text, (operator.get("sub"),))
            yield from filter(_is_text, signing_keys) if isinstance(signing_keys, list) else ()


def _is_text(value: object) -> TypeGuard[str]:
    return isinstance(value, str)


def _time(varz: Mapping[str, Any], key: str) -> datetime | None:
    text = varz.get(key)
    return moment(text) if isinstance(text, str) else None


def _loaded_ago(varz: Mapping[str, Any]) -> float | None:
    now, loaded = _time(varz, "now"), _time(varz, "config_load_time")
    return (now - loaded).total_seconds() if now and loaded else None


def expiries_in(varz: Mapping[str, Any]) -> Iterator[tuple[str, datetime]]:
    """When the certificate of each listener expires, by the name of its port, from /varz."""
    for listener, block in _TLS.items():
        part = varz.get(block) if block else varz
        if isinstance(part, Mapping) and (expiry := _time(part, "tls_cert_not_after")):
            yield listener, expiry


def _knows_leader(varz: Mapping[str, Any]) -> bool | None:
    """Only a server with clustered JetStream reports a meta group (nats-server monitor.go, MetaClusterInfo)."""
    jetstream = varz.get("jetstream")
    meta = jetstream.get("meta") if isinstance(jetstream, Mapping) else None
    return bool(meta.get("leader")) if isinstance(meta, Mapping) else None


def monitor_reference(pod: Mapping[str, Any], path: str) -> HttpRef | None:
    """The request to a pod's monitor, from the pod's own spec."""
    server = running_server(pod)
    if server is None:
        return None
    host, container = server
    port = port_of(container, names.MONITOR_PORT)
    if port is None:
        return None
    metadata = pod["metadata"]
    return HttpRef(PODS.key(metadata["namespace"], metadata["name"]), host, port, path, _scheme(container, port))


def _is_servers(pod: Mapping[str, Any]) -> bool:
    """Whether a StatefulSet with a matching name owns the pod: the name alone proves nothing."""
    stateful_set = pod["metadata"]["name"].rpartition("-")[0]
    owners = pod["metadata"].get("ownerReferences", ())
    return any(each["kind"] == "StatefulSet" and each["name"] == stateful_set for each in owners)


def _runs(pod: Mapping[str, Any]) -> bool:
    statuses = pod.get("status", {}).get("containerStatuses", ())
    return any(each["name"] == names.SERVER_CONTAINER and "running" in each.get("state", {}) for each in statuses)


def _server(pod: Mapping[str, Any]) -> Mapping[str, Any]:
    containers = (each for each in pod["spec"]["containers"] if each["name"] == names.SERVER_CONTAINER)
    return next(containers, {})


def _scheme(container: Mapping[str, Any], port: int) -> str:
    """The scheme that the probes of the kubelet use for the same port."""
    probes = (container.get(each, {}).get("httpGet", {}) for each in _PROBES)
    asks = (each for each in probes if each.get("port") in {names.MONITOR_PORT, port})
    return "https" if any(each.get("scheme") == "HTTPS" for each in asks) else "http"
