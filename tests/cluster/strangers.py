"""Objects that a user made under names that we want, as different from ours as can be, or as alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from natsop_core import names
from tests.cluster.site import SOON, Site, has_all_pods
from tests.testbed.client import Manifest
from tests.testbed.wait import wait_until

CLUSTER: Final = "c"
BOX: Final = "b"

_MINE = {"app": "mine"}
_POD_TEMPLATE: Final[Manifest] = {
    "metadata": {"labels": _MINE},
    "spec": {"containers": [{"name": "mine", "image": "mine"}]},
}
_NO_PODS: Final[Manifest] = {"replicas": 0, "selector": {"matchLabels": _MINE}, "template": _POD_TEMPLATE}

NO_LABELS: Final[dict[str, str]] = {}
CLUSTER_LABELS: Final = names.cluster_labels(CLUSTER)
BOX_LABELS: Final = names.box_labels(BOX)


def strangers(labels: dict[str, str]) -> dict[str, Manifest]:
    """One under each name that the cluster `c` and the box `b` want."""
    return {
        "conf": _stranger("v1", "ConfigMap", "c-config", labels, data={"nats.conf": "port: 1"}),
        "client service": _stranger("v1", "Service", "c", labels, spec={"ports": [{"name": "mine", "port": 1}]}),
        "headless service": _stranger("v1", "Service", "c-headless", labels, spec={"ports": [{"port": 1}]}),
        "servers": _stranger("apps/v1", "StatefulSet", "c", labels, spec={**_NO_PODS, "serviceName": "mine"}),
        "budget": _stranger(
            "policy/v1",
            "PodDisruptionBudget",
            "c-pdb",
            labels,
            spec={"minAvailable": 7, "selector": {"matchLabels": _MINE}},
        ),
        "contexts": _stranger("v1", "Secret", "b-contexts", labels, stringData={"default.json": "mine"}),
        "box": _stranger("apps/v1", "Deployment", "b", labels, spec=_NO_PODS),
    }


def _stranger(api_version: str, kind: str, name: str, labels: dict[str, str], **fields: object) -> Manifest:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name, "labels": labels}, **fields}


def settle(site: Site, manifest: Manifest) -> Manifest:
    """Create a stranger's object, and return it once Kubernetes' own controllers have said all they have to say."""
    created = site.client.create(manifest)

    def settled() -> Manifest:
        found = look(site, created)
        assert _is_final(found) and _is_old(found), found
        return found

    return wait_until(settled, SOON, f"{manifest['kind']} is settled")


def look(site: Site, manifest: Manifest) -> Manifest:
    """The object as it is now."""
    return site.client.get(manifest["kind"], manifest["metadata"]["name"])


def _is_final(obj: Manifest) -> bool:
    """Whether its status is what its controller leaves it with; true of what has no controller."""
    status = obj.get("status", {})
    match obj["kind"]:
        case "StatefulSet":
            return has_all_pods(obj)
        case "Deployment":
            reasons = {each["reason"] for each in status.get("conditions", ())}
            return has_all_pods(obj) and {"MinimumReplicasAvailable", "NewReplicaSetAvailable"} <= reasons
        case "PodDisruptionBudget":
            return bool(status.get("observedGeneration") == obj["metadata"]["generation"])
        case _:
            return True


def _is_old(obj: Manifest) -> bool:
    """Whether nobody but its author has written it, or not in the last second."""
    times = [datetime.fromisoformat(entry["time"]) for entry in obj["metadata"]["managedFields"]]
    return len(times) == 1 or (datetime.now(UTC) - max(times)).total_seconds() > 1
