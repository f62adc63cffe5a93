"""What the operator must be allowed to do, and nothing else."""

from __future__ import annotations

from typing import Any, Final

from natsop_core.kinds import BOXES, CLUSTERS, CREATED, OPTIONAL, PODS, ApiResource
from natsop_core.names import FIELD_MANAGER

LOOK: Final = ("list", "watch")
OWN: Final = ("create", "delete", "get", "list", "patch", "watch")


def cluster_role() -> dict[str, Any]:
    """The operator's ClusterRole, from the kinds that it reconciles, makes and watches."""
    reconciled = [
        rule
        for resource in (CLUSTERS, BOXES)
        for rule in (
            _rule(resource, *LOOK),
            _rule(resource, "patch", subresource="status"),
            _rule(resource, "update", subresource="finalizers"),  # what blockOwnerDeletion asks for where it is checked
        )
    ]
    return {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": FIELD_MANAGER},
        "rules": [
            *reconciled,
            *(_rule(resource, *OWN) for resource in (*CREATED, *OPTIONAL)),
            _rule(PODS, *LOOK),
            {"apiGroups": ["events.k8s.io"], "resources": ["events"], "verbs": ["create"]},
        ],
    }


def _rule(resource: ApiResource, *verbs: str, subresource: str = "") -> dict[str, Any]:
    name = f"{resource.plural}/{subresource}" if subresource else resource.plural
    return {"apiGroups": [resource.group], "resources": [name], "verbs": list(verbs)}
