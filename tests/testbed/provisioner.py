"""A provisioner of volumes for the default StorageClass, so that every claim gets one of its own, as in a cloud.

Volumes are of the kind `local`, which honours fsGroup (hostPath does not). Each is made for one claim and goes with it,
so tests in different namespaces never get each other's.
"""

import shutil
import sys
import time
from pathlib import Path

from tests.testbed.client import EVERYWHERE, ApiError, Client, Manifest
from tests.testbed.cluster import Cluster
from tests.testbed.isolation import NODE_NAME

STORAGE_CLASS = "local"
CHOSEN_NODE = "volume.kubernetes.io/selected-node"  # the scheduler sets it when a pod needs the claim
PROVISIONED_BY = "natsop.test/provisioned"
INTERVAL_SECONDS = 0.3


def main(folder: Path) -> None:
    """Look at all claims and volumes, do what is to do, and again, until killed."""
    client = Client(Cluster(folder).kubeconfig, user_agent="testbed-provisioner")
    volumes = folder / "volumes"
    while True:
        try:
            _round(client, volumes)
        except ApiError as error:
            print(error, flush=True)
        time.sleep(INTERVAL_SECONDS)  # the pace of polling, not a wait for something


def _round(client: Client, volumes: Path) -> None:
    for claim in client.list("PersistentVolumeClaim", namespace=EVERYWHERE):
        if _wants_volume(claim):
            _provision(client, claim, volumes)
    for volume in client.list("PersistentVolume", labels=f"{PROVISIONED_BY}=true"):
        if volume["status"].get("phase") == "Released":
            client.delete("PersistentVolume", volume["metadata"]["name"], missing_ok=True)
            shutil.rmtree(volumes / volume["metadata"]["name"], ignore_errors=True)


def _wants_volume(claim: Manifest) -> bool:
    spec, annotations = claim["spec"], claim["metadata"].get("annotations", {})
    return spec.get("storageClassName") == STORAGE_CLASS and not spec.get("volumeName") and CHOSEN_NODE in annotations


def _provision(client: Client, claim: Manifest, volumes: Path) -> None:
    metadata = claim["metadata"]
    name = f"pvc-{metadata['uid']}"
    path = volumes / name
    path.mkdir(parents=True, exist_ok=True)
    on_this_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [NODE_NAME]}
    volume: Manifest = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "labels": {PROVISIONED_BY: "true"}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Retain",  # we delete released ones ourselves
            "storageClassName": STORAGE_CLASS,
            "volumeMode": "Filesystem",
            "local": {"path": str(path)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_this_node]}]}},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": metadata["namespace"],
                "name": metadata["name"],
                "uid": metadata["uid"],
            },
        },
    }
    if client.find("PersistentVolume", name) is None:
        client.create(volume)
        print(f"made {name} for {metadata['namespace']}/{metadata['name']}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
