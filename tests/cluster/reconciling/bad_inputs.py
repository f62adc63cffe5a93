"""Bad input as people make it: custom resources that something is wrong with, each in a namespace of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from natsop_runtime.settings import RunSettings
from tests.cluster.reconciling.quotas import limit
from tests.cluster.site import Site, nats_box, nats_cluster
from tests.testbed.client import Manifest

Make = Callable[[Site], Any]

HOLD: Final = "tests.example/hold"

WORKERS: Final = RunSettings().workers

HUNG: Final = WORKERS + 1
"""Clusters whose every apply hangs: more than the operator has workers."""

MEGABYTE: Final[Manifest] = {"container": {"env": [{"name": f"A{n}", "value": "x" * 1000} for n in range(1400)]}}
"""As large as a custom resource can be: the API server's own limit is 1.5 MiB, with the managedFields."""

MANY_ITEMS: Final[Manifest] = {
    "podTemplate": {
        "topologySpreadConstraints": [
            {"topologyKey": f"k{n}", "whenUnsatisfiable": "DoNotSchedule", "maxSkew": 1} for n in range(7_000)
        ]
    }
}
"""It fits, but the StatefulSet does not: an applied list's managedFields name each of its items."""

SEPARATORS: Final = "a\u0085b\u2028c\x1fd\te \U0001f40d"
"""Characters at which some programs end a line, in the middle of JSON too."""

GARBAGE: Final[Manifest] = {
    "observedGeneration": -7,
    "replicas": -5,
    "endpoints": {"client": "nonsense"},
    "conditions": [
        {
            "type": "Mine",
            "status": "True",
            "reason": "Mine",
            "message": "",
            "lastTransitionTime": "2020-01-01T00:00:00Z",
        },
        *(
            {"type": type_, "status": "Unknown", "reason": "Mine", "message": "x" * 30_000, "lastTransitionTime": time}
            for type_, time in (("Degraded", "2020-01-01T00:00:00.123456789+14:00"), ("Ready", "9999-12-31T23:59:59Z"))
        ),
    ],
}
"""A status as others may write it: all that the schema lets through."""


@dataclass(frozen=True)
class BadInput:
    """What is wrong, and what its custom resource of the name `bad` has to say: a condition with reason and words."""

    make: Make
    reason: str
    words: tuple[str, ...] = ()
    kind: str = "NatsCluster"
    condition: str = "Degraded"
    status: str = "True"
    asks: str = "nobody"


def cluster(spec: Manifest, **metadata: Any) -> Make:
    return lambda site: site.client.create(nats_cluster("bad", spec, **metadata))


def box(spec: Manifest) -> Make:
    return lambda site: site.client.create({**nats_box("bad"), "spec": spec})


def _quota(site: Site) -> None:
    limit(site, **{"services": "0", "count/statefulsets.apps": "0"})
    cluster({})(site)


def _keys_missing(site: Site) -> None:
    site.client.create(secret("routes", {"user": "u"}))
    site.client.create(secret("extra", {"other": "port: 1"}))
    include = {"name": "mine.conf", "secret": {"name": "extra", "key": "mine.conf"}}
    routes = {"routeURLs": {"authSecretRef": {"name": "routes"}}}
    cluster({"replicas": 3, "config": {"cluster": routes, "includes": [include]}})(site)


def secret(name: str, data: Mapping[str, str]) -> Manifest:
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def _garbage(site: Site) -> None:
    cluster({})(site)
    site.await_handled("NatsCluster", "bad")
    site.client.patch("NatsCluster", "bad", {"status": GARBAGE}, subresource="status")


def _held(site: Site) -> None:
    cluster({}, finalizers=[HOLD])(site)
    site.await_condition("NatsCluster", "bad", "Degraded", "False")
    site.client.delete("NatsCluster", "bad", propagationPolicy="Foreground")


def _terminating(site: Site) -> None:
    """The namespace's end takes the children, and the finalizer keeps the custom resource."""
    cluster({"replicas": 3}, finalizers=[HOLD])(site)
    site.await_condition("NatsCluster", "bad", "Degraded", "False")
    site.cluster.client.delete("Namespace", site.name)


def _names(count: int) -> Make:
    def make(site: Site) -> None:
        for name in ("bad", *(f"bad-{number}" for number in range(1, count))):
            site.client.create(nats_cluster(name))

    return make


SILENT: Final = "silent"
BROKEN: Final = "broken"
"""Values of the label `ASKS`: which webhook is asked about all that is written in a namespace."""

ASKS: Final = "tests.example/asks"


def webhook_configuration(urls: Mapping[str, str]) -> Manifest:
    """Webhooks that have to be asked about each child: the one with this URL, in namespaces with this label."""
    children = [
        {"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE", "UPDATE"], "resources": [resource]}
        for group, resource in (("", "configmaps"), ("", "services"), ("apps", "*"), ("policy", "*"))
    ]
    webhooks = [
        {
            "name": f"{label}.tests.example",
            "clientConfig": {"url": url},
            "rules": children,
            "namespaceSelector": {"matchLabels": {ASKS: label}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 30,  # we give up earlier
            "failurePolicy": "Fail",
        }
        for label, url in urls.items()
    ]
    kind = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration"}
    return {**kind, "metadata": {"name": "tests"}, "webhooks": webhooks}


_REFUSED: Final[Manifest] = {"podTemplate": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}}
_NO_SECRET: Final[Manifest] = {"config": {"includes": [{"name": "mine.conf", "secret": {"name": "extra", "key": "a"}}]}}
_ROOT_CA: Final = "kube-root-ca.crt"

BAD_INPUTS: Final[dict[str, BadInput]] = {
    "refused-field": BadInput(
        cluster(_REFUSED),
        "ApplyRejected",
        ("StatefulSet bad, field spec.template.spec.tolerations[0].operator: ", "value must be empty"),
    ),
    "quota": BadInput(_quota, "ApplyRejected", ("Service bad: ", "StatefulSet bad: ", "exceeded quota: limit")),
    "no-secret": BadInput(
        cluster(_NO_SECRET),
        "WaitingForSecret",
        ("Secret extra, which spec.config.includes[mine.conf] refers to",),
        condition="Progressing",
    ),
    "keys-missing": BadInput(
        _keys_missing,
        "WaitingForKey",
        ("password", "spec.config.cluster.routeURLs", "mine.conf", "spec.config.includes[mine.conf]"),
        condition="Progressing",
    ),
    "no-conf-in-it": BadInput(
        cluster({"configMap": {"existingName": _ROOT_CA}}),
        "WaitingForKey",
        ("nats.conf", f"ConfigMap {_ROOT_CA}"),
        condition="Progressing",
    ),
    "megabyte": BadInput(cluster(MEGABYTE), "AsExpected", status="False"),
    "too-many-items": BadInput(
        cluster(MANY_ITEMS), "ApplyRejected", ("The API server rejects StatefulSet bad: ", "request is too large")
    ),
    "too-long-value": BadInput(
        box({"contexts": {"default": {"url": "nats://a", "description": "x" * 1_100_000}}}),
        "ApplyRejected",
        ("Secret bad-contexts, field data: ", "Too long"),
        kind="NatsBox",
    ),
    "separators": BadInput(cluster({}, annotations={"tests.example/text": SEPARATORS}), "AsExpected", status="False"),
    "garbage": BadInput(_garbage, "AsExpected", status="False"),
    "held": BadInput(_held, "AsExpected", status="False"),
    "terminating": BadInput(_terminating, "AsExpected", status="False"),
    "webhook-breaks": BadInput(
        _names(1), "Retrying", ("failed calling webhook",), condition="Progressing", asks=BROKEN
    ),
    "webhook-hangs": BadInput(
        _names(HUNG), "Retrying", ("ConfigMap bad-config: ",), condition="Progressing", asks=SILENT
    ),
}
