"""NACK at work in one namespace, installed as its documentation says: kinds, rights, Deployment."""

from __future__ import annotations

from functools import partial
from typing import Final

from tests.testbed import versions
from tests.testbed.client import Manifest
from tests.testbed.go_modules import integration_crds
from tests.testbed.namespace import Namespace

GROUP: Final = "jetstream.nats.io"
ACCOUNT: Final = f"Account.{GROUP}"
STREAM: Final = f"Stream.{GROUP}"
NAME: Final = "jetstream-controller"

READY_WITHIN: Final = 120
"""Seconds for its pod to become ready on a busy node."""


def install_nack(namespace: Namespace) -> None:
    """Install it for the namespace alone, so that tests do not see each other's, and wait until it is at work."""
    for definition in integration_crds():
        if definition["spec"]["group"] == GROUP:
            namespace.client.apply(definition)
    for kind in (ACCOUNT, STREAM):
        namespace.wait_until(partial(_is_served, namespace, kind), what=f"{kind} is served")
    for manifest in (_service_account(), _role(), _role_binding(), _deployment(namespace.name)):
        namespace.client.create(manifest)
    namespace.wait_for_condition("Deployment", NAME, "Available", timeout=READY_WITHIN)


def _is_served(namespace: Namespace, kind: str) -> bool:
    if not namespace.client.knows(kind):
        return False
    namespace.client.list(kind)  # an ApiError while it is not
    return True


def _service_account() -> Manifest:
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": NAME}}


def _role() -> Manifest:
    rules = [
        {"apiGroups": [GROUP], "resources": ["*"], "verbs": ["*"]},
        {"apiGroups": [""], "resources": ["secrets"], "verbs": ["get", "list", "watch"]},
        {"apiGroups": [""], "resources": ["events"], "verbs": ["create", "update", "patch"]},
    ]
    return {"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": NAME}, "rules": rules}


def _role_binding() -> Manifest:
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "RoleBinding",
        "metadata": {"name": NAME},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": NAME},
        "subjects": [{"kind": "ServiceAccount", "name": NAME}],
    }


def _deployment(namespace: str) -> Manifest:
    labels = {"app": NAME}
    container = {
        "name": NAME,
        "image": versions.NACK_IMAGE,
        "args": ["--crd-connect", "--control-loop", "--cache-dir=/tmp", f"--namespace={namespace}"],
        "resources": {"requests": {"cpu": "10m"}},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
        "readinessProbe": {"httpGet": {"path": "/readyz", "port": 8081}, "periodSeconds": 1},
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],
    }
    pod = {
        "serviceAccountName": NAME,
        "securityContext": {"runAsNonRoot": True, "runAsUser": 1000, "seccompProfile": {"type": "RuntimeDefault"}},
        "containers": [container],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": NAME},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    }
