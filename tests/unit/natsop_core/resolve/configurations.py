"""NatsClusters with configuration of the user's own, and what is decided of them."""

from __future__ import annotations

from typing import Any

from natsop_core import names
from natsop_core.lookup import Lookup
from natsop_core.resolve.cluster import ResolvedCluster, resolve_cluster
from tests.unit.natsop_core.trio import plan_for
from tests.unit.natsop_core.world import Object, cluster, config_map, inputs, jetstream, one_of, secret

STREAMS: Object = {"replicas": 3, **jetstream()}
PASSWORD_VARIABLE: Object = {
    "env": [{"name": "NATS_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "login", "key": "password"}}}]
}
USERS = "authorization { users: [ {user: app, password: $NATS_PASSWORD} ] }\n"
LOGIN = secret("login", password="pw")  # noqa: S106


def including(spec: Object, name: str = "a.conf", **more: Any) -> Object:
    include = {"name": name, "configMap": {"name": "mine", "key": name}}
    config: Object = spec.get("config", {})
    return {**spec, "config": {**config, "includes": [*config.get("includes", []), include]}, **more}


def decide(spec: Object, *others: Object) -> ResolvedCluster:
    cr = cluster(spec)
    return resolve_cluster(cr, Lookup(inputs(cr, *others)))


def restart_digest(spec: Object, *others: Object) -> str:
    annotations = one_of(plan_for(spec, *others).apply, "StatefulSet")["spec"]["template"]["metadata"]["annotations"]
    digest: str = annotations[names.RESTART_ANNOTATION]
    return digest


def included(text: str) -> Object:
    return config_map("mine", **{"a.conf": text})


def refusal(spec: Object, *others: Object) -> tuple[str, str]:
    """Why nothing is changed."""
    decided = decide(spec, *others)
    assert decided.cluster is None
    [finding] = decided.findings
    return finding.reason, finding.message
