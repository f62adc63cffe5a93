"""What the chart renders, judged by a real API server: every field, and what its ClusterRoles let people do."""

from __future__ import annotations

import json
from typing import Final

import pytest

from tests.chart import WATCHED, matrix, nested, of_kind, render
from tests.cluster.chart.helm_releases import Helm
from tests.testbed.client import Manifest
from tests.testbed.control_plane import ControlPlane
from tests.testbed.wait import wait_until

ROWS: Final = matrix()


@pytest.mark.parametrize("row", range(len(ROWS)))
def test_the_api_server_takes_what_is_rendered(chart_plane: ControlPlane, row: int) -> None:
    manifests = render(ROWS[row])
    (deployment,) = of_kind(manifests, "Deployment")
    template = deployment["spec"]["template"]
    account = {"serviceAccountName": "default"}  # the chart's own is not there in a dry run
    metadata = {**template["metadata"], "name": "one", "namespace": deployment["metadata"]["namespace"]}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {**template["spec"], **account}}
    dry_run(chart_plane, [*manifests, pod])


def dry_run(plane: ControlPlane, manifests: list[Manifest]) -> None:
    """The API server would create them all, and knows every field."""
    text = json.dumps({"apiVersion": "v1", "kind": "List", "items": manifests})
    plane.cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", stdin=text)


LEVELS: Final = {
    "view": {"get", "list", "watch"},
    "edit": {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
    "admin": {"get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"},
}


@pytest.mark.parametrize("kind", ["natsclusters", "natsboxes"])
def test_people_with_the_default_roles_may_do_what_these_let_them_do(helm: Helm, kind: str) -> None:
    helm.install(values=nested({"crds.keep": False}))
    namespace = WATCHED[0]
    for level, verbs in LEVELS.items():
        helm.client.apply(binding_to(level, namespace))
        wait_until(lambda level=level: may(helm, level, "list", kind, namespace), what=f"{level} may list {kind}")  # type: ignore[misc]
        wait_until(lambda level=level, verbs=verbs: allowed(helm, level, kind, namespace) == verbs, what=level)  # type: ignore[misc]
        assert may(helm, level, "get", f"{kind}/status", namespace)
        assert not may(helm, level, "patch", f"{kind}/status", namespace)
        assert not allowed(helm, level, kind, WATCHED[1])
    assert not allowed(helm, "nobody", kind, namespace)


def binding_to(level: str, namespace: str) -> Manifest:
    group = "rbac.authorization.k8s.io"
    return {
        "apiVersion": f"{group}/v1",
        "kind": "RoleBinding",
        "metadata": {"name": level, "namespace": namespace},
        "roleRef": {"apiGroup": group, "kind": "ClusterRole", "name": level},
        "subjects": [{"apiGroup": group, "kind": "User", "name": level}],
    }


def allowed(helm: Helm, user: str, resource: str, namespace: str) -> set[str]:
    return {verb for verb in LEVELS["admin"] if may(helm, user, verb, resource, namespace)}


def may(helm: Helm, user: str, verb: str, resource: str, namespace: str) -> bool:
    name, _, subresource = resource.partition("/")
    asked = {"verb": verb, "group": "nats.crewlet.cloud", "resource": name, "namespace": namespace}
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": {**asked, "subresource": subresource}},
    }
    answer = helm.client.request("POST", "/apis/authorization.k8s.io/v1/subjectaccessreviews", body=review)
    return bool(answer["status"]["allowed"])
