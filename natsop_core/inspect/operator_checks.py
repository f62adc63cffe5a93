"""`natsop doctor`: checks of the operator itself: CRDs, pods, leader election, rights."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from natsop_core.crd import custom_resource_definitions
from natsop_core.inspect.check import Check
from natsop_core.inspect.server_state import is_ready
from natsop_core.inspect.view import Request, list_of
from natsop_core.kinds import ACCESS_REVIEWS, LEASES, PODS
from natsop_core.rbac import namespaced_role
from natsop_core.rights import rights
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.inspect.view import Object, View
    from natsop_core.rights import Right

OPERATOR_LABELS: Final = "app.kubernetes.io/name=nats-operator"
"""The labels of the operator's pods that the chart sets."""

STALE: Final = timedelta(seconds=90)
"""A Lease that was not renewed for longer has no live holder; its usual duration is 15 seconds."""

LONGEST_HOST: Final = 63
"""Maximum length of a host name. The holder of a Lease is the host name of its pod, which may be cut off."""

_INSTALL: Final = (
    "Install the CRDs of this version: `natsop crds | kubectl apply --server-side --force-conflicts -f -`."
)


def check_definitions(view: View) -> Iterator[Check]:
    """Check that the CRDs of this version are installed."""
    for wanted in custom_resource_definitions():
        name = wanted["metadata"]["name"]
        title = f"CRD {name}"
        live = view.object(Request(f"apis/{wanted['apiVersion']}/customresourcedefinitions/{name}"), title)
        if title in view.failures:
            yield Check(title, "unknown", view.failures[title])
        elif live is None:
            yield Check(title, "problem", "Not installed.", _INSTALL)
        elif _schemas(live) != _schemas(wanted):
            yield Check(title, "warning", "Installed, but from another version of natsop.", _INSTALL)
        else:
            yield Check(title, "ok", "Installed, from this version of natsop.")


def _schemas(definition: Object) -> dict[str, Any]:
    return {each["name"]: each.get("schema") for each in definition.get("spec", {}).get("versions", ())}


def operator_pods(view: View) -> tuple[Object, ...]:
    """The pods of the operator, in all namespaces."""
    return view.items(list_of(PODS, "", OPERATOR_LABELS), "pods of the operator")


def check_operator(view: View, namespace: str) -> Iterator[Check]:
    """Check that the operator runs, that one replica leads, and that it has its rights."""
    pods = operator_pods(view)
    if "pods of the operator" in view.failures:
        yield Check("operator", "unknown", view.failures["pods of the operator"])
        return
    if not pods:
        yield Check(
            "operator",
            "warning",
            f"No namespace has a pod with the label {OPERATOR_LABELS}.",
            "Install the operator with its chart. Ignore this if it runs outside the cluster or has other labels.",
        )
        return
    ready = [pod for pod in pods if is_ready(pod)]
    names = ", ".join(_named(pod) for pod in pods[:3])
    if not ready:
        remedy = f"See `kubectl logs -n {pods[0]['metadata']['namespace']} {pods[0]['metadata']['name']}`."
        yield Check("operator", "problem", f"No pod is ready: {names}.", remedy)
    else:
        yield Check("operator", "ok", f"{len(ready)} of {len(pods)} pods are ready: {names}.")
    yield _check_leader(pods, view)
    yield from _check_rights(pods[0], namespace, view)


def _named(pod: Object) -> str:
    return f"{pod['metadata']['namespace']}/{pod['metadata']['name']}"


def _check_leader(pods: tuple[Object, ...], view: View) -> Check:
    """Check that one of the pods holds and renews a Lease."""
    namespaces = sorted({pod["metadata"]["namespace"] for pod in pods})
    leases = [each for name in namespaces for each in view.items(list_of(LEASES, name), f"Leases in {name}")]
    failed = [view.failures[what] for name in namespaces if (what := f"Leases in {name}") in view.failures]
    names = [pod["metadata"]["name"] for pod in pods]
    held = [spec for each in leases if _is_held_by(spec := each.get("spec") or {}, names)]
    if failed:
        return Check("leader", "unknown", failed[0])
    if not held and len(pods) == 1:
        return Check("leader", "ok", "There is one replica, without leader election.")
    if not held:
        return Check(
            "leader",
            "problem",
            f"There are {len(pods)} replicas, but none of them holds a Lease.",
            "Start all replicas with --leader-elect; otherwise they overwrite each other's work. If they have it, see"
            " their logs.",
        )
    spec = held[0]
    renewed = moment(str(spec.get("renewTime")))
    if renewed is None or view.now - renewed > STALE:
        return Check(
            "leader",
            "problem",
            f"{spec['holderIdentity']} has not renewed its Lease since {spec.get('renewTime')}.",
            "See its log. Check that it can reach the API server, and that the clocks agree.",
        )
    return Check("leader", "ok", f"{spec['holderIdentity']} leads.")


def _is_held_by(spec: Mapping[str, Any], pods: list[str]) -> bool:
    holder = spec.get("holderIdentity") or ""
    return any(pod[:LONGEST_HOST] in holder for pod in pods)


def _check_rights(pod: Object, namespace: str, view: View) -> Iterator[Check]:
    """Ask the API server for the rights of the operator's ServiceAccount in the namespace."""
    metadata = pod["metadata"]
    account = pod.get("spec", {}).get("serviceAccountName", "default")
    user = f"system:serviceaccount:{metadata['namespace']}:{account}"
    lacking: list[str] = []
    for right in rights(namespaced_role("")["rules"]):
        answer = view.object(_review(user, right, namespace), "rights of the operator")
        if answer is not None and not (answer.get("status") or {}).get("allowed"):
            lacking.append(f"{right.verb} {right.target}")
    if "rights of the operator" in view.failures:
        yield Check("rights", "unknown", view.failures["rights of the operator"])
    elif lacking:
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        yield Check(
            "rights",
            "problem",
            f"ServiceAccount {metadata['namespace']}/{account} lacks these rights in namespace {namespace}:"
            f" {', '.join(lacking[:5])}{more}.",
            "Upgrade the chart, which creates the rules, or add the namespace to its value watchNamespaces.",
        )
    else:
        yield Check("rights", "ok", f"The operator has all required rights in namespace {namespace}.")


def _review(user: str, right: Right, namespace: str) -> Request:
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{user.split(':')[2]}", "system:authenticated"]
    body = {
        "apiVersion": ACCESS_REVIEWS.api_version,
        "kind": ACCESS_REVIEWS.kind,
        "spec": {"user": user, "groups": groups, "resourceAttributes": right.attributes(namespace)},
    }
    return Request(f"apis/{ACCESS_REVIEWS.api_version}/{ACCESS_REVIEWS.plural}", body=json.dumps(body))
