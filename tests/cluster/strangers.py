"""Objects that a user made under names that we want, as different from ours as can be, or as alike."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from natsop_core import names
from tests.cluster.site import SOON, Site
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

    def settled() -> Manifest | None:
        found = look(site, created)
        observed = found.get("status", {}).get("observedGeneration", 0)
        generation = found["metadata"].get("generation", 0) if "status" in found and observed else 0
        return found if observed >= generation and _is_old(found) else None

    return wait_until(settled, SOON, f"{manifest['kind']} is settled") or created


def look(site: Site, manifest: Manifest) -> Manifest:
    """The object as it is now."""
    return site.client.get(manifest["kind"], manifest["metadata"]["name"])


def _is_old(obj: Manifest) -> bool:
    """Whether nobody but its author has written it, or not in the last second."""
    times = [datetime.fromisoformat(entry["time"]) for entry in obj["metadata"]["managedFields"]]
    controlled = obj["kind"] in {"StatefulSet", "Deployment", "PodDisruptionBudget"}
    return not controlled or (len(times) > 1 and (datetime.now(UTC) - max(times)).total_seconds() > 1)
