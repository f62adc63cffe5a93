"""`natsop doctor`: checks of the operator itself: CRDs, pods, leader election, rights."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from natsop_core.crd import custom_resource_definitions
from natsop_core.inspect.check import Check
from natsop_core.inspect.installations import (
    OPERATOR_LABELS,
    OPERATOR_PODS,
    RIGHTS,
    Installation,
    installations,
    lacking_rights,
    serving,
)
from natsop_core.inspect.server_state import is_ready
from natsop_core.inspect.view import Request, list_of
from natsop_core.kinds import LEASES
from natsop_core.times import moment

if TYPE_CHECKING:
    from natsop_core.inspect.view import Object, View

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


def check_operator(view: View, namespace: str) -> Iterator[Check]:
    """Check that an operator runs for the namespace, that one replica leads, and that it has its rights."""
    found = installations(view)
    chosen = serving(found, namespace, view)
    if OPERATOR_PODS in view.failures:
        yield Check("operator", "unknown", view.failures[OPERATOR_PODS])
    elif not found:
        yield Check(
            "operator",
            "warning",
            f"No namespace has a pod with the label {OPERATOR_LABELS}.",
            "Install the operator with its chart. Ignore this if it runs outside the cluster or has other labels.",
        )
    elif not chosen:
        yield _check_served(found, namespace, view)
    else:
        at_work = [each for each in chosen if _is_at_work(each, view)]
        yield from _checks_of(at_work[0] if at_work else chosen[0], namespace, view)
        if len(at_work) > 1:
            yield _check_alone(at_work, namespace)


def _checks_of(installation: Installation, namespace: str, view: View) -> Iterator[Check]:
    yield _check_pods(installation)
    yield _check_leader(installation, view)
    yield _check_rights(installation, namespace, view)


def _check_served(found: tuple[Installation, ...], namespace: str, view: View) -> Check:
    """The result if no installation is known to work in the namespace."""
    listed = _listed(found)
    if RIGHTS in view.failures:
        message = f"Which of these operators works in namespace {namespace} is unknown: {listed}."
        return Check("operator", "unknown", f"{message} {view.failures[RIGHTS]}")
    return Check(
        "operator",
        "problem",
        f"No operator works in namespace {namespace}. These have no rights there or watch other namespaces: {listed}.",
        "Add the namespace to the value watchNamespaces of one of them. Ignore this if an operator runs outside the"
        " cluster.",
    )


def _check_alone(at_work: list[Installation], namespace: str) -> Check:
    return Check(
        "other operators",
        "warning",
        f"{len(at_work)} operators work in namespace {namespace} and may undo each other's work: {_listed(at_work)}.",
        "Uninstall all but one, or let each work in its own namespaces (value watchNamespaces).",
    )


def _listed(some: Sequence[Installation]) -> str:
    more = f" and {len(some) - 3} more" if len(some) > 3 else ""
    return ", ".join(map(str, some[:3])) + more


def _check_pods(installation: Installation) -> Check:
    pods = installation.pods
    ready = [pod for pod in pods if is_ready(pod)]
    names = ", ".join(f"{installation.namespace}/{name}" for name in _pod_names(installation)[:3])
    if not ready:
        remedy = f"See `kubectl logs -n {installation.namespace} {_pod_names(installation)[0]}`."
        return Check("operator", "problem", f"No pod is ready: {names}.", remedy)
    return Check("operator", "ok", f"{len(ready)} of {len(pods)} pods are ready: {names}.")


def _pod_names(installation: Installation) -> list[str]:
    return [pod["metadata"]["name"] for pod in installation.pods]


def _is_at_work(installation: Installation, view: View) -> bool:
    """Whether it has a ready pod and does not wait for another installation to release the Lease."""
    if not any(map(is_ready, installation.pods)):
        return False
    return not installation.elects_leader or any(_is_fresh(spec, view) for spec in _held_leases(installation, view))


def _held_leases(installation: Installation, view: View) -> list[Mapping[str, Any]]:
    """The spec of each Lease that one of its pods holds."""
    leases = view.items(list_of(LEASES, installation.namespace), f"Leases in {installation.namespace}")
    return [spec for each in leases if _is_held_by(spec := each.get("spec") or {}, _pod_names(installation))]


def _is_fresh(lease: Mapping[str, Any], view: View) -> bool:
    renewed = moment(str(lease.get("renewTime")))
    return renewed is not None and view.now - renewed <= STALE


def _check_leader(installation: Installation, view: View) -> Check:
    """Check that one of the pods holds and renews a Lease."""
    held = _held_leases(installation, view)
    failed = view.failures.get(f"Leases in {installation.namespace}")
    if failed:
        return Check("leader", "unknown", failed)
    if not held and len(installation.pods) == 1:
        return Check("leader", "ok", "There is one replica, without leader election.")
    if not held:
        return Check(
            "leader",
            "problem",
            f"There are {len(installation.pods)} replicas, but none of them holds a Lease.",
            "Start all replicas with --leader-elect; otherwise they overwrite each other's work. If they have it, see"
            " their logs.",
        )
    spec = held[0]
    if not _is_fresh(spec, view):
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


def _check_rights(installation: Installation, namespace: str, view: View) -> Check:
    lacking = [f"{right.verb} {right.target}" for right in lacking_rights(installation, namespace, view)]
    if RIGHTS in view.failures:
        return Check("rights", "unknown", view.failures[RIGHTS])
    if not lacking:
        return Check("rights", "ok", f"The operator has all required rights in namespace {namespace}.")
    more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
    return Check(
        "rights",
        "problem",
        f"ServiceAccount {installation.namespace}/{installation.account} lacks these rights in namespace {namespace}:"
        f" {', '.join(lacking[:5])}{more}.",
        "Upgrade the chart, which creates the rules, or add the namespace to its value watchNamespaces.",
    )
