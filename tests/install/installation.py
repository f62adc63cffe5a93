"""The operator as its users have it: the packaged chart, the image, in a namespace for restricted pods."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import httpx2

from tests.chart import CHART, NAMESPACE, RELEASE, Values, run_helm
from tests.cluster.chart.helm_releases import Helm
from tests.testbed.client import Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.namespace import Namespace
from tests.testbed.wait import wait_until

DEPLOYMENT: Final = f"{RELEASE}-controller-manager"
ACCOUNT: Final = f"system:serviceaccount:{NAMESPACE}:{DEPLOYMENT}"
LEASE: Final = "5c768438.crewlet.cloud"
LABELS: Final = f"app.kubernetes.io/instance={RELEASE}"

ROLLED_WITHIN: Final = 180


@dataclass(frozen=True)
class Installation(Helm):
    """A release whose pods run."""

    @property
    def namespace(self) -> Namespace:
        return Namespace(self.cluster, NAMESPACE)

    def package(self, folder: Path) -> Path:
        """The chart as it is published."""
        done = run_helm("package", str(CHART), "--destination", str(folder))
        assert done.returncode == 0, done.stderr
        (archive,) = folder.glob("*.tgz")
        return archive

    def install_ready(self, chart: Path, values: Values) -> None:
        """Install or upgrade, and wait until the new pods are Ready and the old ones gone."""
        options = ("--install", "--take-ownership", "--wait", f"--timeout={ROLLED_WITHIN}s")
        self.upgrade(chart, *options, values=values)
        wait_until(lambda: len(self.pods()) == values.get("replicaCount", 1), ROLLED_WITHIN, "only the new pods run")

    def pods(self) -> list[Manifest]:
        """Those of the operator."""
        return self.client.list("Pod", namespace=NAMESPACE, labels=LABELS)

    def holder(self) -> str:
        """The pod that leads, by the Lease."""
        lease = self.client.find("Lease", LEASE, namespace=NAMESPACE)
        identity = str(lease["spec"].get("holderIdentity") or "") if lease else ""
        pods = [each["metadata"]["name"] for each in self.pods()]
        return next((name for name in pods if name in identity), "")

    def metrics(self, token: str) -> httpx2.Response:
        """What the Service answers."""
        address = self.client.get("Service", f"{RELEASE}-metrics", namespace=NAMESPACE)["spec"]["clusterIP"]
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx2.get(f"https://{address}:8443/metrics", headers=headers, verify=False, timeout=20, trust_env=False)

    def log(self, pod: str) -> list[dict[str, Any]]:
        """Its lines."""
        return [json.loads(line) for line in self.namespace.logs(pod).splitlines()]

    def seconds_to_sync(self, pod: Manifest) -> float:
        """From the start of the container until the operator knows the cluster's state."""
        (status,) = pod["status"]["containerStatuses"]
        started = datetime.fromisoformat(status["state"]["running"]["startedAt"])
        synced = [line["time"] for line in self.log(pod["metadata"]["name"]) if line["message"].startswith("synced")]
        return (datetime.fromisoformat(synced[0]) - started).total_seconds()


@dataclass(frozen=True)
class Write:
    """A request of one of the operator's pods that changed something."""

    pod: str
    resource: str
    answered: datetime


def writes(cluster: Cluster, since: int) -> list[Write]:
    """Of all pods, in the order of their answers; the API server knows the pod by its token."""
    found = []
    for line in (cluster.folder / "audit.log").read_bytes()[since:].splitlines():
        if ACCOUNT.encode() not in line or not line.endswith(b"}"):
            continue
        event = json.loads(line)
        if event["user"]["username"] != ACCOUNT or event["verb"] in {"get", "list", "watch"}:
            continue
        resource = (event.get("objectRef") or {}).get("resource", "")
        if resource.endswith("reviews") or event["responseStatus"]["code"] >= 400:
            continue
        (pod,) = event["user"]["extra"]["authentication.kubernetes.io/pod-name"]
        found.append(Write(pod, resource, datetime.fromisoformat(event["stageTimestamp"])))
    return sorted(found, key=lambda write: write.answered)


def out_of_turn(found: list[Write], leader: str) -> list[Write]:
    """Changes by a pod that did not have the Lease, which `leader` has at first."""
    wrong = []
    for write in found:
        if write.resource == "leases":
            leader = write.pod
        elif write.pod != leader:
            wrong.append(write)
    return wrong
