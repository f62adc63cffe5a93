"""The installations of the operator in the cluster, and which of them work in a namespace.

Several operators may share a cluster, each with Roles in namespaces of its own (the chart's value `watchNamespaces`).
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from natsop_core.frozen import frozen
from natsop_core.inspect.view import Request, list_of
from natsop_core.kinds import ACCESS_REVIEWS, CLUSTERS, PODS
from natsop_core.rbac import namespaced_role
from natsop_core.rights import Right, rights
from natsop_core.run_options import SWITCH_VALUES, split_names, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from natsop_core.inspect.view import Object, View

OPERATOR_LABELS: Final = "app.kubernetes.io/name=nats-operator"
"""The labels of the operator's pods that the chart sets."""

OPERATOR_PODS: Final = "pods of the operator"
"""The name of the request for them in the view's failures."""

RIGHTS: Final = "rights of the operator"
"""The name of the access reviews in the view's failures."""

_REVIEWS: Final = f"apis/{ACCESS_REVIEWS.api_version}/{ACCESS_REVIEWS.plural}"
_NEEDED: Final = tuple(rights(namespaced_role("")["rules"]))
_VITAL: Final = Right(CLUSTERS.group, CLUSTERS.plural, "watch")
"""Without it, an operator does not work in a namespace. It is asked first, to save access reviews for the others."""

_FINISHED: Final = ("Succeeded", "Failed")
"""The phases of a pod that ended for good, such as one that was evicted; it stays beside its successor for a while."""

_REFERENCE: Final = re.compile(r"\$\(([^()]+)\)")
"""A reference to an environment variable of the container, which the kubelet replaces in its arguments."""


@frozen
class Installation:
    """The pods with the same namespace, ServiceAccount and release: the replicas of one operator.

    Finished pods are left out, unless there are no others.
    """

    namespace: str
    account: str
    release: str
    pods: tuple[Object, ...]

    def __str__(self) -> str:
        return f"{self.namespace}/{self.release or self.account}"

    @property
    def elects_leader(self) -> bool:
        """Whether its option --leader-elect is on."""
        return SWITCH_VALUES.get(_option(self.pods[0], "--leader-elect"), False)

    def watches(self, namespace: str) -> bool:
        """Whether its option --namespaces, if there is one, includes the namespace."""
        names = split_names(_option(self.pods[0], "--namespaces"))
        return not names or namespace in names or any(_REFERENCE.search(name) for name in names)


def installations(view: View) -> tuple[Installation, ...]:
    """All installations, by the label of their pods."""
    groups: dict[tuple[str, str, str], list[Object]] = {}
    for pod in view.items(list_of(PODS, "", OPERATOR_LABELS), OPERATOR_PODS):
        metadata = pod["metadata"]
        account = pod.get("spec", {}).get("serviceAccountName", "default")
        release = metadata.get("labels", {}).get("app.kubernetes.io/instance", "")
        groups.setdefault((metadata["namespace"], account, release), []).append(pod)
    return tuple(Installation(*key, _unfinished(pods) or tuple(pods)) for key, pods in sorted(groups.items()))


def _unfinished(pods: list[Object]) -> tuple[Object, ...]:
    return tuple(pod for pod in pods if pod.get("status", {}).get("phase") not in _FINISHED)


def serving(found: tuple[Installation, ...], namespace: str, view: View) -> tuple[Installation, ...]:
    """The installations that have all rights in the namespace; without one, the installation that lacks fewest.

    A single installation that watches the namespace is meant to work there, whatever its rights. Empty if none works
    in the namespace, or if RIGHTS failed.
    """
    watching = tuple(each for each in found if each.watches(namespace))
    if len(found) == 1:
        return watching
    admitted = [each for each in watching if _may(each, _VITAL, namespace, view)]
    by_lack = sorted(admitted, key=lambda each: len(lacking_rights(each, namespace, view)))
    complete = tuple(each for each in by_lack if not lacking_rights(each, namespace, view))
    return complete or tuple(by_lack[:1])


def lacking_rights(installation: Installation, namespace: str, view: View) -> list[Right]:
    """The rights in the namespace that the installation's ServiceAccount needs and does not have."""
    return [right for right in _NEEDED if _may(installation, right, namespace, view) is False]


def pods_for(namespace: str, view: View) -> tuple[Object, ...]:
    """The pods of the operators that work in the namespace, or of all operators if none does or if RIGHTS failed."""
    found = installations(view)
    chosen = serving(found, namespace, view) or found
    is_known = all(request.path != _REVIEWS for request in view.missing)
    return tuple(pod for each in chosen for pod in each.pods) if is_known else ()


def _may(installation: Installation, right: Right, namespace: str, view: View) -> bool | None:
    """Whether the API server grants the right; None if that is unknown."""
    answer = view.object(_review(installation, right, namespace), RIGHTS)
    return None if answer is None else bool((answer.get("status") or {}).get("allowed"))


def _review(installation: Installation, right: Right, namespace: str) -> Request:
    user = f"system:serviceaccount:{installation.namespace}:{installation.account}"
    groups = ["system:serviceaccounts", f"system:serviceaccounts:{installation.namespace}", "system:authenticated"]
    body = {
        "apiVersion": ACCESS_REVIEWS.api_version,
        "kind": ACCESS_REVIEWS.kind,
        "spec": {"user": user, "groups": groups, "resourceAttributes": right.attributes(namespace)},
    }
    return Request(_REVIEWS, body=json.dumps(body))


def _option(pod: Object, flag: str) -> str:
    """The value of an option of `natsop run`, from the arguments and the environment of the pod's containers."""
    containers: Iterable[Mapping[str, Any]] = pod.get("spec", {}).get("containers", ())
    values = (_option_of(each, flag, _environment(each, pod)) for each in containers)
    return next(filter(None, values), "")


def _option_of(container: Mapping[str, Any], flag: str, environment: Mapping[str, str]) -> str:
    words = (*container.get("command", ()), *container.get("args", ()))
    expanded = [_REFERENCE.sub(lambda found: environment.get(found[1], found[0]), word) for word in words]
    return text_of(flag, expanded, environment)


def _environment(container: Mapping[str, Any], pod: Object) -> dict[str, str]:
    """The container's variables, without those whose value the pod does not state."""
    values = {each["name"]: _value(each, pod) for each in container.get("env", ())}
    return {name: value for name, value in values.items() if value is not None}


def _value(variable: Mapping[str, Any], pod: Object) -> str | None:
    """None for a variable from a ConfigMap, a Secret, or a field other than the pod's namespace."""
    field = variable.get("valueFrom", {}).get("fieldRef", {}).get("fieldPath")
    namespace: str = pod["metadata"]["namespace"]
    return namespace if field == "metadata.namespace" else variable.get("value")
